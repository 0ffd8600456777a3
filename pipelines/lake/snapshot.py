"""Snapshots of the index beside the lake: a cache that saves reading the lake anew.

A snapshot is a folder `_index/<version>-<uuid>`, renamed into place whole. Its stamp names the
table, the version, and the digest of that version's log entry. One that is ahead of the log, or of
another log, or whose entry has expired, does not fit, and is passed over; one behind is caught up.
"""

import fcntl
import json
import os
import shutil
import uuid
import weakref
from contextlib import suppress
from pathlib import Path

import structlog
import xxhash

from pipelines.lake import disk
from pipelines.lake.deciding import Decider, Index
from pipelines.lake.errors import writing
from pipelines.lake.log import Lake, entry


class Scratch:
    """A folder `_index/.<uuid>` for an index's own files, as long as the process lives.

    On the lake's disk, so that a snapshot can link the files instead of copying them. It is locked,
    which ends with the process however that ends; the next process sweeps what is not.
    """

    def __init__(self, lake: Lake) -> None:
        root = lake.path / "_index"
        with writing(lake.path):
            root.mkdir(exist_ok=True)
            for folder in root.glob(".*"):
                _sweep(folder)
            self.folder, lock = _locked_folder(root)
        # At the process's end at the latest; not at the end of one that it forked.
        weakref.finalize(self, _give_up, self.folder, lock, os.getpid())


def load(lake: Lake, decider: Decider, scratch: Path) -> Index | None:
    """The index of the newest snapshot that fits the lake; None if there is none."""
    for folder in sorted(_folders(lake), reverse=True):
        version = int(folder.name.partition("-")[0])
        try:
            if json.loads((folder / _STAMP).read_bytes()) == _stamp(lake, version):
                index = decider.load_index(folder, lake.verdicts, scratch)
                index.lake_version = version
                return index
        except Exception as why:  # whatever is wrong with it, the lake is the truth
            _LOG.info("a snapshot was passed over", folder=folder.name, why=str(why))
    return None


def save(lake: Lake, index: Index, scratch: Path) -> None:
    """Put the index, as of its version, beside the lake, and take older ones away.

    A failure costs only time later, so it is told, not raised.
    """
    making = scratch / "snapshot"
    done = lake.path / "_index" / f"{index.lake_version:020}-{uuid.uuid4().hex}"
    try:
        making.mkdir()
        index.save(making)
        (making / _STAMP).write_text(json.dumps(_stamp(lake, index.lake_version)))
        disk.sync_all(making.iterdir())
        os.rename(making, done)
    except OSError as why:
        shutil.rmtree(making, ignore_errors=True)
        _LOG.warning("no snapshot of the index was made", why=str(why))
        return
    for folder in _folders(lake):
        if folder.name < done.name:
            shutil.rmtree(folder, ignore_errors=True)


_STAMP = "stamp.json"
_LOG = structlog.get_logger()


def _folders(lake: Lake) -> list[Path]:
    return list((lake.path / "_index").glob("[0-9]*-*"))


def _stamp(lake: Lake, version: int) -> dict[str, str | int]:
    digest = xxhash.xxh3_128_hexdigest(entry(lake.path, version).read_bytes())
    return {"table": lake.table_id, "version": version, "entry": digest}


def _locked_folder(root: Path) -> tuple[Path, int]:
    """A new folder and the descriptor that locks it; another process may sweep it before that."""
    while True:
        folder = root / f".{uuid.uuid4().hex}"
        folder.mkdir()
        with suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _give_up(folder: Path, lock: int, owner: int) -> None:
    if os.getpid() != owner:
        return
    os.close(lock)
    shutil.rmtree(folder, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Delete a scratch folder whose process is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(descriptor)
