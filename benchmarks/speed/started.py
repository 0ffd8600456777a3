"""One contestant in a process of its own: `python -m benchmarks.speed.started HOW EVENTS FOLDER`.

It runs on the first 200 events, so that everything is imported and loaded, on them once more to see
what a start costs, and then on all; prints JSON: the seconds of the last less those of the second.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

from benchmarks.speed.inputs import KEPT
from pipelines.run import Bounded, run

_FEW = 200

Work = Callable[[Path, Path], None]  # what is to be done, with which events, in which new folder


def main(how: str, events: Path, folder: Path) -> None:
    """Run it that way and print what it took."""
    work = _WAYS[how]()
    few = folder / "few.jsonl"
    with events.open("rb") as lines, few.open("wb") as out:
        out.writelines(islice(lines, _FEW))
    _spent(work, few, folder / "once")
    start = _spent(work, few, folder / "start")
    end = _spent(work, events, folder / "all")
    with events.open("rb") as lines:
        count = sum(1 for _ in lines) - _FEW
    seconds, cpu = (whole - begun for whole, begun in zip(end, start, strict=True))
    print(json.dumps({"events": count, "seconds": seconds, "cpu": cpu}))


def _spent(work: Work, events: Path, folder: Path) -> tuple[float, float]:
    """Seconds by the clock, and of all processors."""
    folder.mkdir()
    clock, cpu = time.perf_counter(), time.process_time()
    work(events, folder)
    return time.perf_counter() - clock, time.process_time() - cpu


def _ours() -> Work:
    return lambda events, folder: _run(events, folder / "lake")


def _run(events: Path, lake: Path) -> None:
    run(Bounded([str(events)], lake))


def _tutorial(batched: bool = False) -> Work:
    from benchmarks.speed import tutorial

    model = KEPT / "topics.pickle"
    if not model.exists():
        tutorial.train(model)
    return lambda events, out: tutorial.whole(events, out, model, batched)


def _grouping() -> Work:
    from benchmarks.speed import tutorial

    return tutorial.grouping


def _polars() -> Work:
    import polars

    def unique(events: Path, folder: Path) -> None:
        stories = polars.read_ndjson(events, infer_schema_length=None, ignore_errors=True)
        text = next(name for name in ("content", "html", "text") if name in stories.columns)
        stories.unique(text, keep="first", maintain_order=True).write_parquet(folder / "stories")

    return unique


_WAYS: dict[str, Callable[[], Work]] = {
    "ours": _ours,
    "tutorial": _tutorial,
    "batched": partial(_tutorial, batched=True),
    "grouping": _grouping,
    "polars": _polars,
}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
