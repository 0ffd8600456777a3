"""Sketches of events that a test writes down as they are read."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipelines.batch import DeadLetter, Place, TaggedBatch
from pipelines.deduplicate.sketch import sketch
from pipelines.deduplicate.sketches import Sketches, sketches_of

NOON = 1_795_521_600_000_000  # µs: 2026-11-24 12:00 UTC


class Made(NamedTuple):
    """One event; what a test does not care about is left out."""

    text: str = ""
    title: str = ""
    summary: str = ""
    id: str = ""  # by default its place
    url: str | None = None
    publisher_id: str | None = None
    cut: bool = False
    dead: bool = False


def rows(*made: Made, arrived_at: int = NOON, first: int = 0) -> pa.RecordBatch:
    """The events as they come out of Sketch; `first` is the place of the first."""
    ids = [event.id or f"event {first + i}" for i, event in enumerate(made)]
    dead = [
        DeadLetter(i, ids[i], "decode", "NotJson", "oops", b"{oops", None)
        for i, event in enumerate(made)
        if event.dead
    ]
    at = [i for i, event in enumerate(made) if not event.dead]
    alive, none, count = [made[i] for i in at], [None] * len(at), len(at)
    batch = TaggedBatch(
        place=Place(0, 0),
        arrived_at=arrived_at,
        spans=[],
        ack_ids=["ack"],
        dead=dead,
        position=at,
        event_ids=[ids[i] for i in at],
        attributes=none,
        payloads=[b""] * count,
        publisher_id=[event.publisher_id for event in alive],
        url=[event.url for event in alive],
        title=[event.title for event in alive],
        text=[event.text for event in alive],
        summary=[event.summary for event in alive],
        truncated=[event.cut for event in alive],
        published_raw=none,
        authors=[["A. Writer"]] * count,
        publisher=none,
        section=none,
        language_declared=none,
        extra=none,
        url_key=[event.url for event in alive],
        site=none,
        published_at=none,
        language=["en"] * count,
        topic=["sports"] * count,
        politics_score=np.zeros(count, np.float32),
        sports_score=np.ones(count, np.float32),
        topic_confident=[True] * count,
    )
    return sketch(batch).rows


def sketches(*made: Made, arrived_at: int = NOON, first: int = 0) -> Sketches:
    """The sketches of the events."""
    return sketches_of(rows(*made, arrived_at=arrived_at, first=first))
