"""Two workers: what the part of a run that can be shared gains by a second processor."""

import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.speed import inputs
from benchmarks.speed.processes import measured

NAME = "Two workers, from Read to Stage, without Commit"
ROUNDS = 3
EVENTS = 500_000
WORKERS = 2


def figures() -> dict[str, float]:
    """The gain, and what runner and workers took; medians of three rounds, by turns."""
    events = inputs.news(EVENTS)
    rounds = [(_told(1, events), _told(WORKERS, events)) for _ in range(ROUNDS)]
    ones, twos = zip(*rounds, strict=True)
    return {
        "two workers to one, events/s": median(
            one["seconds"] / two["seconds"] for one, two in rounds
        ),
        "processor time of two workers to one's": median(
            (two["runner"] + two["workers"]) / one["runner"] for one, two in rounds
        ),
        "one worker, events/s": median(one["events"] / one["seconds"] for one in ones),
        "two workers, events/s": median(two["events"] / two["seconds"] for two in twos),
        "one worker, processor s": median(one["runner"] for one in ones),
        "two workers, processor s of both": median(two["workers"] for two in twos),
        "two workers, processor s of the runner": median(two["runner"] for two in twos),
    }


def _told(workers: int, events: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=inputs.KEPT) as folder:
        return measured("sharing", workers, events, folder)
