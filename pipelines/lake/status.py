"""How a lake is doing: its last commit, how fast it fills, how fresh it is, its files."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.lake.reader import Reader

_RECENT = 100  # commits that the rate is taken from


@dataclass(frozen=True, slots=True)
class Status:
    """A lake at one version, seen at one moment. Ages and spans are in seconds."""

    version: int
    last_commit: dict[str, Any] | None  # its commit row
    received: int  # ever
    events_per_second: float | None  # of the last 100 commits, from first arrival to commit
    received_last_hour: int
    received_last_day: int
    last_arrival: datetime | None
    arrival_age: float | None
    last_published: datetime | None  # of stories, leaving out dates that are still to come
    published_age: float | None
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
        received_last_hour=hour,
        received_last_day=day,
        last_arrival=arrival,
        arrival_age=_age(arrival, now),
        last_published=published,
        published_age=_age(published, now),
        live_files=dict(sorted(Counter(file.kind for file in lake.files).items())),
        live_bytes=sum(file.size for file in lake.files),
        last_compaction=compaction,
        settings=lake.properties,
    )


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


def _age(time: datetime | None, now: datetime) -> float | None:
    return None if time is None else max(0.0, (now - time).total_seconds())
