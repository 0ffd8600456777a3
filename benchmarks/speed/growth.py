"""What must not grow: memory, a commit's time, the cost of small files, the cost of a story.

NEWSBEAM_BENCH_LONG=1 goes to 5,000,000 events, 10,000 commits and 10,000 files (two hours, 20 GB in
.cache/bench while it lasts), and draws the cost of a story to docs/growth.svg.
"""

import os
import shutil
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.speed import inputs
from benchmarks.speed.growing import EARLY
from benchmarks.speed.processes import measured

NAME = "What must not grow"
LONG = bool(os.environ.get("NEWSBEAM_BENCH_LONG"))
SIZES = (
    (1, 10_000, 100_000, 1_000_000, 5_000_000) if LONG else (1, 10_000, 30_000, 100_000, 300_000)
)
COMMITS = 10_000 if LONG else 1_000
FILES = 10_000 if LONG else 1_000
FILE_EVENTS = 100
BYTES_A_STORY = 850  # that the index may take
PLOT = inputs.ROOT / "docs" / "growth.svg"
_ROUNDS = 3  # of sizes up to _REPEATED events; larger ones run once
_REPEATED = 100_000


def figures() -> dict[str, float]:
    """Ratios of large to small, by fresh processes; news items."""
    folder = inputs.KEPT / f"growth-{os.getpid()}"
    folder.mkdir(parents=True)
    try:
        runs = _runs(folder)
        found = {**_costs(runs), **_memory(runs), **_files(folder), **_commits(folder)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if LONG:
        PLOT.parent.mkdir(exist_ok=True)
        costs = {size: _cost(told) for size, told in runs.items() if size > 1}
        PLOT.write_text(draw(costs), "utf-8")
    return found


def draw(costs: Mapping[int, float]) -> str:
    """The cost of a story by the number of events, µs, as SVG."""
    import altair
    import vl_convert

    values = [{"events": size, "cost": cost} for size, cost in costs.items()]
    x = altair.X("events:Q", scale=altair.Scale(type="log"), axis=altair.Axis(format="~s"))
    y = altair.Y("cost:Q", title="µs an event", scale=altair.Scale(zero=True))
    chart = altair.Chart(altair.InlineData(values=values)).mark_line(point=True).encode(x=x, y=y)
    return vl_convert.vegalite_to_svg(chart.properties(width=480, height=240).to_dict())


def _costs(runs: Mapping[int, list[dict[str, Any]]]) -> dict[str, float]:
    costs = {size: _cost(told) for size, told in runs.items() if size > 1}
    once = _cost(runs[1])
    beyond = [cost - once / size for size, cost in costs.items()]
    return {
        "cost of an event, the dearest size to the cheapest": max(costs.values())
        / min(costs.values()),
        "the same, less what a run of one event costs": max(beyond) / min(beyond),
        "a run of one event, ms": once / 1e3,
        **{f"{size:,} events: µs an event": cost for size, cost in costs.items()},
    }


def _memory(runs: Mapping[int, list[dict[str, Any]]]) -> dict[str, float]:
    """Peaks of the largest of at most a million events, and of a tenth, less what is held."""
    large = max(size for size in runs if size <= 1_000_000)
    small = max(size for size in runs if size < large)
    peaks = {size: median(told["peak"] for told in runs[size]) for size in (small, large)}
    rest = {size: peak - BYTES_A_STORY * runs[size][0]["stories"] for size, peak in peaks.items()}
    return {
        f"peak memory at {large:,} events to {small:,}, less the index": rest[large] / rest[small],
        **{f"{size:,} events: peak MB": peak / 1e6 for size, peak in peaks.items()},
    }


def _files(folder: Path) -> dict[str, float]:
    """Many small files beside one of the same events."""
    whole = inputs.news(FILES * FILE_EVENTS)
    parts = folder / "parts"
    parts.mkdir()
    with whole.open("rb") as lines:
        for number in range(FILES):
            (parts / f"{number:06}.jsonl").write_bytes(b"".join(islice(lines, FILE_EVENTS)))
    pairs = [(_run(parts, folder), _run(whole, folder)) for _ in range(1 if LONG else _ROUNDS)]
    return {
        f"{FILES:,} files of {FILE_EVENTS} events to one file, seconds": median(
            many["seconds"] / one["seconds"] for many, one in pairs
        )
    }


def _commits(folder: Path) -> dict[str, float]:
    events = inputs.sample(16_000)
    told = measured("growing", "commit", events, COMMITS, folder / "commits")
    seconds, files = told["seconds"], told["files"]
    return {
        f"a commit after {COMMITS:,} to one after {EARLY}, seconds": seconds["late"]
        / seconds["early"],
        f"a commit after {EARLY}, ms": seconds["early"] * 1e3,
        f"a commit after {COMMITS:,}, ms": seconds["late"] * 1e3,
        f"live files after {EARLY} commits, at most": files["early"],
        f"live files after {COMMITS:,} commits, at most": files["late"],
    }


def _runs(folder: Path) -> dict[int, list[dict[str, Any]]]:
    """What each size took, the sizes by turns."""
    runs: dict[int, list[dict[str, Any]]] = {size: [] for size in SIZES}
    for turn in range(_ROUNDS):
        for size, told in runs.items():
            if turn == 0 or size <= _REPEATED:
                told.append(_run(inputs.news(size), folder))
    return runs


def _cost(told: list[dict[str, Any]]) -> float:
    """µs an event."""
    return median(each["seconds"] / each["events"] for each in told) * 1e6


def _run(events: Path, folder: Path) -> dict[str, Any]:
    """What one `run` into a new lake took; the lake is gone afterwards."""
    try:
        return measured("growing", "run", events, folder / "lake")
    finally:
        shutil.rmtree(folder / "lake", ignore_errors=True)
