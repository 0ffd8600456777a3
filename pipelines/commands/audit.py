"""`newsbeam audit`: does the lake balance?"""

from pathlib import Path

import click

from pipelines.commands.options import json_option, lake_option
from pipelines.lake.audit import Audit, audit
from pipelines.terminal import print_json, printable


@click.command()
@lake_option
@click.option("--at", type=int, metavar="VERSION", help="Check the lake as that commit left it.")
@json_option
def command(lake: Path, at: int | None, as_json: bool) -> None:
    """Check that every event received is in exactly one row.

    Compared are each commit's counts with its rows, the log's files with the disk, ids, ordinals,
    the stories that duplicates point at, and the parts of files that commits say they hold.
    Exit 1 when anything is wrong, each fault in a line of its own.

    \b
      newsbeam audit --lake lake
      newsbeam audit --lake lake --json | jq .findings
    """
    found = audit(lake, at)
    if as_json:
        print_json(_object(found))
    else:
        _print(found)
    if found.findings:
        faults = "1 fault" if len(found.findings) == 1 else f"{len(found.findings)} faults"
        raise click.ClickException(f"the lake at {lake} has {faults} at version {found.version}")


def _object(found: Audit) -> dict[str, object]:
    return {
        "version": found.version,
        "commits": found.commits,
        "files": found.files,
        **found.balance._asdict(),
        "findings": [finding._asdict() for finding in found.findings],
        "notes": found.notes,
    }


def _print(found: Audit) -> None:
    for finding in found.findings:
        click.echo(f"{finding.check}: {printable(finding.sentence)}")
    click.echo(found.balance)
    for note in found.notes:
        click.echo(f"Note: {note}.")
