"""Old ids: the event ids of rows that memory no longer holds, in sorted files.

What a row was like is forgotten beyond the horizon, but an event that comes again has to be known
for days, however many came since. A file is sorted by key, so a window is looked up by a binary
search of each; files of about a size are merged, so that they stay few (log-structured merge-tree,
O'Neil et al. 1996). An id takes 12 bytes of disk, and none of memory.
"""

import itertools
import mmap
import os
import uuid
import weakref
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xxhash

from pipelines.deduplicate.keys import Keys
from pipelines.deduplicate.records import Damaged

MOST_KEYS = 1 << 26  # of a merged file: it takes some seconds to write
_AT_ONCE = 1 << 20  # keys merged in memory, or bytes read

Ints = npt.NDArray[np.int64]


class OldIds:
    """Which ordinals some 64-bit keys have; not for several threads.

    What is added has later ordinals than what was added before.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[IdFile] = []  # oldest first

    def seek(self, keys: Keys) -> Ints:
        """The ordinal of each key, -1 where it has none."""
        found = np.full(len(keys), -1)
        if self.files:
            order = np.argsort(keys)
            for file in self.files:
                at, ordinals = file.seek(keys[order])
                found[order[at]] = ordinals
        return found

    def add(self, keys: Keys, ordinals: Ints) -> None:
        """Take in keys, none twice, with their ordinals.

        Raises:
            OSError: the files cannot be written; what was there before is there still.
        """
        if not len(keys):
            return
        order = np.argsort(keys)
        self.files.append(_sorted_file(self.folder, keys[order], ordinals[order]))
        while len(self.files) > 1 and _worth_merging(*self.files[-2:]):
            self.files[-2:] = [_merged(self.folder, *self.files[-2:])]

    def forget(self, low: int) -> None:
        """Drop the files with nothing from an ordinal on."""
        self.files = [file for file in self.files if file.last >= low]


class IdFile:
    """One file: its keys, rising, then as many ordinals, less the first of them.

    It is deleted when no one has it any more, unless it is another's.
    """

    def __init__(
        self, path: Path, count: int, ordinals: tuple[int, int], digest: str, ours: bool = False
    ) -> None:
        """A file that is there, with the first and the last of its ordinals.

        Raises:
            Damaged: it is not what was written.
            OSError: it cannot be read.
        """
        self.path, self.count, self.digest = path, count, digest
        self.first, self.last = ordinals
        self.descriptor = os.open(path, os.O_RDONLY)
        self._close = weakref.finalize(self, _close, self.descriptor, path if ours else None)
        if not ours and (os.fstat(self.descriptor).st_size != self.size or self._sum() != digest):
            raise Damaged(f"{path.name} of the index is not what was written")

    @property
    def size(self) -> int:
        """In bytes."""
        return 12 * self.count

    def seek(self, keys: Keys) -> tuple[Ints, Ints]:
        """Which of the keys, which rise, it has, and their ordinals."""
        held, ordinals = self.columns()
        # The last of equal keys: an id that was forgotten and came again is the newer row's.
        at = np.maximum(np.searchsorted(held, keys, "right") - 1, 0)
        which = np.flatnonzero(held[at] == keys)
        return which, self.first + ordinals[at[which]].astype(np.int64)

    def columns(self) -> tuple[Keys, npt.NDArray[np.uint32]]:
        """Keys, and ordinals less the first. Mapped anew each time, lest their pages add up."""
        mapped = mmap.mmap(self.descriptor, self.size, prot=mmap.PROT_READ)
        keys = np.frombuffer(mapped, np.uint64, self.count)
        return keys, np.frombuffer(mapped, np.uint32, self.count, 8 * self.count)

    def _sum(self) -> str:
        sums, (keys, ordinals) = (xxhash.xxh3_128(), xxhash.xxh3_128()), self.columns()
        for at in range(0, self.count, _AT_ONCE):
            sums[0].update(keys[at : at + _AT_ONCE].data)
            sums[1].update(ordinals[at : at + _AT_ONCE].data)
        return _digest(*sums)


def _sorted_file(folder: Path, keys: Keys, ordinals: Ints) -> IdFile:
    first, last = int(ordinals.min()), int(ordinals.max())
    writing = _Writing(folder, len(keys))
    writing.append(keys, (ordinals - first).astype(np.uint32))
    return writing.done((first, last))


def _worth_merging(old: IdFile, new: IdFile) -> bool:
    few = old.count <= 2 * new.count and old.count + new.count <= MOST_KEYS
    return few and new.last - old.first < 1 << 32


def _merged(folder: Path, old: IdFile, new: IdFile) -> IdFile:
    """A file with what both have, a stretch of keys after the other: they are evenly spread."""
    count = old.count + new.count
    writing = _Writing(folder, count)
    (old_keys, old_ordinals), (new_keys, new_ordinals) = old.columns(), new.columns()
    later, pieces = np.uint32(new.first - old.first), count // _AT_ONCE + 1
    bounds = np.array([(piece << 64) // pieces for piece in range(1, pieces)], np.uint64)
    for a, b in zip(_stretches(old_keys, bounds), _stretches(new_keys, bounds), strict=True):
        keys = np.concatenate([old_keys[a], new_keys[b]])
        ordinals = np.concatenate([old_ordinals[a], new_ordinals[b] + later])
        order = np.argsort(keys, kind="stable")
        writing.append(keys[order], ordinals[order])
    return writing.done((old.first, max(old.last, new.last)))


def _stretches(keys: Keys, bounds: Keys) -> list[slice]:
    """Where the keys before each of the bounds lie, and those after the last."""
    cuts = [0, *np.searchsorted(keys, bounds).tolist(), len(keys)]
    return [slice(a, b) for a, b in itertools.pairwise(cuts)]


class _Writing:
    """A new file on its way; nothing is left of it if it cannot be written."""

    def __init__(self, folder: Path, count: int) -> None:
        self._path = folder / f"ids-{uuid.uuid4().hex}"
        self._count, self._done = count, 0
        self._sums = xxhash.xxh3_128(), xxhash.xxh3_128()
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        self._close = weakref.finalize(self, _close, self._descriptor, self._path)

    def append(self, keys: Keys, ordinals: npt.NDArray[np.uint32]) -> None:
        data = keys.view(np.uint8).data, ordinals.view(np.uint8).data
        places = 8 * self._done, 8 * self._count + 4 * self._done
        for view, at, sum_ in zip(data, places, self._sums, strict=True):
            sum_.update(view)
            while len(view):
                written = os.pwrite(self._descriptor, view, at)
                view, at = view[written:], at + written
        self._done += len(keys)

    def done(self, ordinals: tuple[int, int]) -> IdFile:
        file = IdFile(self._path, self._count, ordinals, _digest(*self._sums), ours=True)
        self._close.detach()
        os.close(self._descriptor)
        return file


def _digest(keys: xxhash.xxh3_128, ordinals: xxhash.xxh3_128) -> str:
    return keys.hexdigest() + ordinals.hexdigest()


def _close(descriptor: int, path: Path | None) -> None:
    os.close(descriptor)
    if path is not None:
        path.unlink(missing_ok=True)
