"""Saving: an index as plain files in a folder, quick to write and to read, with a digest of each.

It is a cache, never the truth: whatever is wrong with it is told, so that the caller can let it go
and build the index from the lake.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from pipelines.deduplicate.bands import BandTable
from pipelines.deduplicate.held import Held
from pipelines.deduplicate.keys import KeyTable
from pipelines.deduplicate.old_ids import IdFile
from pipelines.deduplicate.records import Damaged

VERSION = 3
_MANIFEST = "index.json"


def save(held: Held, folder: Path) -> None:
    """Write everything held into a folder; the manifest comes last.

    Raises:
        OSError: the folder cannot be written to.
    """
    arrays: dict[str, npt.NDArray[Any]] = {
        "offsets": held.stories.offsets,
        "band_tags": held.bands.tags,
        "band_marks": held.bands.marks,
    }
    for name, table in held.tables.items():
        arrays[f"{name}_keys"], arrays[f"{name}_marks"] = table.keys, table.marks
    parts = []
    for part in held.stories.parts:
        name = f"stories-{part.start:020}"
        _link(part.path, part.descriptor, part.size, folder / name)
        parts.append([name, part.start, part.size])
    ids: list[list[Any]] = []
    for file in held.old_ids.files:
        name = f"ids-{len(ids):06}"
        _link(file.path, file.descriptor, file.size, folder / name)
        ids.append([name, file.count, [file.first, file.last], file.digest])
    manifest = {
        "version": VERSION,
        "verdicts": held.verdicts.model_dump(),
        "next_ordinal": held.next_ordinal,
        "base": held.base,
        "days": held.days,
        "band_rows": held.bands.rows,
        "first": held.stories.first,
        "parts": parts,
        "ids": ids,
        "arrays": {name: _write(folder, name, array) for name, array in arrays.items()},
    }
    text = json.dumps(manifest, sort_keys=True)
    (folder / _MANIFEST).write_text(json.dumps([_digest(text.encode()), text]))


def load(held: Held, folder: Path) -> None:
    """Read what was saved into an empty index.

    Raises:
        Damaged: the files are not what was written, or were saved for other verdicts.
        OSError: they cannot be read.
    """
    try:
        digest, text = json.loads((folder / _MANIFEST).read_bytes())
        if digest != _digest(text.encode()):
            raise Damaged("the manifest of the index is not what was written")
        manifest = json.loads(text)
        if (manifest["version"], manifest["verdicts"]) != (VERSION, held.verdicts.model_dump()):
            raise Damaged("the index was saved by another version or for other verdicts")
        _restore(held, folder, manifest)
    except Damaged:
        raise
    except (ValueError, KeyError, TypeError, EOFError) as why:
        raise Damaged(f"the saved index cannot be read: {why}") from why


def _restore(held: Held, folder: Path, manifest: dict[str, Any]) -> None:
    arrays = {name: _read(folder, name, *about) for name, about in manifest["arrays"].items()}
    held.next_ordinal, held.base = manifest["next_ordinal"], manifest["base"]
    held.days = [(day, first) for day, first in manifest["days"]]
    held.bands = BandTable(manifest["band_rows"])
    held.bands.tags = _shaped(arrays["band_tags"], held.bands.tags)
    held.bands.marks = _shaped(arrays["band_marks"], held.bands.marks)
    for name in held.tables:
        keys = arrays[f"{name}_keys"]
        table = held.tables[name] = KeyTable(len(keys))
        table.keys = _shaped(keys, table.keys)
        table.marks = _shaped(arrays[f"{name}_marks"], table.marks)
        table.used = int(np.count_nonzero(table.keys))
    parts = [(folder / name, start, size) for name, start, size in manifest["parts"]]
    held.stories.restore(manifest["first"], arrays["offsets"], parts)
    for name, count, (first, last), digest in manifest["ids"]:
        held.old_ids.files.append(IdFile(folder / name, count, (first, last), digest))


def _shaped(array: npt.NDArray[Any], like: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.shape != like.shape or array.dtype != like.dtype:
        raise Damaged("a table of the index has not the size that was written")
    return array


def _write(folder: Path, name: str, array: npt.NDArray[Any]) -> list[Any]:
    data = np.ascontiguousarray(array)
    with (folder / f"{name}.bin").open("wb") as file:
        file.write(data.reshape(-1).view(np.uint8).data)
    return [_digest(data), data.dtype.str, list(data.shape)]


def _read(folder: Path, name: str, digest: str, dtype: str, shape: list[int]) -> npt.NDArray[Any]:
    array = np.empty(shape, np.dtype(dtype))
    path = folder / f"{name}.bin"
    if path.stat().st_size != array.nbytes:
        raise Damaged(f"{path.name} of the index has not the size that was written")
    with path.open("rb", buffering=0) as file:
        view = array.reshape(-1).view(np.uint8).data
        while len(view):
            got = file.readinto(view)
            if not got:
                raise Damaged(f"{path.name} of the index ends early")
            view = view[got:]
    if _digest(array) != digest:
        raise Damaged(f"{path.name} of the index is not what was written")
    return array


def _digest(data: Any) -> str:
    return xxhash.xxh3_128_hexdigest(data)


def _link(path: Path, descriptor: int, size: int, to: Path) -> None:
    """Another name for a file whose first `size` bytes never change, or a copy of those bytes."""
    try:
        os.link(path, to)
    except OSError:  # on another file system, or without the name it had
        with open(descriptor, "rb", buffering=0, closefd=False) as source, to.open("wb") as copy:
            source.seek(0)
            while copy.tell() < size:
                data = source.read(min(1 << 20, size - copy.tell()))
                if not data:
                    raise
                copy.write(data)
