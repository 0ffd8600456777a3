"""`newsbeam sample`: made-up news with the known truth beside it."""

import time
from pathlib import Path

import click

from pipelines.commands.options import json_option
from pipelines.sample.newsroom import FORMATS
from pipelines.sample.writing import Sample, write_sample
from pipelines.terminal import print_json

_SHOWN_FROM = 50_000  # events that take long enough for a progress bar


@click.command()
@click.option("--events", "count", type=click.IntRange(min=1), default=20_000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True)
@click.option(
    "--format",
    "dialect",
    type=click.Choice(FORMATS),
    default="story",
    show_default=True,
    help="Story events, or items as NewsAPI gives them.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="A folder, or a file whose name ends in .jsonl or .jsonl.gz.",
)
@json_option
def command(count: int, seed: int, dialect: str, out: Path, as_json: bool) -> None:
    """Write made-up news, with the known truth beside it.

    Ten days of politics, sports, both and neither: about 70 % new stories, 25 % repeats (copied,
    edited, cut off, expanded, revised, syndicated), 3 % stories whose headline is nearly that of
    another, 2 % broken records. Equal seeds give equal samples, on every machine.

    \b
      newsbeam sample --out sample
      newsbeam run sample/events.jsonl --lake lake

    As much as a test needs, compressed, other news than before:

    \b
      newsbeam sample --events 1000000 --seed 8 --out big/day.jsonl.gz
      newsbeam sample --events 5000 --format newsapi --out items.jsonl

    The truth is one object a line in truth.jsonl: line and offset of the event, its id, its kind,
    the line of the story it repeats or stands beside, topic, language, and the reason for which a
    broken record must be refused.

    \b
      newsbeam sample --out sample --json | jq .kinds
    """
    started = time.perf_counter()
    try:
        sample = _write(out, count, seed, dialect, quiet=as_json)
    except OSError as why:
        raise click.ClickException(f"{why.filename or out}: {why.strerror or why}") from why
    seconds = time.perf_counter() - started
    if as_json:
        print_json({"seconds": round(seconds, 3), "events": count, **_paths(sample)})
        return
    repeats = sum(n for kind, n in sample.kinds.items() if kind not in _NOT_REPEATS)
    click.echo(
        f"{count:,} events in {seconds:.1f} s: {sample.events}\n"
        f"{repeats:,} repeat another, {sample.kinds.get('broken', 0):,} are broken; "
        f"which, and why: {sample.truth}"
    )


_NOT_REPEATS = {"story", "distinct-near-headline", "broken"}


def _write(out: Path, count: int, seed: int, dialect: str, quiet: bool) -> Sample:
    if quiet or count < _SHOWN_FROM:
        return write_sample(out, count, seed, dialect)
    # Only shown on a terminal, and on stderr, so that pipes stay clean.
    with click.progressbar(
        length=count, label="events", file=click.get_text_stream("stderr")
    ) as bar:
        return write_sample(out, count, seed, dialect, bar.update)


def _paths(sample: Sample) -> dict[str, object]:
    return {"file": str(sample.events), "truth": str(sample.truth), "kinds": sample.kinds}
