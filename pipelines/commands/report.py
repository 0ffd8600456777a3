"""`newsbeam report`: the lake as a page for people."""

from pathlib import Path

import click

from pipelines.commands.options import json_option, lake_option
from pipelines.lake.reader import read_lake
from pipelines.terminal import print_json


@click.command()
@lake_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The page to write; a page that is there is replaced.",
)
@click.option("--at", type=int, metavar="VERSION", help="Show the lake as that commit left it.")
@json_option
def command(lake: Path, out: Path, at: int | None, as_json: bool) -> None:
    """Write one self-contained HTML page about the lake.

    On it: the balance, stories by day and topic, duplicates by relation, dead letters by reason
    with samples, and duplicates beside their stories with the differing words marked. The page
    runs no script and fetches nothing; everything from events is escaped.

    \b
      newsbeam report --lake lake --out report.html
      newsbeam report --lake lake --out before.html --at 12
    """
    from pipelines.report.page import report

    with read_lake(lake, at) as reader:
        page = report(reader)
        version = reader.version
    try:
        out.write_text(page, "utf-8")
    except OSError as why:
        raise click.ClickException(f"{out} cannot be written: {why.strerror or why}") from why
    if as_json:
        print_json({"out": str(out), "version": version, "bytes": len(page.encode())})
    else:
        click.echo(f"{out}: the lake at version {version}")
