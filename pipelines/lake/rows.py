"""From a decided window to the rows of its commit: one table a kind, nothing lost, all counted."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.batch import Span
from pipelines.deduplicate.decide import Decisions
from pipelines.deduplicate.relations import DEAD_LETTER, REDELIVERED, RELATIONS, STORY
from schemas import tables


@dataclass(frozen=True)
class Counts:
    """What became of a window's events: `received` is the sum of all the others."""

    received: int = 0
    stories: int = 0
    duplicates: Mapping[str, int] = field(default_factory=dict)  # by relation
    dead_letters: Mapping[str, int] = field(default_factory=dict)  # by reason
    redelivered: int = 0

    @property
    def new_rows(self) -> int:
        """How many rows the window brings."""
        return self.received - self.redelivered


def count(rows: pa.RecordBatch, decisions: Decisions, redelivered: int) -> Counts:
    """The counts of a window; `redelivered` events were left out before it was decided."""
    relations = Counter(decisions.relation.tolist())
    again = relations.pop(REDELIVERED, 0) + redelivered
    stories = relations.pop(STORY, 0)
    relations.pop(DEAD_LETTER, 0)
    reasons = rows.column("reason").filter(pa.array(decisions.relation == DEAD_LETTER))
    dead_letters = dict(Counter(reasons.to_pylist()))
    return Counts(
        received=len(rows) + redelivered,
        stories=stories,
        duplicates={RELATIONS[code]: n for code, n in sorted(relations.items())},
        dead_letters=dict(sorted(dead_letters.items())),
        redelivered=again,
    )


def event_rows(rows: pa.RecordBatch, decisions: Decisions, version: int) -> dict[str, pa.Table]:
    """The rows of a decided window by kind, without `kind` and `arrived_date`, in their order.

    Kinds without rows are missing. Redelivered events have none.
    """
    relation = decisions.relation
    decided = {
        "commit": pa.array(np.full(len(rows), version)),
        "ordinal": pa.array(decisions.ordinal),
        "story_id": pa.array(decisions.story_id, pa.string()),
        "previous_story_id": pa.array(decisions.previous_story_id, pa.string()),
        "relation": pa.array(RELATIONS, pa.string()).take(pa.array(relation)),
        "similarity": pa.array(decisions.similarity, pa.float32()),
        "containment": pa.array(decisions.containment, pa.float32()),
    }
    masks = {
        "story": relation == STORY,
        "duplicate": (relation != STORY) & (relation != DEAD_LETTER) & (relation != REDELIVERED),
        "dead_letter": relation == DEAD_LETTER,
    }
    made = {}
    for kind, mask in masks.items():
        if not mask.any():
            continue
        names = [
            name for name in tables.SCHEMAS[kind].names if name not in ("kind", "arrived_date")
        ]
        columns = [decided[name] if name in decided else rows.column(name) for name in names]
        made[kind] = pa.table(columns, names=names).take(np.flatnonzero(mask))
    return made


def commit_row(
    version: int,
    action: str,
    counts: Counts,
    now: datetime,
    arrivals: pa.Array | None = None,
    spans: Sequence[Span] = (),
    versions: Mapping[str, Any] | None = None,
) -> pa.Table:
    """The one row that says what a commit is; its day is that of the last arrival, else of now.

    `now` is aware of its time zone; `arrivals` are the `arrived_at` of the window's events.
    """
    first, last = _ends(arrivals)
    row = {
        "arrived_date": _day(last or now),
        "commit": version,
        "action": action,
        "received": counts.received,
        "stories": counts.stories,
        "duplicates": sum(counts.duplicates.values()),
        "dead_letters": sum(counts.dead_letters.values()),
        "redelivered": counts.redelivered,
        "sources": [span._asdict() for span in spans],
        "first_arrival": first,
        "last_arrival": last,
        "committed_at": now,
        "versions": json.dumps(versions or {}, sort_keys=True),
    }
    schema = tables.COMMIT.remove(tables.COMMIT.get_field_index("kind"))
    return pa.Table.from_pylist([row], schema=schema)


def _ends(arrivals: pa.Array | None) -> tuple[datetime | None, datetime | None]:
    if arrivals is None or len(arrivals) == arrivals.null_count:
        return None, None
    times = arrivals.cast(pa.int64()).drop_null().to_numpy()
    first, last = (datetime.fromtimestamp(t // 1_000_000, UTC) for t in (times.min(), times.max()))
    return (
        first.replace(microsecond=int(times.min() % 1_000_000)),
        last.replace(microsecond=int(times.max() % 1_000_000)),
    )


def _day(time: datetime) -> date:
    return time.astimezone(UTC).date()
