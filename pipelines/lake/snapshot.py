"""Snapshots of the index beside the lake: a cache that saves reading the lake anew.

A snapshot is a folder `_index/<version>-<uuid>`, renamed into place whole. Its stamp names the
table, the version, and the digest of that version's log entry. One that is ahead of the log, or of
another log, or whose entry has expired, does not fit, and is passed over; one behind is caught up.
"""

import json
import os
import shutil
import uuid
from pathlib import Path

import structlog
import xxhash

from pipelines.lake import disk
from pipelines.lake.deciding import Decider, Index
from pipelines.lake.log import Lake, entry


def load(lake: Lake, decider: Decider) -> Index | None:
    """The index of the newest snapshot that fits the lake; None if there is none."""
    for folder in sorted(_folders(lake), reverse=True):
        version = int(folder.name.partition("-")[0])
        try:
            if json.loads((folder / _STAMP).read_bytes()) == _stamp(lake, version):
                index = decider.load_index(folder, lake.verdicts)
                index.lake_version = version
                return index
        except (OSError, ValueError, KeyError) as why:  # another process may be taking it away
            _LOG.info("snapshot passed over", folder=folder.name, why=str(why))
    return None


def save(lake: Lake, index: Index) -> None:
    """Put the index, as of its version, beside the lake, and take older ones away.

    A failure costs only time later, so it is told, not raised.
    """
    root = lake.path / "_index"
    making = root / f".{uuid.uuid4().hex}"
    try:
        making.mkdir(parents=True)
        index.save(making)
        (making / _STAMP).write_text(json.dumps(_stamp(lake, index.lake_version)))
        disk.sync_all(making.iterdir())
        done = root / f"{index.lake_version:020}-{uuid.uuid4().hex}"
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
