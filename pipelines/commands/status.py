"""`newsbeam status`: how the lake is doing."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines.commands.options import json_option, lake_option
from pipelines.lake.reader import read_lake
from pipelines.lake.status import Status, Waiting, status
from pipelines.read.backlog import Backlog, backlog
from pipelines.terminal import aligned, print_json, printable


@click.command()
@lake_option
@click.option(
    "--max-age",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Exit 1 when the last event arrived longer ago, or never.",
)
@click.option(
    "--subscription",
    metavar="projects/P/subscriptions/S",
    help="Say what waits there too, as Google Cloud Monitoring counts it.",
)
@json_option
def command(lake: Path, max_age: float | None, subscription: str | None, as_json: bool) -> None:
    """Say how the lake is doing: last commit, rate, freshness, backlog, files, settings.

    \b
      newsbeam status --lake lake
      newsbeam status --lake lake --subscription projects/p/subscriptions/news

    For a watchdog, which hears of a stream that stands still by exit 1:

    \b
      newsbeam status --lake lake --max-age 300 || systemctl restart newsbeam
      newsbeam status --lake lake --json | jq .arrival_age
    """
    now = datetime.now(UTC)
    with read_lake(lake) as reader:
        seen = status(reader, now)
    waits = backlog(subscription, now) if subscription else None
    if as_json:
        print_json({**asdict(seen), "backlog": asdict(waits) if waits else None})
    else:
        for line in aligned(list(_table(seen, waits))):
            click.echo(line)
    if max_age is not None and (seen.arrival_age is None or seen.arrival_age > max_age):
        when = f"{_span(seen.arrival_age)} ago" if seen.last_arrival else "never"
        raise click.ClickException(
            f"the last event of the lake at {lake} arrived {when}; --max-age is {_span(max_age)}"
        )


def _table(seen: Status, waits: Backlog | None) -> Iterator[list[str]]:
    yield ["Version", f"{seen.version}"]
    if commit := seen.last_commit:
        when = f"{commit['committed_at']:%Y-%m-%d %H:%M:%S} UTC"
        yield ["Last commit", f"{commit['commit']} ({commit['action']}), {when}"]
    rate = f", {seen.events_per_second:,.0f} a second" if seen.events_per_second else ""
    yield ["Received", f"{seen.received:,} events{rate}"]
    yield [
        "",
        f"{seen.received_last_hour:,} in the last hour, {seen.received_last_day:,} in the last day",
    ]
    if fresh := seen.freshness:
        yield [
            "Freshness",
            f"{fresh.median:.1f} s from {fresh.since} to commit, 99 % within {fresh.late:.1f} s",
        ]
    if waits or seen.waiting.batches:
        yield ["Backlog", _waiting(seen.waiting, waits)]
    yield ["Last arrival", _ago(seen.last_arrival, seen.arrival_age)]
    yield ["Last published", _ago(seen.last_published, seen.published_age)]
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in seen.live_files.items()) or "none"
    yield ["Live files", f"{kinds}; {_size(seen.live_bytes)}"]
    compacted = seen.last_compaction
    yield ["Compacted", f"{compacted:%Y-%m-%d %H:%M:%S} UTC" if compacted else "never"]
    for number, (name, value) in enumerate(seen.settings.items()):
        yield ["" if number else "Settings", printable(f"{name} = {value}")]


def _waiting(pulled: Waiting, waits: Backlog | None) -> str:
    said = []
    if waits and waits.measured_at and waits.messages is not None:
        age = "" if waits.oldest_age is None else f", the oldest for {_span(waits.oldest_age)}"
        said.append(f"{waits.messages:,} messages wait{age}, as of {waits.measured_at:%H:%M} UTC")
    elif waits:
        said.append(printable(f"not told: {waits.untold}"))
    if pulled.batches:
        oldest = _span(pulled.oldest_age)
        said.append(f"{_size(pulled.bytes)} pulled and not committed, the oldest {oldest} ago")
    return "; ".join(said)


def _ago(time: datetime | None, age: float | None) -> str:
    if time is None or age is None:
        return "never"
    return f"{time:%Y-%m-%d %H:%M:%S} UTC, {_span(age)} ago"


def _span(seconds: float | None) -> str:
    """Two units of time at most: 42 s, 5 min, 3 h 20 min, 12 d 4 h."""
    seconds = round(seconds or 0)
    for size, unit, smaller, name in _UNITS:
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{seconds // size:,} {unit}" + (f" {rest} {name}" if rest else "")
    return f"{seconds} s"


_UNITS = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))


def _size(count: int) -> str:
    amount, unit = float(count), "bytes"
    for larger in ("KB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
