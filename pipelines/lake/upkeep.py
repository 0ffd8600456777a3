"""Keeping a lake quick and tidy, by commits like any other: each through the same append."""

import time
from typing import TYPE_CHECKING

from pipelines.lake import compact, files
from pipelines.lake.appending import Steps
from pipelines.lake.errors import LostRace

if TYPE_CHECKING:
    from pipelines.lake.writer import Writer

DAY = 86_400.0  # s


def compaction(writer: "Writer") -> Steps[bool]:
    """Merge small files where there are many; whether that was done.

    It gives way to whoever is quicker, and stops as the writer's own steps do.
    """
    memory, table = writer.follow()
    yield "followed"
    old = compact.plan(files.live_files(table))
    if not old:
        return False
    version = table.version() + 1
    new = writer.write(version, {"commit": writer.row(version, "compact")}, old)
    yield "written"
    done = yield from writer.append(table, new, old)
    if done:
        memory.pass_over(version)
    return done


def vacuum(writer: "Writer", keep_seconds: float = DAY) -> list[str]:
    """Delete files that no version of the last `keep_seconds` needs; returns their paths.

    Its own commit comes first: an append that rests on an earlier version now fails, so that what
    is unnamed and old can never be named any more.

    Raises:
        LostRace: other writers were quicker every time.
    """
    for _ in range(_ATTEMPTS):
        since = time.time()
        if writer.run(_bare_commit(writer, "vacuum")):
            return compact.sweep(writer.lake.path, writer.follow()[1], keep_seconds, since)
    raise LostRace("other writers were quicker than the vacuum, again and again")


def _bare_commit(writer: "Writer", action: str) -> Steps[bool]:
    """A commit of nothing but its own row."""
    memory, table = writer.follow()
    version = table.version() + 1
    new = writer.write(version, {"commit": writer.row(version, action)})
    done = yield from writer.append(table, new)
    if done:
        memory.pass_over(version)
    return done


_ATTEMPTS = 20
