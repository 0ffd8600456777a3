"""Mending a lake's log after a power cut.

An entry is linked into place whole, so only a power cut tears one, and only one that had not been
synced; nothing was ever acknowledged or decided on such an entry. So a torn entry can go. It must:
deltalake reads an empty one as a version without rows.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.lake import disk


def mend(path: Path) -> None:
    """Take away what a power cut tore at `path`: the last entry, or the last checkpoint.

    Under a lock, since the place may be taken again at once: what is deleted must be what was
    looked at.
    """
    log = path / "_delta_log"
    with _locked(log):
        entries = sorted(name for name in os.listdir(log) if _ENTRY.fullmatch(name))
        if entries and _torn(log / entries[-1]):
            (log / entries[-1]).unlink()
        checkpoints = sorted(log.glob("*.checkpoint*.parquet"))
        if checkpoints and not _readable(checkpoints[-1]):
            checkpoints[-1].unlink()
            (log / "_last_checkpoint").unlink(missing_ok=True)
        disk.sync(log)


_ENTRY = re.compile(r"\d{20}\.json")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _torn(path: Path) -> bool:
    """Whether an entry is not what was written: no JSON, or fewer actions than it says it has."""
    try:
        actions = [json.loads(line) for line in path.read_bytes().splitlines()]
        expected = [a["commitInfo"].get("newsbeamActions") for a in actions if "commitInfo" in a]
    except (ValueError, TypeError, AttributeError):
        return True
    return not expected or expected[0] not in (None, len(actions) - 1)


def _readable(checkpoint: Path) -> bool:
    try:
        pq.read_table(checkpoint, partitioning=None)
    except (pa.ArrowException, OSError):
        return False
    return True
