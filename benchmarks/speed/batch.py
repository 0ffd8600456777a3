"""A batch run: what the engine adds to the stages, what each takes, and the whole with commit."""

import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.speed import inputs
from benchmarks.speed.processes import measured

NAME = "A batch run, one worker"
ROUNDS = 3
NEWS_EVENTS, LONG_EVENTS = 100_000, 30_000
_SHARED = ("read", "decode", "tag", "sketch")  # normalize is told by its parts


def figures() -> dict[str, float]:
    """Ratios and rates for short and for long texts; medians of three rounds, by turns."""
    return {
        **_figures("news items", inputs.news(NEWS_EVENTS)),
        **_figures("400 words", inputs.long_texts(LONG_EVENTS)),
    }


def _told(how: str, events: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return measured("loop", how, events, f"{folder}/lake")


def _figures(name: str, events: Path) -> dict[str, float]:
    rounds = [(_told("loop", events), _told("run", events)) for _ in range(ROUNDS)]
    loops = [loop for loop, _ in rounds]
    count = loops[0]["events"]
    parallel = median(_parallel(loop) / count for loop in loops)
    reference = median(each["reference"] for pair in rounds for each in pair)
    rate = count / median(run["seconds"] for _, run in rounds)
    parts = _parts(loops, count)
    return {
        f"{name}: run to loop, seconds": median(
            run["seconds"] / loop["seconds"] for loop, run in rounds
        ),
        f"{name}: parallel part to the reference kernel": 1 / parallel / reference,
        f"{name}: run with commit to the reference kernel": rate / reference,
        f"{name}: largest part of the parallel part": max(parts.values()) / (parallel * 1e6),
        f"{name}: parallel part, events/s": 1 / parallel,
        f"{name}: run with commit, events/s": rate,
        f"{name}: reference kernel, documents/s": reference,
        **{f"{name}: {part}, µs an event": spent for part, spent in parts.items()},
        f"{name}: commit, µs an event": median(each["stages"]["commit"] for each in loops)
        / count
        * 1e6,
    }


def _parallel(loop: dict[str, Any]) -> float:
    """Seconds of all that can run side by side."""
    return sum(loop["stages"][stage] for stage in (*_SHARED, "normalize"))


def _parts(loops: list[dict[str, Any]], count: int) -> dict[str, float]:
    """µs an event of each stage, normalize by its parts, the dearest first."""
    names = [
        name for name in loops[0]["stages"] if name in _SHARED or name.startswith("normalize:")
    ]
    spent = {name: median(each["stages"][name] for each in loops) / count * 1e6 for name in names}
    return dict(sorted(spent.items(), key=lambda part: -part[1]))
