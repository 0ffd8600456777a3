"""What is held of the events decided so far, and how more is taken in, or taken back.

Every part is a function of the rows in the order of their ordinals. Ordinals are 64-bit; the tables
hold them as 32-bit *marks*, `ordinal - base + 1`, and the base moves up when they run out.

Memory is bounded by `horizon_stories`: what older rows were like is forgotten, and their ids, which
count for `horizon_days`, are on disk.
"""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate import names
from pipelines.deduplicate.bands import BandTable, Lookup, capacity
from pipelines.deduplicate.keys import Keys, KeyTable, Marks
from pipelines.deduplicate.links import latest
from pipelines.deduplicate.old_ids import OldIds
from pipelines.deduplicate.sketches import Sketches
from pipelines.deduplicate.story_file import StoryFile
from pipelines.settings import Verdicts

DAY = 86_400_000_000  # µs
MOST_MARKS = 1 << 31  # after which the base moves up
ROWS_AT_ONCE = 4096

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Held:
    """The tables and the story file, as of `next_ordinal`."""

    def __init__(self, verdicts: Verdicts, folder: Path) -> None:
        self.verdicts = verdicts
        self.next_ordinal = 0
        self.base = 0
        self.days: list[tuple[int, int]] = []  # days of arrival, and the first ordinal of each
        self.tables = {
            name: KeyTable() for name in ("event", *names.EXACT, *names.ADDRESS, *names.OPENING)
        }
        self.bands = BandTable(capacity(0, verdicts.horizon_stories))
        self.stories = StoryFile(folder)
        self.old_ids = OldIds(folder)  # no longer in the table "event"
        self._undo: _Undo | None = None

    def days_of(self, arrived_at: Ints) -> Ints:
        """The day it is for each of the next events: its own, but not before an earlier row's."""
        days = arrived_at // DAY
        return np.maximum(days, self.days[-1][0]) if self.days else days

    def low_ordinal(self, day: int) -> int:
        """The first ordinal whose event id counts on a day; older ones are forgotten."""
        at = bisect.bisect_left(self.days, (day - self.verdicts.horizon_days, -1))
        return self.days[at][1] if at < len(self.days) else self.next_ordinal

    def low_mark(self, until: int) -> int:
        """Of events that arrived before, ids may be forgotten at that time; 0 where none is."""
        days = self.before.days
        if not days:
            return 0
        low = max(days[-1][0], until // DAY) - self.verdicts.horizon_days
        return 0 if days[0][1] == 0 and days[0][0] >= low else max(0, low * DAY)

    def marks(self, ordinals: Ints) -> Marks:
        """Ordinals as the tables hold them; those forgotten long ago are 0."""
        return np.maximum(ordinals - (self.base - 1), 0).astype(np.uint32)

    def rows_left(self) -> int:
        """How many more rows the band table serves before it has to grow; many if it need not."""
        full_grown = self.bands.rows >= self.verdicts.horizon_stories
        return MOST_MARKS if full_grown else self.bands.rows - self.next_ordinal + 1

    def make_room(self, sketches: Sketches) -> None:
        """Prepare for taking in up to all of these: nothing but memory changes."""
        if self.next_ordinal + len(sketches) - self.base > MOST_MARKS:
            self._move_base()
        low = int(self.marks(np.array([self._horizon()]))[0])
        if not self.tables["event"].has_room(len(sketches)):
            self._put_away_ids(low)
        for table in self.tables.values():
            table.reserve(len(sketches), low)

    def grow(self, *ahead: tuple[npt.NDArray[np.uint32], Ints]) -> None:
        """Make the band table anew, for more rows; `ahead` are bands not yet in the story file.

        The old one is let go first, or for a while there would be half as much again.

        Raises:
            OSError: the story file cannot be read, and what was held is of no more use.
        """
        if self._undo is not None:
            self._undo.let_bands_go()
        self._make_bands(capacity(self.next_ordinal, self.verdicts.horizon_stories), ahead)

    def keys_of(self, sketches: Sketches) -> dict[str, Keys]:
        """The keys that events have for each table; only the event's own for dead letters."""
        least = self.verdicts.exact_words
        found = {**names.exact_keys(sketches, least), **names.opening_keys(sketches, least)}
        if not sketches.alive.all():
            found = {name: np.where(sketches.alive, key, _NO_KEY) for name, key in found.items()}
        return {"event": sketches.event_key, **found}

    def ordinals(self, marks: Marks) -> Ints:
        """Marks of the tables as ordinals; 0 as -1."""
        return np.where(marks == 0, -1, marks.astype(np.int64) + (self.base - 1))

    def take_in(
        self,
        sketches: Sketches,
        ordinals: Ints,
        stories: Ints,
        keys: dict[str, Keys],
        places: dict[str, Ints] | None = None,
        looked_up: tuple[Lookup, Ints] | None = None,
    ) -> None:
        """Take in rows, in order, with the ordinals of their stories; rows of ordinal -1 are none.

        The story of a dead letter is -1, as is one that is forgotten. Exact keys lead to the newest
        row's story. `places` are where the tables have the keys, if they were just asked, and
        `looked_up` is of the bands of some rows, no other being stories with bands; it is used up.
        """
        taken = ordinals >= 0
        is_story = taken & (stories == ordinals)
        marks, story_marks = self.marks(ordinals), self.marks(stories)
        known = places or {}
        for name, key in keys.items():
            which = is_story if name in names.OPENING else taken
            to = marks if name == "event" or name in names.OPENING else story_marks
            self._put(name, key, which, to, known.get(name))
        if looked_up is None:
            rows = np.flatnonzero(self.banded(sketches) & is_story)
            for old in self.bands.insert(sketches.bands[rows], marks[rows]):
                self._log(self.bands, old)
        else:
            lookup, rows = looked_up
            self._log(self.bands, lookup.insert(is_story[rows]))
        at = np.flatnonzero(taken)
        if len(at):
            self._see_days(sketches.arrived_at[at], ordinals[at])
            self.next_ordinal = int(ordinals[at[-1]]) + 1

    def banded(self, sketches: Sketches) -> Bools:
        """Which events are found by their bands."""
        counts = sketches.starts[1:] - sketches.starts[:-1]
        return sketches.alive & sketches.has_bands & (counts >= self.verdicts.near_words)

    def follow(self, sketches: Sketches, ordinals: Ints, is_story: Bools, story_keys: Keys) -> None:
        """Take in rows that are in the lake; a duplicate's story is told by its event's key."""
        for lo in range(0, len(sketches), ROWS_AT_ONCE):
            hi = min(lo + ROWS_AT_ONCE, len(sketches))
            part, ordinal = sketches.slice(lo, hi), ordinals[lo:hi]
            keys = self.keys_of(part)
            own = keys.pop("event")
            self._put("event", own, np.ones(len(own), bool), self.marks(ordinal))
            story = self.ordinals(self.tables["event"].get(story_keys[lo:hi]))
            self.add(part, ordinal, np.where(is_story[lo:hi], ordinal, story), keys)

    def add(
        self, sketches: Sketches, ordinals: Ints, stories: Ints, keys: dict[str, Keys] | None = None
    ) -> None:
        """Take in some thousand decided rows for good, the story file included."""
        self.write(sketches, ordinals, stories)
        if self.rows_left() < 1:
            self.grow()
        self.take_in(sketches, ordinals, stories, keys or self.keys_of(sketches))

    def write(self, sketches: Sketches, ordinals: Ints, stories: Ints) -> None:
        """Put the stories among decided rows into the story file."""
        for lo in range(0, len(sketches), ROWS_AT_ONCE):
            ordinal = ordinals[lo : lo + ROWS_AT_ONCE]
            taken = ordinal[ordinal >= 0]
            if len(taken):
                new = (ordinal >= 0) & (stories[lo : lo + ROWS_AT_ONCE] == ordinal)
                which = lo + np.flatnonzero(new)
                self.stories.append(sketches, which, ordinal[new], int(taken[-1]) + 1)

    @property
    def before(self) -> "Held | _Undo":
        """What it was at `begin`, if there was one since the last `settle`, else what it is."""
        return self._undo or self

    def begin(self) -> None:
        """From now on remember how to take everything back."""
        self._undo = _Undo(self.next_ordinal, list(self.days), self.bands.rows, [])

    def settle(self) -> None:
        """What has been taken in since `begin` stays."""
        self._undo = None

    def take_back(self) -> None:
        """Be again as at `begin`, if there was one since the last `settle`.

        Raises:
            OSError: as `grow`, and only where the band table grew since.
        """
        undo, self._undo = self._undo, None
        if undo is not None:
            for table, old in reversed(undo.log):
                table.take_back(old)
            self.next_ordinal, self.days = undo.next_ordinal, undo.days
            if self.bands.rows != undo.band_rows:
                self._make_bands(undo.band_rows)

    def forget(self) -> None:
        """Let go of what is beyond the horizons."""
        low = self._low_ordinal_now()
        while len(self.days) > 1 and self.days[1][1] <= low:
            self.days.pop(0)
        self.old_ids.forget(low)
        self.stories.forget(self.next_ordinal - self.verdicts.horizon_stories)

    def _make_bands(
        self, rows: int, ahead: Sequence[tuple[npt.NDArray[np.uint32], Ints]] = ()
    ) -> None:
        """A band table for so many rows, of all that is taken in and what is `ahead`."""
        taken_in = self.before.next_ordinal  # the story file may have more, when a merge failed
        self.bands = BandTable(rows)
        for found, ordinals in self.stories.bands_from(
            self.next_ordinal - self.verdicts.horizon_stories
        ):
            count = int(np.searchsorted(ordinals, taken_in))
            self.bands.insert(found[:count], self.marks(ordinals[:count]))
        for found, ordinals in ahead:
            self.bands.insert(found, self.marks(ordinals))

    def _put(
        self, name: str, keys: Keys, which: Bools, marks: Marks, places: Ints | None = None
    ) -> None:
        rows = latest(keys if which.all() else np.where(which, keys, _NO_KEY))
        if len(rows):
            table = self.tables[name]
            there = None if places is None else places[rows]
            self._log(table, table.put(keys[rows], marks[rows], there))

    def _log(self, table: Any, old: Any) -> None:
        if self._undo is not None:
            self._undo.log.append((table, old))

    def _see_days(self, arrived_at: Ints, ordinals: Ints) -> None:
        days = arrived_at // DAY
        newest = self.days[-1][0] if self.days else -(1 << 40)
        before = np.maximum.accumulate(np.concatenate([np.full(1, newest), days]))[:-1]
        for row in np.flatnonzero(days > before).tolist():
            self.days.append((int(days[row]), int(ordinals[row])))

    def _horizon(self) -> int:
        """The first ordinal that an exact key may still lead to."""
        return max(self._low_ordinal_now(), self.next_ordinal - self.verdicts.horizon_stories)

    def _low_ordinal_now(self) -> int:
        return self.low_ordinal(self.days[-1][0]) if self.days else 0

    def _put_away_ids(self, low: int) -> None:
        """Bring the event ids with marks below `low` to disk, except those beyond their days.

        Raises:
            OSError: the disk is full or cannot be written; nothing has changed.
        """
        keys, marks = self.tables["event"].below(low)
        ordinals = self.ordinals(marks)
        counts = ordinals >= self._low_ordinal_now()
        self.old_ids.add(keys[counts], ordinals[counts])

    def _move_base(self) -> None:
        """Count marks from a later ordinal on, so that they fit; what is forgotten falls away."""
        base = max(self.base, self.next_ordinal - self.verdicts.horizon_stories)
        self._put_away_ids(base - self.base + 1)
        for table in self.tables.values():
            table.lower(base - self.base)
        self.bands.lower(base - self.base)
        self.base = base


@dataclass(slots=True)
class _Undo:
    next_ordinal: int
    days: list[tuple[int, int]]
    band_rows: int  # that the band table was made for
    log: list[tuple[Any, Any]]  # table, and what it had overwritten

    def let_bands_go(self) -> None:
        """Do not hold on to the band table, which can be made again from the story file."""
        self.log = [(table, old) for table, old in self.log if not isinstance(table, BandTable)]


_NO_KEY = np.uint64(0)
