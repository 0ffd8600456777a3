"""How a lake is doing: its last commit, how fast it fills, how fresh it is, its files."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pipelines.lake.reader import Reader

_RECENT = 100  # commits that the rate is taken from
_NEWEST = 10  # commits that freshness is taken from


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old events were when they were committed, in seconds."""

    since: Literal["publish", "arrival"]  # publish where messages told it
    events: int
    median: float
    late: float  # the 99th percentile


@dataclass(frozen=True, slots=True)
class Waiting:
    """Batches that a stream has pulled, and not committed yet."""

    batches: int
    bytes: int
    oldest_age: float | None


@dataclass(frozen=True, slots=True)
class Status:
    """A lake at one version, seen at one moment. Ages and spans are in seconds."""

    version: int
    last_commit: dict[str, Any] | None  # its commit row
    received: int  # ever
    events_per_second: float | None  # of the last 100 commits, from first arrival to commit
    freshness: Freshness | None  # of the last 10 commits that brought events
    received_last_hour: int
    received_last_day: int
    last_arrival: datetime | None
    arrival_age: float | None
    last_published: datetime | None  # of stories, leaving out dates that are still to come
    published_age: float | None
    waiting: Waiting  # in the lake's own staging folder
    live_files: dict[str, int]  # by kind
    live_bytes: int
    last_compaction: datetime | None
    settings: dict[str, str]  # newsbeam.* of the table's properties


def status(lake: Reader, now: datetime) -> Status:
    """The state of the lake at `now`, which is aware of its time zone."""
    last = lake.dicts('from commits order by "commit" desc limit 1')
    received, hour, day, arrival, compaction = lake.rows(_TOTALS, [now])[0]
    [(published,)] = lake.rows(
        "select max(published_at) from stories where published_at <= $1", [now]
    )
    return Status(
        version=lake.version,
        last_commit=last[0] if last else None,
        received=received,
        events_per_second=lake.rows(_RATE)[0][0],
        freshness=_freshness(lake),
        received_last_hour=hour,
        received_last_day=day,
        last_arrival=arrival,
        arrival_age=_age(arrival, now),
        last_published=published,
        published_age=_age(published, now),
        waiting=_waiting(lake.path / "_staging", now),
        live_files=dict(sorted(Counter(file.kind for file in lake.files).items())),
        live_bytes=sum(file.size for file in lake.files),
        last_compaction=compaction,
        settings=lake.properties,
    )


def _freshness(lake: Reader) -> Freshness | None:
    newest = lake.rows(_NEWEST_COMMITS)[0][0]
    if newest is None:
        return None
    # Apart from the query before, so that files without these commits stay closed.
    [row] = lake.rows(_AGES, [newest])
    sent, sent_median, sent_late, arrived, median, late = row
    if sent:
        return Freshness("publish", sent, sent_median, sent_late)
    return Freshness("arrival", arrived, median, late) if arrived else None


def _waiting(staging: Path, now: datetime) -> Waiting:
    """What a stream writes beside the lake before it commits; `pipelines.read.pulled` names it."""
    found = []
    for file in staging.glob("**/*.pulled"):
        with suppress(FileNotFoundError):  # it was committed meanwhile
            found.append(file.stat())
    oldest = min((file.st_mtime for file in found), default=None)
    age = None if oldest is None else max(0.0, now.timestamp() - oldest)
    return Waiting(len(found), sum(file.st_size for file in found), age)


_TOTALS = """
    select coalesce(sum(received), 0)::bigint,
        coalesce(sum(received) filter (committed_at > $1 - interval 1 hour), 0)::bigint,
        coalesce(sum(received) filter (committed_at > $1 - interval 1 day), 0)::bigint,
        max(last_arrival),
        max(committed_at) filter (action = 'compact')
    from commits"""

# Until the last commit, not the last arrival: a batch is read much faster than it is committed.
_RATE = f"""
    select sum(received) / nullif(epoch(max(committed_at) - min(first_arrival)), 0)
    from (from commits where received > 0 order by "commit" desc limit {_RECENT})"""

_NEWEST_COMMITS = f"""
    select min("commit") from
        (from commits where received > redelivered order by "commit" desc limit {_NEWEST})"""

# `pipelines.read.messages` writes the time that Pub/Sub told of each message. Whole numbers, since
# subtracting times with a zone takes ten times as long.
_AGES = """
    select count(sent), quantile_cont(sent, 0.5), quantile_cont(sent, 0.99),
        count(arrived), quantile_cont(arrived, 0.5), quantile_cont(arrived, 0.99)
    from (
        select (epoch_us(of.committed_at) - epoch_us(lake.arrived_at)) / 1e6 as arrived,
            (epoch_us(of.committed_at) - epoch_us(try_cast(regexp_extract(lake.attributes,
                '[{ ]"goog_publish_time": "([0-9TZ:.-]{27})"', 1) as timestamptz))) / 1e6 as sent
        from lake join commits of using ("commit")
        where "commit" >= $1 and lake.kind in ('story', 'duplicate', 'dead_letter'))"""


def _age(time: datetime | None, now: datetime) -> float | None:
    return None if time is None else max(0.0, (now - time).total_seconds())
