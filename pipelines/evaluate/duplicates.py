"""How well copies of stories are told from other stories."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pipelines.deduplicate.index import Index
from pipelines.deduplicate.sketch import sketch, sketches_of
from pipelines.evaluate.events import EVENTS_AT_ONCE, tagged
from pipelines.settings import Verdicts


def measure(labels: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Score the finding of duplicates.

    A label holds `a` and `b`, two events as `newsbeam run` takes them, and `same`: true if the
    second is a copy of the first in whatever form, false if they are two stories.

    All labels go through one lake, as a stream would: first every `a`, then every `b`, and a pair
    is merged if both belong to one story. So the events of one label may meet those of others.
    Events without id and URL are taken all the same; those that cannot be read merge with none.

    - "precision", "recall", "F1": of the pairs merged
    - "false merges": how many pairs of two stories were merged
    """
    pairs = [(label["a"], label["b"], bool(label["same"])) for label in labels]
    ids = story_ids(
        [_named(a, i, "a") for i, (a, _, _) in enumerate(pairs)]
        + [_named(b, i, "b") for i, (_, b, _) in enumerate(pairs)]
    )
    return scores([same for _, _, same in pairs], merged(ids))


def merged(ids: Sequence[str | None]) -> list[bool]:
    """Whether the first of the first half is in one story with the first of the second; and so on.

    `ids` are the events' stories, None where there is none.
    """
    half = len(ids) // 2
    return [a is not None and a == b for a, b in zip(ids[:half], ids[half:], strict=True)]


def scores(same: Sequence[bool], found: Sequence[bool]) -> dict[str, float]:
    """The figures of any decision about pairs; 1 where there is nothing to find."""
    right = sum(s and f for s, f in zip(same, found, strict=True))
    precision = right / sum(found) if any(found) else 1.0
    recall = right / sum(same) if any(same) else 1.0
    return {
        "precision": precision,
        "recall": recall,
        "F1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "false merges": sum(found) - right,
    }


def story_ids(
    events: Sequence[dict[str, Any]],
    at_once: int = EVENTS_AT_ONCE,
    verdicts: Verdicts | None = None,
) -> list[str | None]:
    """Which story each event belongs to, arriving in this order in an empty lake; None for none.

    A story's id is `label/` and the number of its first event.
    """
    index = Index(verdicts or Verdicts())
    found: list[str | None] = []
    for begin in range(0, len(events), at_once):
        bodies = [json.dumps(event).encode() for event in events[begin : begin + at_once]]
        decisions = index.decide(sketches_of(sketch(tagged(bodies, begin)).rows))
        index.merge(decisions)
        found += decisions.story_id
    return found


def _named(event: dict[str, Any], number: int, side: str) -> dict[str, Any]:
    """The event with something to be known by, if it has nothing."""
    if not isinstance(event, dict):
        raise TypeError(f"{side} of label {number + 1} is no object")
    return event if event.get("id") or event.get("url") else {**event, "id": f"{number}{side}"}
