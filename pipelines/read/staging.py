"""Finished batches on their way to the commit: files on disk, of which only handles are shuffled.

One Arrow IPC file a batch, `<ordinal>-<rows>-<uuid>.arrow`, renamed into place when it is whole, so
what a killed worker leaves is a temporary file or a batch that no handle names. Both are swept with
the run's folder. Nothing here is the truth: what is not committed is read again.
"""

import json
import os
import shutil
import time
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from pipelines.batch import Place, SketchedBatch, Span


class Handle(NamedTuple):
    """A staged batch by its name. Handles sort in order of arrival."""

    place: Place
    path: str
    rows: int
    bytes: int  # of the file


def staging_root(lake: Path, elsewhere: Path | None = None) -> Path:
    """Where the runs of a lake have their folders: inside it, unless it is said where else."""
    return (elsewhere or lake / "_staging").absolute()


def stage(batch: SketchedBatch, folder: Path | str) -> Handle:
    """Writes the batch into the folder (made where missing) and names it.

    Raises:
        OSError: the disk is full or can't be written; nothing is left in its place.
    """
    place = batch.place
    path = Path(folder, f"{place.name}-{batch.rows.num_rows}-{uuid.uuid4().hex}.arrow")
    unfinished = path.with_suffix(".unfinished")
    rows = batch.rows.replace_schema_metadata(_metadata(batch))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with pa.OSFile(str(unfinished), "wb") as file, pa.ipc.new_file(file, rows.schema) as out:
            out.write_batch(rows)
        size = unfinished.stat().st_size
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return Handle(place, str(path), rows.num_rows, size)


def staged_rows(folder: Path | str) -> int:
    """How many events are staged in a folder, by the names of its files: for showing progress."""
    return sum(int(file.name.split("-")[1]) for file in Path(folder).glob("*.arrow"))


def load(handle: Handle) -> SketchedBatch:
    """The batch behind a handle; its columns are the file's own pages, mapped into memory.

    Raises:
        OSError: the file is gone.
    """
    with pa.memory_map(handle.path) as file, pa.ipc.open_file(file) as staged:
        rows = staged.get_batch(0)
    metadata = json.loads(rows.schema.metadata[_KEY])
    return SketchedBatch(
        Place(*metadata["place"]),
        [Span(*span) for span in metadata["spans"]],
        metadata["ack_ids"],
        rows.replace_schema_metadata(None),
    )


def remove_batches(folder: Path | str, places: Collection[Place]) -> None:
    """Removes the files of batches that are committed, staged ones and pulled ones."""
    names = {place.name for place in places}
    for file in os.scandir(folder):
        if file.name[:_PLACE_NAME] in names:
            Path(file.path).unlink(missing_ok=True)


def sweep(folder: Path | str) -> None:
    """Removes a finished run's folder, with whatever killed workers left there."""
    shutil.rmtree(folder, ignore_errors=True)


def sweep_abandoned(root: Path | str, idle_seconds: float = 86_400.0) -> list[str]:
    """Removes the folders of runs that did not end, once nothing was staged there for so long.

    Returns their names, sorted.
    """
    oldest = time.time() - idle_seconds
    abandoned = []
    for folder in Path(root).glob("*/"):
        if folder.stat().st_mtime < oldest:
            sweep(folder)
            abandoned.append(folder.name)
    return sorted(abandoned)


_KEY = b"newsbeam"
_PLACE_NAME = len(Place(0, 0).name)


def _metadata(batch: SketchedBatch) -> dict[bytes, bytes]:
    told = {"place": batch.place, "spans": batch.spans, "ack_ids": batch.ack_ids}
    return {_KEY: json.dumps(told).encode()}
