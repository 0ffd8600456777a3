"""The story file: what a text is compared with once something has led to its story.

Words, keys, id and bands of every story held, in the order of their ordinals, on disk: read a
record at a time by `pread`, so that the system may keep it in memory but need not. What has been
written never changes, so a snapshot can link it, and old parts are deleted whole.
"""

import os
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.minhash import BANDS
from pipelines.deduplicate.records import Damaged, Stories, bands_of, parse, records
from pipelines.deduplicate.sketches import Sketches

PART_BYTES = 1 << 26
_READ_BYTES = 1 << 24

Ints = npt.NDArray[np.int64]


class StoryFile:
    """The records of stories by ordinal, in parts of PART_BYTES; not for several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.first = 0  # ordinal that the first of `_offsets` is for
        self._offsets = np.zeros(1024, np.int64)  # where each ordinal's record begins
        self._count = 0
        self._parts: list[_Part] = []

    @property
    def next_ordinal(self) -> int:
        """The ordinal after the last that was written or passed over."""
        return self.first + self._count

    @property
    def end(self) -> int:
        """Where the next record will begin."""
        return self._parts[-1].start + self._parts[-1].size if self._parts else 0

    @property
    def offsets(self) -> Ints:
        """Where the record of each ordinal from `first` on begins, and the one before ends."""
        return self._offsets[: self._count]

    @property
    def parts(self) -> list["_Part"]:
        """The files, oldest first."""
        return self._parts

    def append(self, sketches: Sketches, which: Ints, ordinals: Ints, next_ordinal: int) -> None:
        """Write the records of those events, as stories of those (rising) ordinals.

        Ordinals in between, and up to `next_ordinal`, are passed over: they are no stories. Those
        that were written or passed over before are left as they are.

        Raises:
            OSError: they cannot be written; none of them is held.
        """
        if not self._count:
            self.first = int(ordinals[0]) if len(ordinals) else next_ordinal
        new = ordinals >= self.next_ordinal
        which, ordinals = which[new], ordinals[new]
        data, sizes = records(sketches, which, ordinals)
        begins = self.end + np.cumsum(sizes) - sizes
        ends = np.full(max(0, next_ordinal - self.next_ordinal), self.end + len(data), np.int64)
        place = np.searchsorted(ordinals, np.arange(self.next_ordinal, next_ordinal))
        inside = place < len(ordinals)
        ends[inside] = begins[place[inside]]
        self._write(data)
        self._note(ends)

    def read(self, ordinals: Ints) -> Stories:
        """The stories of those ordinals.

        Raises:
            Damaged: there is no such record.
            OSError: it cannot be read.
        """
        begins, sizes = self._spans(ordinals)
        data = b"".join(
            self._pread(b, s) for b, s in zip(begins.tolist(), sizes.tolist(), strict=True)
        )
        return parse(data, sizes, ordinals)

    def bands_from(self, low: int) -> Iterator[tuple[npt.NDArray[np.uint32], Ints]]:
        """Bands and ordinals of the stories that have bands, from an ordinal on, in order."""
        at = max(low, self.first)
        while at < self.next_ordinal:
            begin = int(self.offsets[at - self.first])
            till = int(np.searchsorted(self.offsets, begin + _READ_BYTES, "right")) + self.first
            ordinals = np.arange(at, max(till, at + 1))
            begins, sizes = self._spans(ordinals)
            held = sizes > 0
            yield self._bands(ordinals[held], begins[held], sizes[held])
            at = int(ordinals[-1]) + 1

    def forget(self, low: int) -> None:
        """Drop what is below an ordinal, as far as whole files allow."""
        drop = min(low, self.next_ordinal) - self.first
        if drop < max(1024, self._count // 8):
            return
        begin = int(self._offsets[drop]) if drop < self._count else self.end
        while len(self._parts) > 1 and self._parts[1].start <= begin:
            self._parts.pop(0).close()
        self._offsets = self._offsets[drop : self._count + 1024].copy()
        self.first += drop
        self._count -= drop

    def restore(self, first: int, offsets: Ints, parts: list[tuple[Path, int, int]]) -> None:
        """Take over what another file wrote: its offsets, and its files with start and size.

        Raises:
            Damaged: a file is missing or too short.
        """
        self.first, self._offsets, self._count = first, offsets.copy(), len(offsets)
        for path, start, size in parts:
            try:
                part = _Part(path, start, size, os.open(path, os.O_RDONLY))
            except FileNotFoundError as why:
                raise Damaged(f"{path.name} of the index is missing") from why
            self._parts.append(part)
            if os.fstat(part.descriptor).st_size < size:
                raise Damaged(f"{path.name} of the index is too short")

    def _spans(self, ordinals: Ints) -> tuple[Ints, Ints]:
        at = ordinals - self.first
        if len(at) and (at.min() < 0 or at.max() >= self._count):
            raise Damaged("a story is asked for that the story file does not hold")
        begins = self._offsets[at]
        ends = np.full(len(at), self.end)
        inner = at + 1 < self._count
        ends[inner] = self._offsets[at[inner] + 1]
        return begins, ends - begins

    def _pread(self, begin: int, size: int) -> bytes:
        for part in reversed(self._parts):
            if part.start <= begin:
                data = os.pread(part.descriptor, size, begin - part.start)
                if len(data) != size:
                    raise Damaged("a record of the story file is cut short")
                return data
        raise Damaged("a record lies before the story file's beginning")

    def _bands(
        self, ordinals: Ints, begins: Ints, sizes: Ints
    ) -> tuple[npt.NDArray[np.uint32], Ints]:
        if not len(ordinals):
            return np.empty((0, BANDS), np.uint32), ordinals
        data = self._stretch(int(begins[0]), int(begins[-1] + sizes[-1]))
        found, has = bands_of(data, begins - begins[0])
        return found, ordinals[has]

    def _stretch(self, begin: int, end: int) -> bytes:
        """The bytes from one place to another, through as many files as it takes."""
        spans = [(max(begin, part.start), min(end, part.start + part.size)) for part in self._parts]
        return b"".join([self._pread(a, b - a) for a, b in spans if a < b])

    def _note(self, offsets: Ints) -> None:
        needed = self._count + len(offsets)
        if needed > len(self._offsets):
            grown = np.zeros(max(needed, len(self._offsets) * 5 // 4), np.int64)
            grown[: self._count] = self._offsets[: self._count]
            self._offsets = grown
        self._offsets[self._count : needed] = offsets
        self._count = needed

    def _write(self, data: bytes) -> None:
        if not len(data):
            return
        if not self._parts or self._parts[-1].size >= PART_BYTES or not self._parts[-1].ours:
            self._parts.append(_Part.new(self.folder, self.end))
        part = self._parts[-1]
        view = memoryview(data)
        while len(view):
            view = view[os.pwrite(part.descriptor, view, part.size + len(data) - len(view)) :]
        part.size += len(data)


class _Part:
    """One file: bytes `start` to `start + size` of the whole."""

    def __init__(self, path: Path, start: int, size: int, descriptor: int, ours: bool = False):
        self.path, self.start, self.size, self.ours = path, start, size, ours
        self.descriptor = descriptor
        self.close = weakref.finalize(self, _close, descriptor, path if ours else None)

    @classmethod
    def new(cls, folder: Path, start: int) -> "_Part":
        path = folder / f"stories-{start:020}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
        return cls(path, start, 0, descriptor, ours=True)


def _close(descriptor: int, path: Path | None) -> None:
    os.close(descriptor)
    if path is not None:
        path.unlink(missing_ok=True)
