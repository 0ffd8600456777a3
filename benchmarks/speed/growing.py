"""One measured process of what must not grow; prints JSON.

    python -m benchmarks.speed.growing run INPUT LAKE
    python -m benchmarks.speed.growing commit EVENTS COMMITS FOLDER

`run` is the whole of `newsbeam run` but its imports. `commit` makes a lake of so many small
commits, keeps a copy from when it had EARLY, and then commits to both by turns.
"""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.speed.windows import Windows
from pipelines.batch import SketchedBatch
from pipelines.lake.files import live_files
from pipelines.lake.log import open_lake
from pipelines.lake.writer import COMMITS_A_CHECKPOINT, Writer
from pipelines.run import Bounded, run

EARLY = 100  # commits
EVENTS = 100  # of a commit
ROUNDS = 5  # of COMMITS_A_CHECKPOINT commits to each lake, two compactions and a checkpoint each


def ran(events: Path, lake: Path) -> dict[str, Any]:
    """Seconds of a run, its peak memory in bytes, and what it received and kept."""
    start, cpu = time.perf_counter(), time.process_time()
    outcome = run(Bounded([str(events)], lake))
    return {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "peak": _peak(),
        "events": outcome.received,
        "stories": outcome.stories,
    }


def committed(events: Path, commits: int, folder: Path) -> dict[str, Any]:
    """Seconds a commit with all that is due, after EARLY commits and after that many."""
    windows = _windows(Windows(events))
    late = Writer(open_lake(folder / "late"))
    for number in range(commits):
        if number == EARLY:
            shutil.copytree(folder / "late", folder / "early", ignore=_unshared)
        late.commit(next(windows))
    writers = {"early": Writer(open_lake(folder / "early")), "late": late}
    spent: dict[str, list[float]] = {name: [] for name in writers}
    files: dict[str, int] = dict.fromkeys(writers, 0)
    for _ in range(ROUNDS):
        took: dict[str, list[float]] = {name: [] for name in writers}
        for _ in range(COMMITS_A_CHECKPOINT):
            window = next(windows)
            for name, writer in writers.items():
                start = time.perf_counter()
                writer.commit(window)
                took[name].append(time.perf_counter() - start)
                files[name] = max(files[name], len(live_files(writer.follow()[1])))
        for name, each in took.items():
            spent[name].append(mean(each))
    return {"seconds": {name: median(each) for name, each in spent.items()}, "files": files}


def _windows(windows: Windows) -> Iterator[list[SketchedBatch]]:
    """Windows of EVENTS events; what is made at once is cut into them."""
    number = 0
    while number := number + 1:
        for batch in windows.window(number, repeats=False):
            for at in range(0, len(batch.rows), EVENTS):
                place = batch.place._replace(offset=batch.place.offset + at)
                yield [SketchedBatch(place, [], [], batch.rows.slice(at, EVENTS))]


def _unshared(folder: str, names: list[str]) -> list[str]:
    """Of a lake that is copied: what belongs to the process that has it open."""
    return [name for name in names if Path(folder).name == "_index" and name.startswith(".")]


def _peak() -> int:
    """Bytes; getrusage would count the parent's before this process began (proc(5), VmHWM)."""
    said = Path("/proc/self/status").read_text()
    return int(said.split("VmHWM:")[1].split()[0]) * 1024


if __name__ == "__main__":
    if sys.argv[1] == "run":
        told = ran(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        told = committed(Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
    print(json.dumps(told))
