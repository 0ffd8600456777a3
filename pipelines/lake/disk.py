"""Making things durable: what an fsync promises, folders included.

A file survives a power cut once it *and* the folder that names it are synced, and that folder's own
name once its parent is (fsync(2)).
"""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def sync(path: Path) -> None:
    """Bring one file or folder to the disk.

    Raises:
        FileNotFoundError: there is none.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(paths: Iterable[Path]) -> None:
    """Bring many to the disk, side by side: the disk does the waiting, and once for several."""
    for _ in _SYNCERS.map(sync, paths):
        pass


def make_folders(folder: Path, root: Path) -> list[Path]:
    """Make `folder` and what is missing above it; returns the folders that gained a name, to sync.

    `root` is there already. What another process makes at the same moment is synced by both: the
    one that lost the race must not rely on the other's fsync.
    """
    missing = []
    while folder != root and not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
    return [new.parent for new in missing]


def remove(paths: Iterable[Path]) -> None:
    """Delete files, if they are there at all."""
    for path in paths:
        path.unlink(missing_ok=True)


_SYNCERS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="sync")
