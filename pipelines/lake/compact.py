"""Keeping the number of live files small, since every commit pays for each of them.

Files of one partition are merged when there are many of about a size, as in a log-structured merge
tree: each row is rewritten a few times at most, however long the lake grows. Once a day is over,
what is left of it becomes one file a partition.
"""

import itertools
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from deltalake import DeltaTable
from deltalake.transaction import RemoveAction

from pipelines.lake import disk, files
from pipelines.lake.files import LiveFile, NewFiles
from pipelines.lake.log import read_entry
from schemas.tables import SCHEMAS

FANOUT = 16  # files of about a size that are merged into one
FULL = 16 << 20  # bytes; a file from this size on is left alone
MOST_AT_ONCE = 64 << 20  # bytes rewritten by one commit, so that it is short and fits in memory


def plan(live: Sequence[LiveFile]) -> list[LiveFile]:
    """Which files to rewrite now, at most one group a partition; none if it is not worth it.

    A function of the files alone, so that every process would do the same.
    """
    newest = max((file.arrived_date for file in live if file.ordinals), default=date.min)
    partitions = defaultdict(list)
    for file in live:
        if file.size < FULL:
            partitions[file.kind, file.arrived_date, file.topic].append(file)
    chosen: list[LiveFile] = []
    for (_, day, _), small in sorted(partitions.items(), key=str):
        group = _group(small, day_is_over=day < newest)
        room = MOST_AT_ONCE - sum(file.size for file in chosen)
        sizes = itertools.accumulate(file.size for file in group)
        fitting = [file for file, size in zip(group, sizes, strict=True) if size <= room]
        chosen += fitting if len(fitting) > 1 else []
    return chosen


def rewrite(root: Path, old: Sequence[LiveFile], new: NewFiles) -> None:
    """Write the rows of those files anew, sorted again, one partition after another."""
    partitions = defaultdict(list)
    for file in old:
        partitions[file.kind, file.arrived_date, file.topic].append(file)
    for (kind, _, _), group in partitions.items():
        names = [name for name in SCHEMAS[kind].names if name != "kind"]
        new.write(kind, files.read(root, group, names), new_data=False)


def removals(old: Sequence[LiveFile]) -> list[RemoveAction]:
    """What takes those files out of the next version, their rows being in it all the same."""
    now = int(time.time() * 1000)
    return [RemoveAction(file.path, False, now, file.size, file.partition) for file in old]


def sweep(root: Path, table: DeltaTable, keep_seconds: float, since: float) -> list[str]:
    """Delete data files that nothing needs, and say which.

    Kept are the files of the handle's version, those that an entry of the last `keep_seconds`
    before `since` removed (a reader may still be at an older version), and those written within
    that time (another writer may be about to append them). `since`, in seconds since 1970, is when
    a commit was made that no append resting on an earlier version can pass.
    """
    cutoff = since - keep_seconds
    needed = {file.path for file in files.live_files(table)}
    needed.update(_removed_since(root, table.version(), cutoff))
    unneeded = [
        path
        for path in root.glob("kind=*/**/*.parquet")
        if path.stat().st_mtime <= cutoff and str(path.relative_to(root)) not in needed
    ]
    disk.remove(unneeded)
    return sorted(str(path.relative_to(root)) for path in unneeded)


def _group(small: Sequence[LiveFile], day_is_over: bool) -> list[LiveFile]:
    """The files of one partition that should become one."""
    if day_is_over:
        return list(small) if len(small) > 1 else []
    sizes = defaultdict(list)
    for file in small:
        sizes[math.floor(math.log(max(1, file.rows), FANOUT))].append(file)
    groups = [sorted(g, key=lambda f: f.commits) for g in sizes.values() if len(g) >= FANOUT]
    return groups[0] if groups else []


def _removed_since(root: Path, version: int, cutoff: float) -> Iterable[str]:
    while version > 0 and (entry := read_entry(root, version)):
        for action in entry:
            if "remove" in action:
                yield action["remove"]["path"]
            if "commitInfo" in action and action["commitInfo"]["timestamp"] < cutoff * 1000:
                return
        version -= 1
