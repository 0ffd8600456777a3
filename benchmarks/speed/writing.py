"""One measured process of the writer alone; prints JSON.

    python -m benchmarks.speed.writing fill EVENTS HELD FOLDER
    python -m benchmarks.speed.writing open FOLDER/large

`fill` makes a lake of HELD stories and a small one, and then commits to both by turns. Making the
windows is not timed. `open` is what a new process waits for until its first commit can be decided.
"""

import ctypes
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa

from benchmarks.speed.loop import documents_a_second
from benchmarks.speed.windows import EVERY, ROWS, Windows
from pipelines.batch import SketchedBatch
from pipelines.lake.log import open_lake
from pipelines.lake.writer import Writer

SMALL = 10_000  # stories that the small lake holds at first
ROUNDS = 16  # commits to each lake, of which one compacts
_FILLING = 5  # windows a commit


def fill(events: Path, held: int, folder: Path) -> dict[str, Any]:
    """Commits to a lake of that many stories beside commits to a small one."""
    windows = Windows(events)
    small, large = (Writer(open_lake(folder / name)) for name in ("small", "large"))
    number = _grow(small, windows, SMALL)
    before = _resident()
    most = _grow(large, windows, held)
    resident = _resident() - before
    lakes = {"small": (small, number), "large": (large, most)}
    spent: dict[str, list[float]] = {name: [] for name in lakes}
    busy: dict[str, list[float]] = {name: [] for name in lakes}
    tidied = dict.fromkeys(lakes, 0.0)
    repeats = 0
    references = [documents_a_second()]
    for turn in range(ROUNDS):
        for name, (writer, first) in lakes.items():
            window = windows.window(first + turn)
            start, cpu = time.perf_counter(), time.process_time()
            results = writer.run(writer.steps(window))
            spent[name].append(time.perf_counter() - start)
            busy[name].append(time.process_time() - cpu)
            start = time.perf_counter()
            writer.keep_house([r.version for r in results if r.version is not None])
            tidied[name] += time.perf_counter() - start
            repeats += sum(sum(result.duplicates.values()) for result in results)
    references.append(documents_a_second())
    return {
        "text_bytes": windows.text_bytes,
        "held": most * ROWS,
        "resident": resident / (most * ROWS),
        "repeats": repeats * EVERY / (len(lakes) * ROUNDS * ROWS),
        "seconds": {name: median(each) for name, each in spent.items()},
        "cpu": {name: median(each) for name, each in busy.items()},
        "tidied": {name: (sum(spent[name]) + tidied[name]) / ROUNDS for name in lakes},
        "reference": max(references),
    }


def opened(lake: Path) -> dict[str, Any]:
    """Seconds until a writer knows all that the lake holds."""
    before = _resident()
    start = time.perf_counter()
    writer = Writer(open_lake(lake))
    writer.follow()
    return {"seconds": time.perf_counter() - start, "resident": _resident() - before}


def _grow(writer: Writer, windows: Windows, stories: int) -> int:
    """Commit windows without repeats until the lake holds that many; how many windows those are."""
    count = -(-stories // ROWS)
    for first in range(0, count, _FILLING):
        numbers = range(first, min(first + _FILLING, count))
        window: list[SketchedBatch] = []
        for number in numbers:
            window += windows.window(number, repeats=False)
        writer.commit(window)
    return count


def _resident() -> int:
    """Bytes of this process that are in memory, less what it could give back at once."""
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        told = fill(Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
    else:
        told = opened(Path(sys.argv[2]))
    print(json.dumps(told))
