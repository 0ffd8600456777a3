"""The story file: what a text is compared with once something has led to its story.

Words, keys, id and bands of every story held, in the order of their ordinals, on disk: read a
record at a time by `pread`, so that the system may keep it in memory but need not. What has been
written never changes, so a snapshot can link it, and old parts are deleted whole.
"""

import os
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.minhash import BANDS
from pipelines.deduplicate.ranges import ranges
from pipelines.deduplicate.sketches import Sketches
from pipelines.deduplicate.verify import Texts

PART_BYTES = 1 << 26
_READ_BYTES = 1 << 24

Ints = npt.NDArray[np.int64]


class Damaged(ValueError):
    """A file of the index is not what was written."""


@dataclass(slots=True)
class Stories:
    """Some stories, as asked for.

    The words of *i* are `words[starts[i]:starts[i + 1]]`, those of its title and its summary
    `heads[head_starts[i]:head_starts[i + 1]]`.
    """

    ordinals: Ints
    title_key: npt.NDArray[np.uint64]
    summary_key: npt.NDArray[np.uint64]
    cut: npt.NDArray[np.bool_]
    words: npt.NDArray[np.uint32]
    starts: Ints
    heads: npt.NDArray[np.uint32]
    head_starts: Ints
    ids: list[str]

    @property
    def texts(self) -> Texts:
        """Their words, to be compared."""
        return Texts(self.words, self.starts[:-1], np.diff(self.starts), self.cut)

    @property
    def headings(self) -> Texts:
        """The words of their titles and summaries, likewise."""
        return Texts(self.heads, self.head_starts[:-1], np.diff(self.head_starts), self.cut)


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
        data, sizes = _records(sketches, which, ordinals)
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
        return _parse(data, sizes, ordinals)

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
        units = np.frombuffer(self._stretch(int(begins[0]), int(begins[-1] + sizes[-1])), np.uint32)
        starts = (begins - begins[0]) // 4
        has = (units[starts + _FLAGS] & _HAS_BANDS) != 0
        at = starts[has] + _HEADER
        return units[at[:, None] + np.arange(BANDS)], ordinals[has]

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


# A record in units of four bytes: its header, bands if any, words, those of title and
# summary, and the id's bytes, padded.
_HEADER = 11
_ORDINAL, _TITLE, _SUMMARY = 0, 2, 4  # of two units each
_WORDS, _HEADS, _ID_BYTES, _FLAGS, _CHECK = 6, 7, 8, 9, 10
_CUT, _HAS_BANDS = np.uint32(1), np.uint32(2)
_PADS = (b"", bytes(3), bytes(2), bytes(1))
_MAGIC = np.uint32(0x5EED0BEA)


def _records(sketches: Sketches, which: Ints, ordinals: Ints) -> tuple[bytes, Ints]:
    """The records of some events, end to end, and the bytes of each."""
    events = sketches.event_ids
    ids = [events[i].encode() for i in which.tolist()]
    id_bytes = np.fromiter(map(len, ids), np.int64, len(ids))
    id_units = (id_bytes + 3) // 4
    has = sketches.has_bands[which]
    counts = (sketches.starts[1:] - sketches.starts[:-1])[which]
    head_counts = (sketches.head_starts[1:] - sketches.head_starts[:-1])[which]
    units = _HEADER + BANDS * has + counts + head_counts + id_units
    starts = np.cumsum(units) - units
    data = np.zeros(int(units.sum()), np.uint32)
    header = np.empty((len(which), _HEADER), np.uint32)
    for at, column in (
        (_ORDINAL, ordinals),
        (_TITLE, sketches.title_key[which]),
        (_SUMMARY, sketches.summary_key[which]),
    ):
        header[:, at : at + 2] = column.view(np.uint32).reshape(-1, 2)
    header[:, _WORDS], header[:, _HEADS], header[:, _ID_BYTES] = counts, head_counts, id_bytes
    header[:, _FLAGS] = sketches.cut[which] * _CUT + has * _HAS_BANDS
    header[:, _CHECK] = _MAGIC
    data[starts[:, None] + np.arange(_HEADER)] = header
    data[(starts[has] + _HEADER)[:, None] + np.arange(BANDS)] = sketches.bands[which[has]]
    begins = starts + _HEADER + BANDS * has
    data[ranges(begins, counts)] = sketches.words[ranges(sketches.starts[which], counts)]
    begins += counts
    heads = sketches.heads[ranges(sketches.head_starts[which], head_counts)]
    data[ranges(begins, head_counts)] = heads
    padded = b"".join([name + _PADS[len(name) % 4] for name in ids])
    data[ranges(begins + head_counts, id_units)] = np.frombuffer(padded, np.uint32)
    return data.tobytes(), units * 4


def _parse(data: bytes, sizes: Ints, ordinals: Ints) -> Stories:
    units = np.frombuffer(data, np.uint32)
    starts = (np.cumsum(sizes) - sizes) // 4
    if (sizes < 4 * _HEADER).any():
        raise Damaged("a story is asked for that has no record")
    header = units[starts[:, None] + np.arange(_HEADER)]
    wide = np.ascontiguousarray(header[:, :_WORDS]).view(np.uint64)
    if (header[:, _CHECK] != _MAGIC).any() or (wide[:, 0] != ordinals.astype(np.uint64)).any():
        raise Damaged("a record of the story file is not the one that was written")
    counts = header[:, _WORDS].astype(np.int64)
    begins = starts + _HEADER + BANDS * ((header[:, _FLAGS] & _HAS_BANDS) != 0)
    head_counts = header[:, _HEADS].astype(np.int64)
    at = ((begins + counts + head_counts) * 4).tolist()
    ends = header[:, _ID_BYTES].tolist()
    return Stories(
        ordinals,
        wide[:, 1],
        wide[:, 2],
        (header[:, _FLAGS] & _CUT) != 0,
        units[ranges(begins, counts)],
        np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]),
        units[ranges(begins + counts, head_counts)],
        np.concatenate([np.zeros(1, np.int64), np.cumsum(head_counts)]),
        [data[a : a + n].decode() for a, n in zip(at, ends, strict=True)],
    )
