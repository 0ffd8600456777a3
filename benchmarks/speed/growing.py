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
from typing import Any

from benchmarks.speed.windows import Windows
from pipelines.batch import SketchedBatch
from pipelines.lake.compact import FANOUT
from pipelines.lake.files import live_files
from pipelines.lake.log import open_lake
from pipelines.lake.writer import Writer
from pipelines.run import Bounded, run

EARLY = 100  # commits
EVENTS = 100  # of a commit
TIMED = FANOUT**2  # commits to each lake, which bring it once around: files of each size are merged
_COUNTED = 3  # of so many commits one counts the live files


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
    """Seconds a commit, all that is due counted, after EARLY commits and after that many."""
    windows = _windows(Windows(events))
    late = Writer(open_lake(folder / "late"))
    for number in range(commits):
        if number == EARLY:
            shutil.copytree(folder / "late", folder / "early", ignore=_unshared)
        late.commit(next(windows))
    writers = {"early": Writer(open_lake(folder / "early")), "late": late}
    spent, files = dict.fromkeys(writers, 0.0), dict.fromkeys(writers, 0)
    for turn in range(TIMED):
        window = next(windows)
        for name, writer in writers.items():
            start = time.perf_counter()
            writer.commit(window)
            spent[name] += time.perf_counter() - start
            if turn % _COUNTED == 0:
                files[name] = max(files[name], len(live_files(writer.lake.table())))
    return {"seconds": {name: each / TIMED for name, each in spent.items()}, "files": files}


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
