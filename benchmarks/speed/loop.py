"""One measured process: `python -m benchmarks.speed.loop HOW EVENTS LAKE`; prints JSON.

HOW is `loop` (the stages called one after another, without Beam) or `run` (the whole graph on the
DirectRunner). Imports and the loading of models are not counted.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pipelines.normalize.normalize as normalizing
from benchmarks.speed import inputs
from pipelines.batch import SketchedBatch
from pipelines.decode.decode import decode
from pipelines.deduplicate.sketch import sketch
from pipelines.evaluate.events import tagged
from pipelines.lake.writer import writer_for
from pipelines.run import Bounded, run
from pipelines.tag.tag import tag

WINDOW = 50_000  # events a commit, as `run` has it
# Normalize's parts: what it calls, once a batch or a few times.
_KERNELS = {
    "unicode": ("repair",),
    "markup": ("fragment_to_text",),
    "furniture": ("without_marks", "without_furniture", "without_headings"),
    "white space": ("fold",),
    "urls": ("url_columns",),
    "dates": ("published",),
    "words": ("words",),
    "language": ("languages",),
}


class Clock:
    """Seconds spent, by name."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The function, whose time counts under the name."""

        def call_timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                self.spent[name] += time.perf_counter() - start

        return call_timed


def main(how: str, events: Path, lake: Path) -> None:
    """Run it that way and print what it took."""
    clock = Clock()
    reference = documents_a_second()
    tag(normalizing.normalize(decode(next(inputs.batches(events)))))  # loads the models
    start = time.perf_counter()
    if how == "run":
        count = run(Bounded([str(events)], lake)).received
    else:
        count = _loop(events, lake, clock)
    seconds = time.perf_counter() - start
    told = {
        "events": count,
        "seconds": seconds,
        "reference": reference,
        "stages": clock.spent,
    }
    print(json.dumps(told))


def documents_a_second() -> float:
    """The reference kernel: Sketch on texts of 400 words, the word pass included; best of five.

    What a machine gives this kernel, it gives the others: ratios to it can be compared.
    """
    records = [
        json.dumps({"id": str(number), "text": text}).encode()
        for number, text in enumerate(inputs.documents())
    ]
    batch = tagged(records)
    batch.title_words = batch.text_words = batch.summary_words = None  # to be counted
    return 1_000 / min(_seconds(lambda: sketch(batch)) for _ in range(5))


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _loop(events: Path, lake: Path, clock: Clock) -> int:
    for name, functions in _KERNELS.items():
        for function in functions:
            timed = clock.timed(f"normalize: {name}", getattr(normalizing, function))
            setattr(normalizing, function, timed)
    stages = [
        clock.timed(stage.__name__, stage) for stage in (decode, normalizing.normalize, tag, sketch)
    ]
    reading = inputs.batches(events)
    read = clock.timed("read", lambda: next(reading, None))
    commit = clock.timed("commit", writer_for(lake).commit)
    window: list[SketchedBatch] = []
    count = 0
    while (batch := read()) is not None:
        for stage in stages:
            batch = stage(batch)
        window.append(batch)
        count += len(batch.rows)
        if sum(len(each.rows) for each in window) >= WINDOW:
            commit(window)
            window = []
    if window:
        commit(window)
    return count


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
