"""A window on its way to its verdicts: its sketches, what is decided of it, whom it repeats."""

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.ranges import ranges
from pipelines.deduplicate.records import Stories
from pipelines.deduplicate.sketches import Sketches
from pipelines.deduplicate.story_file import StoryFile
from pipelines.deduplicate.verify import Texts

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Window:
    """The events of one `decide`; those before `done` have their verdicts.

    Its ordinals begin at `first`; `row_of[k]` is the row that has ordinal `first + k`.
    """

    def __init__(self, sketches: Sketches, banded: Bools, first: int, stories: StoryFile) -> None:
        self.sketches = sketches
        self.banded = banded  # which events are found by their bands
        self.counts = sketches.starts[1:] - sketches.starts[:-1]
        self.first = first
        self.done = 0
        self.row_of = np.zeros(len(sketches), np.int64)
        self.ordinal = np.full(len(sketches), -1, np.int64)
        self.story_ordinal = np.full(len(sketches), -1, np.int64)
        self.previous_ordinal = np.full(len(sketches), -1, np.int64)
        self.relation = np.zeros(len(sketches), np.int8)
        self.similarity = np.zeros(len(sketches), np.float32)
        self.containment = np.zeros(len(sketches), np.float32)
        self._stories = stories
        self._ids: dict[int, str] = {}

    def texts(self, rows: Ints) -> Texts:
        """The texts of some of the window's events."""
        return Texts(
            self.sketches.words,
            self.sketches.starts[rows],
            self.counts[rows],
            self.sketches.cut[rows],
        )

    def headings(self, rows: Ints) -> Texts:
        """The words of title and summary of some of the window's events."""
        own = self.sketches
        starts = own.head_starts[rows]
        return Texts(own.heads, starts, own.head_starts[rows + 1] - starts, own.cut[rows])

    def fetch(self, ordinals: Ints) -> Stories:
        """The stories of those ordinals, which rise: of earlier windows, or of this one."""
        split = int(np.searchsorted(ordinals, self.first))
        held = self._stories.read(ordinals[:split])
        self._ids.update(zip(held.ordinals.tolist(), held.ids, strict=True))
        rows = self.row_of[ordinals[split:] - self.first]
        own, counts = self.sketches, self.counts[rows]
        heads = self.headings(rows)
        return Stories(
            ordinals,
            np.concatenate([held.title_key, own.title_key[rows]]),
            np.concatenate([held.summary_key, own.summary_key[rows]]),
            np.concatenate([held.cut, own.cut[rows]]),
            np.concatenate([held.words, own.words[ranges(own.starts[rows], counts)]]),
            np.concatenate([held.starts, held.starts[-1] + np.cumsum(counts)]),
            np.concatenate([held.heads, own.heads[ranges(heads.starts, heads.counts)]]),
            np.concatenate([held.head_starts, held.head_starts[-1] + np.cumsum(heads.counts)]),
            [*held.ids, *(own.event_ids[row] for row in rows.tolist())],
        )

    def ids(self, ordinals: Ints) -> list[str | None]:
        """The ids of the stories of those ordinals; none for -1."""
        wanted = np.unique(ordinals[(ordinals >= 0) & (ordinals < self.first)])
        missing = [k for k in wanted.tolist() if k not in self._ids]
        if missing:
            held = self._stories.read(np.array(missing))
            self._ids.update(zip(missing, held.ids, strict=True))
        own, names = self.sketches.event_ids, list[str | None]([None]) * len(ordinals)
        rows = np.flatnonzero(ordinals >= self.first)
        sources = self.row_of[ordinals[rows] - self.first]
        for row, source in zip(rows.tolist(), sources.tolist(), strict=True):
            names[row] = own[source]
        rows = np.flatnonzero((ordinals >= 0) & (ordinals < self.first))
        for row, ordinal in zip(rows.tolist(), ordinals[rows].tolist(), strict=True):
            names[row] = self._ids[ordinal]
        return names

    def bands_so_far(self) -> tuple[npt.NDArray[np.uint32], Ints]:
        """Bands and ordinals of the stories decided so far."""
        new = (self.story_ordinal == self.ordinal) & (self.ordinal >= 0) & self.banded
        rows = np.flatnonzero(new[: self.done])
        return self.sketches.bands[rows], self.ordinal[rows]
