"""How often a story's topic is right, and how far its probabilities can be trusted."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.evaluate.events import EVENTS_AT_ONCE, tagged
from schemas.topic import Topic

_BINS = 10
_HEADS = (Topic.POLITICS, Topic.SPORTS)

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def measure(labels: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Score the topics that stories get.

    A label holds a story's `title`, `topic` (politics, sports, both or other), and `text` and
    `summary` where it has some. A story that gets no topic is never right.

    - "accuracy": share of the stories with the right topic
    - "balanced accuracy": the same, the mean over the topics that occur
    - "F1 politics", "F1 sports": stories of both count for each, where the topic occurs
    - "calibration error politics", "calibration error sports": of the probabilities of those tagged
    - "tagged": share of the stories that get a topic at all
    - "coverage": share whose topic is called confident; "right if confident": of those

    Raises:
        ValueError: a topic is none of the four.
    """
    rows = list(labels)
    expected = [Topic(label["topic"]).value for label in rows]
    topic, sure, scores = _tagged([_event(label, i) for i, label in enumerate(rows)])
    figures = topic_scores(expected, topic)
    for head, probability in zip(_HEADS, scores.astype(float), strict=True):
        told = ~np.isnan(probability)
        if told.any():
            error = calibration_error(_about(expected, head)[told], probability[told])
            figures[f"calibration error {head}"] = error
    return figures | _certainty(expected, topic, sure)


def topic_scores(expected: Sequence[str], found: Sequence[str | None]) -> dict[str, float]:
    """The figures of any tagger, by topics; None for a story that it did not tag."""
    right = np.array([e == f for e, f in zip(expected, found, strict=True)], bool)
    topics = np.array(expected, object)
    figures = {
        "accuracy": float(right.mean()),
        "balanced accuracy": float(np.mean([right[topics == t].mean() for t in set(expected)])),
    }
    for head in _HEADS:
        true = _about(expected, head)
        if true.any():
            figures[f"F1 {head}"] = f1(true, _about(found, head))
    return figures


def f1(true: Flags, found: Flags) -> float:
    """The harmonic mean of precision and recall; 0 where nothing was found rightly."""
    return float(2 * (true & found).sum() / max(1, true.sum() + found.sum()))


def auc(true: Flags, margin: Floats) -> float:
    """The chance that a story about it has the greater margin; ties count half."""
    found, place = np.unique(margin, return_inverse=True)
    positive = np.bincount(place[true], minlength=len(found))
    negative = np.bincount(place[~true], minlength=len(found))
    below = np.cumsum(negative) - negative / 2
    return float((positive * below).sum() / max(1, positive.sum() * negative.sum()))


def calibration_error(true: Flags, probability: Floats) -> float:
    """Expected calibration error over ten bins (https://arxiv.org/abs/1706.04599)."""
    bins = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    gap = np.bincount(bins, probability - true, _BINS)
    return float(np.abs(gap).sum() / len(true))


def _about(topics: Sequence[str | None], head: Topic) -> Flags:
    return np.array([topic in (head, Topic.BOTH) for topic in topics], bool)


def _certainty(
    expected: Sequence[str], topic: Sequence[str | None], sure: Sequence[bool | None]
) -> dict[str, float]:
    right = [e == t for e, t, s in zip(expected, topic, sure, strict=True) if s]
    figures = {
        "tagged": sum(t is not None for t in topic) / len(topic),
        "coverage": len(right) / len(topic),
    }
    return figures | ({"right if confident": sum(right) / len(right)} if right else {})


def _event(label: dict[str, Any], number: int) -> bytes:
    """The label as an event of a story, as `newsbeam run` takes it."""
    story = {name: str(label.get(name) or "") for name in ("title", "text", "summary")}
    return json.dumps({"id": f"label {number}", **story}).encode()


def _tagged(
    events: Sequence[bytes],
) -> tuple[list[str | None], list[bool | None], npt.NDArray[np.float32]]:
    """Topic, certainty and scores [head, story] of each event; missing where it was no story."""
    topic: list[str | None] = [None] * len(events)
    sure: list[bool | None] = [None] * len(events)
    scores = np.full((len(_HEADS), len(events)), np.nan, np.float32)
    for first in range(0, len(events), EVENTS_AT_ONCE):
        batch = tagged(events[first : first + EVENTS_AT_ONCE], first)
        for i, position in enumerate(batch.position):
            topic[first + position] = batch.topic[i]
            sure[first + position] = batch.topic_confident[i]
        places = np.array(batch.position, np.int64) + first
        scores[:, places] = batch.politics_score, batch.sports_score
    return topic, sure, scores
