"""`newsbeam explain`: where an event ended, and why."""

from pathlib import Path

import click

from pipelines.commands.options import json_option, lake_option
from pipelines.lake.explain import Explanation, explain
from pipelines.lake.explanation import lines
from pipelines.lake.reader import read_lake
from pipelines.terminal import print_json, printable


@click.command()
@click.argument("name", metavar="ID")
@lake_option
@click.option("--at", type=int, metavar="VERSION", help="Ask the lake as that commit left it.")
@json_option
def command(name: str, lake: Path, at: int | None, as_json: bool) -> None:
    """Say where an event ended and why, with the evidence.

    ID is an event id, a story id, a publisher's id (with or without the site before the #), or a
    URL in any spelling. Exit 1 when nothing goes by it; names that are near are suggested.

    \b
      newsbeam explain https://www.example.com/news/a-story?utm_source=mail --lake lake
      newsbeam explain example.com#12345 --lake lake
      newsbeam explain 12345 --lake lake

    The story that a duplicate repeats, for other programs:

    \b
      newsbeam explain ID --lake lake --json | jq '.events[0].story'
    """
    if not name.strip():
        raise click.UsageError("the ID is empty")
    with read_lake(lake, at) as reader:
        found = explain(reader, name)
    if as_json:
        print_json(
            {
                "name": found.name,
                "version": found.version,
                "total": found.total,
                "events": found.events,
                "suggestions": found.suggestions,
            }
        )
    else:
        _print(found)
    if not found.events:
        raise click.ClickException(_nothing(found, lake))


def _print(found: Explanation) -> None:
    for number, event in enumerate(found.events):
        if number:
            click.echo()
        for line in lines(event):
            click.echo(printable(line))
    if found.total > len(found.events):
        click.echo(f"\n{found.total - len(found.events):,} more go by {printable(found.name)}.")


def _nothing(found: Explanation, lake: Path) -> str:
    sentence = f"nothing in the lake at {lake} goes by {printable(found.name)}"
    if found.suggestions:
        sentence += "; near it are " + ", ".join(map(printable, found.suggestions))
    return sentence
