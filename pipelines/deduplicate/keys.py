"""The key table: what an exact key leads to, in 12 bytes a place.

Open addressing over buckets of eight places, each a cache line of keys, looked up and filled a
column at a time. A bucket fills from the front, and what finds it full goes on to the next. A key's
bucket is `hash * buckets >> 32`, so any number of them will do and a table need not double.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Marks = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]

LANES = 8
SMALLEST = 128  # buckets
FULLEST = 0.7
GROWTH = 1.5
_AT_ONCE = 1 << 18  # entries moved when a table is rebuilt


class Overwritten(NamedTuple):
    """What stood in some places before they were written to: enough to take the writing back."""

    places: Places
    keys: Keys
    marks: Marks


class KeyTable:
    """A map from 64-bit keys to marks (the caller's 32-bit numbers); 0 is no key, and no mark."""

    def __init__(self, buckets: int | None = None) -> None:
        buckets = buckets or SMALLEST
        self.keys: Keys = np.zeros((buckets, LANES), np.uint64)
        self.marks: Marks = np.zeros(buckets * LANES, np.uint32)
        self.used = 0  # places with a key

    def seek(self, keys: Keys) -> Places:
        """The place of each key; of one that has none the bucket it would go to, as -1 - bucket.

        0, which is no key, has no place.
        """
        places = np.full(len(keys), -1)
        asked = np.flatnonzero(keys)
        wanted = keys[asked]
        buckets = self._homes(wanted)
        while len(asked):
            held = self.keys.take(buckets, axis=0)
            lanes = _only_lane(held == wanted[:, None])
            found = lanes >= 0
            places[asked] = np.where(found, buckets * LANES + lanes, -1 - buckets)
            on = np.flatnonzero((held[:, -1] != 0) & ~found)  # the bucket is full
            asked, wanted, buckets = asked[on], wanted[on], self._next(buckets[on])
        return places

    def at(self, places: Places) -> Marks:
        """The marks at some places, 0 where a key has none."""
        return np.where(places >= 0, self.marks.take(np.maximum(places, 0)), np.uint32(0))

    def get(self, keys: Keys) -> Marks:
        """The mark of each key, 0 where it has none."""
        return self.at(self.seek(keys))

    def put(self, keys: Keys, marks: Marks, places: Places | None = None) -> Overwritten:
        """Lead each key to its mark, whatever it led to before; returns how to take that back.

        The keys are distinct and none is 0. There must be room: see `reserve`. `places` are what
        `seek` said of them, if nothing was put since.
        """
        places = self.seek(keys) if places is None else places.copy()
        new = np.flatnonzero(places < 0)
        old_keys = keys.copy()
        old_keys[new] = 0
        self.used += len(new)
        flat, waiting, buckets = self.keys.reshape(-1), new, -1 - places[new]
        while len(waiting):
            filled = _count(self.keys.take(buckets, axis=0) != 0)
            room = np.flatnonzero(filled < LANES)
            into, wanted = buckets[room] * LANES + filled[room], keys[waiting[room]]
            flat[into] = wanted
            # Of several keys that go for one place the last written has it; the others try again.
            won = flat.take(into) == wanted
            places[waiting[room[won]]] = into[won]
            full = filled == LANES
            buckets[full] = self._next(buckets[full])
            on = np.ones(len(waiting), bool)
            on[room[won]] = False
            waiting, buckets = waiting[on], buckets[on]
        old = Overwritten(places, old_keys, self.marks.take(places))
        self.marks[places] = marks
        return old

    def take_back(self, old: Overwritten) -> None:
        """Undo a `put`; several are undone in the opposite order, with no `reserve` in between."""
        self.keys.reshape(-1)[old.places] = old.keys
        self.marks[old.places] = old.marks
        self.used -= int((old.keys == 0).sum())

    def has_room(self, count: int) -> bool:
        """Whether so many more keys fit in."""
        return self.used + count <= FULLEST * self.keys.size

    def below(self, low: int) -> tuple[Keys, Marks]:
        """The keys with marks below `low`, and those."""
        chosen = np.flatnonzero((self.marks > 0) & (self.marks < low))
        return self.keys.reshape(-1)[chosen], self.marks[chosen]

    def reserve(self, count: int, low: int) -> None:
        """Make room for so many more keys; marks below `low` are of no use and may be dropped."""
        if self.has_room(count):
            return
        live = sum(int((part >= max(low, 1)).sum()) for part in self._parts(self.marks))
        buckets = len(self.keys)
        while 1.1 * live + count > FULLEST * buckets * LANES:  # lest it is full again at once
            buckets = int(buckets * GROWTH) + 1
        before = self._parts(self.keys.reshape(-1)), self._parts(self.marks)
        self.keys = np.zeros((buckets, LANES), np.uint64)
        self.marks, self.used = np.zeros(buckets * LANES, np.uint32), 0
        rest = []
        for keys, marks in zip(*before, strict=True):
            kept = marks >= max(low, 1)
            rest.append(self._fill(keys[kept], marks[kept]))
        for keys, marks in rest:
            self.put(keys, marks)

    def _fill(self, keys: Keys, marks: Marks) -> tuple[Keys, Marks]:
        """Put new keys where they belong, and return those whose buckets are full.

        They come nearly in the order of their buckets, so a stable sort has little to do.
        """
        buckets = self._homes(keys)
        order = np.argsort(buckets, kind="stable")
        keys, marks, buckets = keys[order], marks[order], buckets[order]
        index = np.arange(len(keys))
        first = np.ones(len(keys), bool)
        first[1:] = buckets[1:] != buckets[:-1]
        lanes = index - np.maximum.accumulate(np.where(first, index, 0))
        lanes += _count(self.keys.take(buckets, axis=0) != 0)
        fits = lanes < LANES
        places = buckets[fits] * LANES + lanes[fits]
        self.keys.reshape(-1)[places] = keys[fits]
        self.marks[places] = marks[fits]
        self.used += len(places)
        return keys[~fits], marks[~fits]

    def lower(self, shift: int) -> None:
        """Subtract from every mark; those that would fall below 1 become 0."""
        for part in self._parts(self.marks):
            part[:] = np.maximum(part, np.uint32(shift)) - np.uint32(shift)

    @staticmethod
    def _parts(column: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        return np.array_split(column, len(column) // _AT_ONCE + 1)

    def _homes(self, keys: Keys) -> npt.NDArray[np.int64]:
        mixed = (keys ^ (keys >> np.uint64(32))) * _ODD
        mixed >>= np.uint64(32)
        mixed *= np.uint64(len(self.keys))
        mixed >>= np.uint64(32)
        return mixed.astype(np.int64)

    def _next(self, buckets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        after = buckets + 1
        after[after == len(self.keys)] = 0
        return after


_ODD = np.uint64(0x9E3779B97F4A7C15)
_LANE_OF = np.uint64(0x0001020304050607)  # times a lane's unit: the lane, in the top byte
_SUM = np.uint64(0x0101010101010101)
_TOP = np.uint64(56)


def _only_lane(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Which of eight flags is set, if one is, else -1; shape (rows, LANES)."""
    words = flags.view(np.uint64).reshape(-1)
    return np.where(words == 0, -1, ((words * _LANE_OF) >> _TOP).astype(np.int64))


def _count(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """How many of eight flags are set; shape (rows, LANES)."""
    return ((flags.view(np.uint64).reshape(-1) * _SUM) >> _TOP).astype(np.int64)
