"""The band table: which stories held share a band with a text, in 24 bytes a bucket of four.

Each band has its own buckets, each bucket the four newest of the different values that fell into
it: sixteen bits of the value (the tag) and the mark of the newest story that has it. So what the
table holds is a function of the stories, their order and its own size, and the size one of the
count of rows alone; how the stories came in, in which windows, leaves no trace.

The four tags of a bucket are one 64-bit word, compared at once ("Hacker's Delight", 6-1).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.minhash import BANDS

LANES = 4
FULLEST = 0.8  # of the places, should every row be a story with bands
SMALLEST = 16_000  # rows that the first table is for, at least
MOST_ROWS = 1 << 13  # looked up at once

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def capacity(rows: int, horizon: int) -> int:
    """For how many rows the table is made that serves a lake of `rows` rows.

    It doubles until the horizon is reached, so a small lake has a small table.
    """
    made_for = horizon
    while (half := -(-made_for // 2)) >= max(rows, SMALLEST):
        made_for = half
    return made_for


class Overwritten(NamedTuple):
    """What stood in some places before they were written to: enough to take the writing back."""

    places: Ints
    tags: npt.NDArray[np.uint16]
    marks: npt.NDArray[np.uint32]


class BandTable:
    """The newest stories by band; marks are the caller's 32-bit numbers, rising, 0 being none."""

    def __init__(self, rows: int) -> None:
        self.rows = rows  # that it is made for
        self.buckets = int(rows / FULLEST / LANES) + 1  # of each band
        self.tags = np.zeros(BANDS * self.buckets * LANES, np.uint16)
        self.marks = np.zeros((BANDS * self.buckets, LANES), np.uint32)

    @property
    def rows_at_once(self) -> int:
        """How many rows to look up together, so that few of them meet in a bucket."""
        return min(max(self.buckets // 16, 32), 2048)

    def look_up(self, bands: npt.NDArray[np.uint32], marks: npt.NDArray[np.uint32]) -> "Lookup":
        """What some rows, in order, find; they are not in the table yet. Shape (rows, BANDS)."""
        return Lookup(self, bands, marks)

    def insert(
        self, bands: npt.NDArray[np.uint32], marks: npt.NDArray[np.uint32]
    ) -> list[Overwritten]:
        """Take in stories, in order; what was overwritten is to be taken back from the end."""
        step = MOST_ROWS
        return [
            self.look_up(bands[i : i + step], marks[i : i + step]).insert(
                np.ones(len(bands[i : i + step]), bool)
            )
            for i in range(0, len(bands), step)
        ]

    def take_back(self, old: Overwritten) -> None:
        """Undo an insertion."""
        self.tags[old.places] = old.tags
        self.marks.reshape(-1)[old.places] = old.marks

    def lower(self, shift: int) -> None:
        """Subtract from every mark; those that would fall below 1 are forgotten."""
        for band in np.array_split(self.marks, BANDS):
            band[:] = np.maximum(band, np.uint32(shift)) - np.uint32(shift)
        for tags, marks in zip(
            np.array_split(self.tags, BANDS), np.array_split(self.marks, BANDS), strict=True
        ):
            tags[marks.reshape(-1) == 0] = 0


class Lookup:
    """The entries of some rows in the table: one for each row and band, sorted by bucket and tag.

    The rows do not only find what the table holds but also one another, an earlier one where it is
    a story. Which are stories is only known when they are decided, so `pairs` answers for any
    assumption, as if each row were looked up, and inserted if a story, before the next.
    """

    def __init__(
        self, table: BandTable, bands: npt.NDArray[np.uint32], marks: npt.NDArray[np.uint32]
    ) -> None:
        self._table = table
        self._mark = marks
        self._replay: _Replay | None = None
        values = np.ascontiguousarray(bands.T).astype(np.uint64)
        entries = (values * np.uint64(table.buckets)) >> np.uint64(32)
        entries <<= np.uint64(16)
        values &= np.uint64(0xFFFF)
        values |= values == 0  # 0 is an empty place
        entries |= values
        entries <<= np.uint64(13)
        entries |= np.arange(len(bands), dtype=np.uint64)
        entries.sort(axis=1)
        self._row = (entries & np.uint64(MOST_ROWS - 1)).astype(np.int32).reshape(-1)
        entries >>= np.uint64(13)
        entries += (np.arange(BANDS, dtype=np.uint64) * np.uint64(table.buckets) << np.uint64(16))[
            :, None
        ]
        self._cell = entries.reshape(-1)  # bucket and tag
        self._bucket = (self._cell >> np.uint64(16)).astype(np.int64)
        self._tag = self._cell.astype(np.uint16)
        self._find()
        self._group()

    def pairs(self, is_story: Bools) -> tuple[Ints, npt.NDArray[np.uint32]]:
        """Rows and the marks of stories that share a band with them, in no order, with repeats."""
        rows, marks = [self._plain_rows], [self._plain_marks]
        mixed = self._in_mixed(is_story)
        for found_rows, found in (self._in_runs(is_story), (mixed.rows, mixed.found)):
            hit = found != 0
            rows.append(found_rows[hit])
            marks.append(found[hit])
        return np.concatenate(rows), np.concatenate(marks)

    @property
    def settled(self) -> bool:
        """Whether no row can find another one of these."""
        return not (len(self._runs) or len(self._mixed))

    def insert(self, is_story: Bools) -> Overwritten:
        """Put the stories among the rows into the table; the last thing to be done with these."""
        table = self._table
        inserted = is_story[self._row]
        if len(self._mixed):
            inserted[self._mixed] = False
        # Of a run of equal cells only the last story is left.
        if len(self._runs):
            runs = self._runs[inserted[self._runs]]
            cells = self._cell[runs]
            inserted[runs[:-1][cells[1:] == cells[:-1]]] = False
        at = np.flatnonzero(inserted)
        places = self._bucket[at] * LANES + self._lanes_for(at)
        tags, marks = self._tag[at], self._mark[self._row[at]]
        if len(self._mixed):
            mixed = self._in_mixed(is_story)
            lanes4 = (mixed.buckets[:, None] * LANES + np.arange(LANES)).reshape(-1)
            places = np.concatenate([places, lanes4])
            tags = np.concatenate([tags, mixed.tags.reshape(-1)])
            marks = np.concatenate([marks, mixed.marks.reshape(-1)])
        flat = table.marks.reshape(-1)
        old = Overwritten(places, table.tags.take(places), flat.take(places))
        table.tags[places] = tags
        flat[places] = marks
        return old

    def _lanes_for(self, at: Ints) -> npt.NDArray[np.int8]:
        """Where in its bucket an entry goes: where its cell is, else what is empty, else oldest."""
        lanes = self._lane[at]
        new = np.flatnonzero(lanes < 0)
        empty = _zero_lanes(self._held[at[new]])
        lanes[new] = empty
        full = new[empty < 0]
        lanes[full] = _oldest(self._table.marks.take(self._bucket[at[full]], axis=0))
        return lanes

    def _find(self) -> None:
        """Where the table itself has the cell: its lane, or -1."""
        self._held = self._table.tags.view(np.uint64).take(self._bucket)
        self._lane = _zero_lanes(self._held ^ (self._tag.astype(np.uint64) * _EACH))
        self._hits = np.flatnonzero(self._lane >= 0)

    def _group(self) -> None:
        """Tell the plain entries from those that meet others of these rows in their bucket."""
        meet = self._bucket[1:] == self._bucket[:-1]
        same = meet & (self._cell[1:] == self._cell[:-1])
        run = np.zeros(len(self._cell), bool)
        run[1:] |= same
        run[:-1] |= same
        if (meet & ~same).any():
            group = np.concatenate([np.zeros(1, np.int64), np.cumsum(~meet)])
            mixed = np.zeros(int(group[-1]) + 1, bool)
            mixed[group[1:][meet & ~same]] = True
            in_mixed = mixed[group]
            run &= ~in_mixed
            self._mixed = np.flatnonzero(in_mixed)
        else:
            self._mixed = np.empty(0, np.int64)
        self._runs = np.flatnonzero(run)
        plain = self._hits[~run[self._hits]]
        if len(self._mixed):
            plain = plain[~in_mixed[plain]]
        self._plain_rows = self._row[plain].astype(np.int64)
        self._plain_marks = self._marks_at(plain)

    def _marks_at(self, entries: Ints) -> npt.NDArray[np.uint32]:
        lanes = self._lane[entries]
        places = self._bucket[entries] * LANES + np.maximum(lanes, 0)
        marks = self._table.marks.reshape(-1).take(places)
        return np.where(lanes >= 0, marks, np.uint32(0))

    def _in_runs(self, is_story: Bools) -> tuple[Ints, npt.NDArray[np.uint32]]:
        """Where several rows have one cell: the newest earlier story of them, else the table's."""
        runs = self._runs
        if not len(runs):
            return _NONE, _NONE.astype(np.uint32)
        rows, cells = self._row[runs].astype(np.int64), self._cell[runs]
        index = np.arange(len(runs))
        first = np.concatenate([np.ones(1, bool), cells[1:] != cells[:-1]])
        began = np.maximum.accumulate(np.where(first, index, 0))
        story = np.maximum.accumulate(np.where(is_story[rows], index, -1))
        earlier = np.concatenate([np.full(1, -1), story[:-1]])
        found = np.where(
            earlier >= began, self._mark[rows[np.maximum(earlier, 0)]], self._marks_at(runs)
        )
        return rows, found

    def _in_mixed(self, is_story: Bools) -> "_Replay":
        """Where different cells meet in a bucket: entry after entry, the buckets side by side."""
        flags = is_story[self._row[self._mixed]]
        if self._replay is None or not np.array_equal(flags, self._replay.flags):
            self._replay = self._play(is_story, flags)
        return self._replay

    def _play(self, is_story: Bools, flags: Bools) -> "_Replay":
        mixed = self._mixed
        mixed = mixed[np.lexsort((self._row[mixed], self._bucket[mixed]))]
        buckets, start, group, count = np.unique(
            self._bucket[mixed], return_index=True, return_inverse=True, return_counts=True
        )
        tags = self._table.tags.reshape(-1, LANES)[buckets]
        marks = self._table.marks[buckets]
        found = np.zeros(len(mixed), np.uint32)
        rows = self._row[mixed].astype(np.int64)
        for step in range(int(count.max()) if len(count) else 0):
            at = start[count > step] + step
            here, tag = group[at], self._tag[mixed[at]]
            equal = tags[here] == tag[:, None]
            hit = equal.any(axis=1)
            lane = np.where(hit, equal.argmax(axis=1), marks[here].argmin(axis=1))
            found[at[hit]] = marks[here[hit], lane[hit]]
            into = is_story[rows[at]]
            tags[here[into], lane[into]] = tag[into]
            marks[here[into], lane[into]] = self._mark[rows[at[into]]]
        return _Replay(flags, rows, found, buckets, tags, marks)


class _Replay(NamedTuple):
    """What the entries in mixed buckets come to, if the rows with a flag are stories."""

    flags: Bools  # of each entry's row
    rows: Ints
    found: npt.NDArray[np.uint32]  # mark for the row, 0 for none
    buckets: Ints
    tags: npt.NDArray[np.uint16]  # that each bucket ends with
    marks: npt.NDArray[np.uint32]


_NONE = np.empty(0, np.int64)
_EACH = np.uint64(0x0001000100010001)
_SIGN = np.uint64(0x8000800080008000)
_LANE_OF = np.uint64(0x0000000100020003)  # times a lane's unit: the lane, in the top lane


def _zero_lanes(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.int8]:
    """The lowest lane that is 0 in words of four lanes of sixteen bits; -1 where none is."""
    zero = (words - _EACH) & ~words & _SIGN  # the lowest bit set is right, higher ones may err
    lanes = np.full(len(words), -1, np.int8)
    some = np.flatnonzero(zero)
    lowest = zero[some] & (~zero[some] + np.uint64(1))  # of bit 15, 31, 47 or 63
    lanes[some] = ((lowest >> np.uint64(15)) * _LANE_OF) >> np.uint64(48)
    return lanes


def _oldest(marks: npt.NDArray[np.uint32]) -> npt.NDArray[np.int8]:
    """The lane of the smallest mark, shape (buckets, LANES); faster than argmin for so few."""
    low, high = marks[:, 0] > marks[:, 1], marks[:, 2] > marks[:, 3]
    right = np.minimum(marks[:, 0], marks[:, 1]) > np.minimum(marks[:, 2], marks[:, 3])
    return np.where(right, high.view(np.int8) + np.int8(2), low.view(np.int8))
