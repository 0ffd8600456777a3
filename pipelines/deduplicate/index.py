"""The index: what is known of a lake's events, in memory, as a function of its rows in order.

`decide` says what events are, `merge` takes a decided window in once it is committed, and `follow`
takes in rows that others decided. However the rows come, in whichever windows, through a snapshot
or from the lake, the same rows in the same order leave the same index, and get the same verdicts.
"""

import shutil
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from pipelines.deduplicate import saving
from pipelines.deduplicate.decide import Decisions, decide
from pipelines.deduplicate.held import ROWS_AT_ONCE, Held
from pipelines.deduplicate.sketches import Sketches, name_hashes
from pipelines.settings import Verdicts


class Index:
    """Not for several threads. `folder` is for files of its own, a temporary one by default."""

    def __init__(self, verdicts: Verdicts, folder: Path | None = None) -> None:
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="newsbeam-"))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._held = Held(verdicts, folder)
        self._pending: Decisions | None = None  # already taken in, until anything else happens
        self.lake_version = -1  # the caller's note of what it has followed to

    @property
    def next_ordinal(self) -> int:
        """The ordinal that the next row of the lake will have."""
        return self._held.before.next_ordinal

    def low_mark(self, until: int) -> int:
        """Which events' ids may be forgotten when the last of a window arrived at that time.

        Those of events that arrived before; both are µs since 1970, UTC. 0 where none is.
        """
        return self._held.low_mark(until)

    def decide(self, sketches: Sketches) -> Decisions:
        """What each of the next events is, given those before it; the index does not change.

        An event whose id is known is redelivered, and so is its second in the window. Whether one
        from before the `low_mark` was there before is for the caller to find out.
        """
        self._take_back()
        held = self._held
        held.make_room(sketches)
        # The work is done in place, and taken back should anything but its merge come next.
        held.begin()
        try:
            decisions = decide(held, sketches)
        except BaseException:
            held.take_back()
            raise
        self._pending = decisions
        return decisions

    def merge(self, decisions: Decisions) -> None:
        """Take a window in, as decided on this index as it is.

        Raises:
            OSError: its stories cannot be written to the index's own files; it is not taken in.
            ValueError: something else was taken in since.
        """
        held = self._held
        sketches, ordinals, stories = decisions.sketches, decisions.ordinal, decisions.story_ordinal
        if self._pending is decisions:
            try:
                held.write(sketches, ordinals, stories)
            except BaseException:
                self._take_back()
                raise
            held.settle()
            self._pending = None
        else:
            self._take_back()
            taken = ordinals[ordinals >= 0]
            if len(taken) and taken[0] != held.next_ordinal:
                raise ValueError("the index has gone on since these decisions were made")
            held.make_room(sketches)
            for lo in range(0, len(sketches), ROWS_AT_ONCE):
                hi = lo + ROWS_AT_ONCE
                held.add(sketches.slice(lo, hi), ordinals[lo:hi], stories[lo:hi])
        held.forget()

    def follow(
        self,
        sketches: Sketches,
        relations: Iterable[object],
        story_ids: Iterable[object],
        ordinals: Iterable[object],
    ) -> None:
        """Take in rows of the lake that come next, in the order of their ordinals.

        `relations` are names of RELATIONS; `story_ids` of dead letters are of no matter.
        """
        self._take_back()
        held = self._held
        held.make_room(sketches)
        relation, story_id = (np.array(_list(column), object) for column in (relations, story_ids))
        is_story = relation == "story"
        story_id[is_story | (relation == "dead_letter")] = None
        ordinal = np.array(_list(ordinals), np.int64)
        held.follow(sketches, ordinal, is_story, name_hashes(story_id.tolist()))
        held.forget()

    def save(self, folder: Path) -> None:
        """Write the index into an empty folder; it can be read again as long as that is whole.

        Raises:
            OSError: the folder cannot be written to.
        """
        self._take_back()
        saving.save(self._held, folder)

    @classmethod
    def load(cls, folder: Path, verdicts: Verdicts, scratch: Path | None = None) -> Self:
        """The index that was saved in a folder; `scratch` is for its new files.

        The folder's files stay in use: they may be unlinked, but must not be written to.

        Raises:
            Damaged: the files are not what was written, or are for other verdicts.
            OSError: they cannot be read.
        """
        index = cls(verdicts, scratch)
        saving.load(index._held, folder)
        return index

    def _take_back(self) -> None:
        if self._pending is not None:
            self._pending = None
            self._held.take_back()


def _list(column: Any) -> list[Any]:
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return list(column.to_pylist())
    return list(column)
