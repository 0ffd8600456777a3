"""`newsbeam evaluate`: how good the text stages are on your own labels."""

import importlib
from pathlib import Path

import click

from pipelines.commands.options import json_option
from pipelines.errors import InputError
from pipelines.evaluate.labels import KINDS, read_labels
from pipelines.terminal import print_json, print_table


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)), metavar="KIND")
@click.argument("labels", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def command(kind: str, labels: Path, as_json: bool) -> None:
    """Measure a text stage on labels of your own.

    LABELS has one JSON object a line, plain or gzipped. What it holds, by KIND, in brackets what it
    may leave out:

    \b
    {kinds}

    \b
      newsbeam evaluate urls pairs.jsonl
      newsbeam evaluate tags labelled.jsonl.gz --json

    The events of a pair (`duplicates`) are story events as `newsbeam run` takes them. A label is
    measured as the pipeline would treat it, by the installed rules and model.
    """
    measure = importlib.import_module(f"pipelines.evaluate.{kind}").measure
    given = list(read_labels(labels, KINDS[kind]))
    if not given:
        raise InputError(f"{labels} holds no labels")
    try:
        figures = measure(given)
    except (TypeError, ValueError, KeyError) as why:
        raise InputError(
            f"{labels} holds a label that {kind} cannot be measured on: {why}"
        ) from why
    if as_json:
        print_json({"kind": kind, "labels": len(given), "figures": figures})
    else:
        print_table(
            ["figure", "value"], [[name, round(value, 4)] for name, value in figures.items()]
        )
        click.echo(f"{len(given):,} labels")


def _shape(name: str) -> str:
    kind = KINDS[name]
    members = ", ".join([*kind.needs, *(f"[{member}]" for member in kind.may)])
    return f"      {name:<11} {members}"


command.help = str(command.help).replace("    {kinds}", "\n".join(map(_shape, KINDS)))
