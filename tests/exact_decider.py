"""A decider of a few lines, in place of `pipelines.deduplicate`: equal texts are one story.

It lets tests of the lake's writer say in a word what an event is, and commit thousands of times.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.batch import Place, SketchedBatch, Span
from pipelines.deduplicate.decide import Decisions
from pipelines.deduplicate.relations import DEAD_LETTER, EXACT, REDELIVERED, STORY
from pipelines.settings import Verdicts
from schemas.tables import SKETCHED

NOON = 1_795_521_600_000_000  # 2026-11-24 12:00 UTC, µs
A_TIME = datetime(2026, 11, 24, 12, tzinfo=UTC)


class ExactIndex:
    """Remembers event ids, and the first event of every text."""

    def __init__(self) -> None:
        self.lake_version = -1
        self.next_ordinal = 0
        self.forgets_before = 0
        self.ids: set[str] = set()
        self.stories: dict[str, str] = {}  # text → story_id

    def low_mark(self, until: int) -> int:
        return self.forgets_before

    def decide(self, events: list[tuple[str, str | None]]) -> Decisions:
        ids, stories = set(self.ids), dict(self.stories)
        relations, story_ids, ordinals = [], [], []
        for event_id, text in events:
            if event_id in ids:
                relation, story = REDELIVERED, None
            elif text is None:
                relation, story = DEAD_LETTER, None
            else:
                relation = EXACT if text in stories else STORY
                story = stories.setdefault(text, event_id)
            ids.add(event_id)
            relations.append(relation)
            story_ids.append(story)
            ordinals.append(-1 if relation == REDELIVERED else self._ordinal(ordinals))
        nothing = np.zeros(len(events), np.float32)
        return Decisions(
            np.array(relations, np.int8),
            story_ids,
            [None] * len(events),
            nothing,
            nothing,
            np.array(ordinals, np.int64),
            np.full(len(events), -1),
            events,
        )

    def _ordinal(self, before: list[int]) -> int:
        return max(before, default=-1) + 1 if max(before, default=-1) >= 0 else self.next_ordinal

    def merge(self, decisions: Decisions) -> None:
        self._learn(decisions.sketches, decisions.story_id)
        self.next_ordinal = max([self.next_ordinal - 1, *decisions.ordinal.tolist()]) + 1

    def follow(self, events: list, relations: Any, story_ids: Any, ordinals: Any) -> None:
        assert ordinals.to_pylist() == list(
            range(self.next_ordinal, self.next_ordinal + len(events))
        )
        self._learn(events, story_ids.to_pylist())
        self.next_ordinal += len(events)

    def _learn(self, events: list[tuple[str, str | None]], story_ids: Sequence[str | None]) -> None:
        for (event_id, text), story in zip(events, story_ids, strict=True):
            self.ids.add(event_id)
            if text is not None and story is not None:
                self.stories.setdefault(text, story)

    def save(self, folder: Path) -> None:
        held = {"next": self.next_ordinal, "ids": sorted(self.ids), "stories": self.stories}
        (folder / "index.json").write_text(json.dumps(held))


class ExactDecider:
    """What a `Writer` takes as its `decider`."""

    def new_index(self, verdicts: Verdicts, scratch: Path) -> ExactIndex:
        return ExactIndex()

    def load_index(self, folder: Path, verdicts: Verdicts, scratch: Path) -> ExactIndex:
        held, index = json.loads((folder / "index.json").read_bytes()), ExactIndex()
        index.next_ordinal, index.stories = held["next"], held["stories"]
        index.ids = set(held["ids"])
        return index

    def sketches_of(self, rows: pa.RecordBatch) -> list[tuple[str, str | None]]:
        return list(zip(rows["event_id"].to_pylist(), rows["text"].to_pylist(), strict=True))

    resketch = sketches_of


def sketched(
    events: Sequence[dict[str, Any]],
    offset: int = 0,
    spans: Sequence[Span] = (),
    ack_ids: Sequence[str] = (),
) -> SketchedBatch:
    """A finished batch of events; one without a text is a dead letter."""
    rows = [
        {"arrived_at": NOON, "title": "A title", "topic": "other", **event}
        if event.get("text") is not None
        else {"arrived_at": NOON, "stage": "decode", "reason": "NotJson", "payload": b"{", **event}
        for event in events
    ]
    return SketchedBatch(
        Place(0, offset), list(spans), list(ack_ids), pa.RecordBatch.from_pylist(rows, SKETCHED)
    )


def events(first: int, last: int, text: str | None = "text {}") -> list[dict[str, Any]]:
    """Events number `first` to `last` (exclusive), each with its own text unless told otherwise."""
    return [{"event_id": f"e{i}", "text": text and text.format(i)} for i in range(first, last)]
