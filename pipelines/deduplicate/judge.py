"""Judge: the verdicts on a stretch of events, as if each were decided before the next.

Most events have nothing to do with their neighbours, so a stretch is judged as columns. Where they
do, the verdict on one depends on those before it; so all are judged on an assumption about which
are stories, then again on the outcome, until the outcome is its own assumption. There is one such
outcome, and it is reached: the first event depends on none, the second on the first, and so on.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate import names
from pipelines.deduplicate.bands import Lookup
from pipelines.deduplicate.held import Held
from pipelines.deduplicate.keys import Keys
from pipelines.deduplicate.links import Links
from pipelines.deduplicate.matches import Match, Matches
from pipelines.deduplicate.relations import EXACT, REVISION, STORY
from pipelines.deduplicate.window import Window

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Outcome:
    """Of each row: the ordinal of its story (its own: a new one), and how it belongs to it."""

    story: Ints
    relation: npt.NDArray[np.int8]
    similarity: npt.NDArray[np.float64]
    containment: npt.NDArray[np.float64]
    previous: Ints  # ordinal of the story its URL or id named before, -1 for none

    def belong(
        self, rows: Ints, story: Ints, relation: int | npt.NDArray[np.int8], match: Match
    ) -> None:
        """Make rows belong to stories."""
        self.story[rows], self.relation[rows] = story, relation
        self.similarity[rows], self.containment[rows] = match.similarity, match.containment


class Judge:
    """Judges live events of a window that follow one another.

    `rows` are their rows in the window, `ordinals` the ones they will have, `keys` their keys, and
    `low` the first ordinals that these may lead each row to: what is below is forgotten.
    """

    def __init__(
        self,
        held: Held,
        window: Window,
        rows: Ints,
        ordinals: Ints,
        keys: dict[str, Keys],
        low: Ints,
    ) -> None:
        self._held, self._rows, self._own, self._low = held, rows, ordinals, low
        self._window = window
        self.links = {
            name: Links(held.tables[name], keys[name])
            for name in (*names.EXACT, *names.ADDRESS, *names.OPENING)
        }
        self._matches = Matches(window, rows, held.base, held.verdicts)

    def judge(self) -> tuple[Outcome, Lookup, Ints]:
        """The outcome, and the bands of those rows (numbers into `rows`) that may be stories."""
        certain, likely = self._foreseen()
        outcome = self._settle(~(certain | likely))
        if (outcome.relation[likely] != EXACT).any():
            outcome = self._settle(~certain)
        return outcome, self._lookup, self._banded

    def _foreseen(self) -> tuple[Bools, Bools]:
        """Which rows are exact whatever the others are, and which most likely are.

        A key of an earlier row of the stretch leads nowhere if that row's story is forgotten.
        """
        certain, likely = np.zeros(len(self._own), bool), np.zeros(len(self._own), bool)
        for name in names.EXACT:
            links = self.links[name]
            certain |= (links.earlier < 0) & (self._held.ordinals(links.held) >= self._low)
            likely |= links.earlier >= 0
        return certain, likely & ~certain

    def _settle(self, doubtful: Bools) -> Outcome:
        """Judge until the outcome is its own assumption; look up the doubtful by their bands."""
        held, own = self._held, self._own
        sketches = self._window.sketches
        self._banded = np.flatnonzero(self._window.banded[self._rows] & doubtful)
        self._lookup = held.bands.look_up(
            sketches.bands[self._rows[self._banded]], held.marks(own[self._banded])
        )
        links = self.links.values()
        alone = self._lookup.settled and all(link.settled for link in links)
        story = own
        while True:
            outcome = self._judge_once(story)
            if alone or np.array_equal(outcome.story, story):
                return outcome
            story = self._followed(outcome.story)

    def _followed(self, story: Ints) -> Ints:
        """The stories that rows belong to when those they point at may belong to others."""
        own, first = self._own, self._own[0]
        row_of = np.zeros(int(own[-1] - first) + 1, np.int64)
        row_of[own - first] = np.arange(len(own))
        while True:
            inside = story >= first
            further = story.copy()
            further[inside] = story[row_of[story[inside] - first]]
            if np.array_equal(further, story):
                return story
            story = further

    def _judge_once(self, story: Ints) -> Outcome:
        """Judge every row, the earlier ones belonging to those stories."""
        count = len(self._own)
        relation, nowhere = np.zeros(count, np.int8), np.full(count, -1)
        outcome = Outcome(self._own.copy(), relation, np.zeros(count), np.zeros(count), nowhere)
        for name in names.EXACT:
            led = self._lead(name, story)
            rows = np.flatnonzero((led >= 0) & (relation == STORY))
            outcome.story[rows], relation[rows] = led[rows], EXACT
            outcome.similarity[rows] = outcome.containment[rows] = 1.0
        asked = relation == STORY
        by_address = [np.where(asked, self._lead(name, story), -1) for name in names.ADDRESS]
        texts = np.unique(self._candidates(asked, story))
        addressed = [self._matches.pairs(led, by_address=True) for led in by_address]
        self._matches.learn(np.concatenate([*addressed, texts]))
        for pairs in addressed:
            self._revise(outcome, pairs)
        self._take_best(outcome, texts)
        for led in reversed(by_address):
            outcome.previous = np.where((relation == STORY) & (led >= 0), led, outcome.previous)
        return outcome

    def _revise(self, outcome: Outcome, pairs: Ints) -> None:
        """Make revisions of those whose address led to a story with something of them."""
        rows, ordinals = self._matches.parts(pairs)
        match = self._matches.of(pairs)
        at = np.flatnonzero(match.revision & (outcome.relation[rows] == STORY))
        outcome.belong(rows[at], ordinals[at], REVISION, match.at(at))

    def _take_best(self, outcome: Outcome, pairs: Ints) -> None:
        """Of the stories whose text is a row's, take the one that shares most, then the oldest."""
        rows, ordinals = self._matches.parts(pairs)
        match = self._matches.of(pairs)
        at = np.flatnonzero((match.relation != STORY) & (outcome.relation[rows] == STORY))
        at = at[np.lexsort((-ordinals[at], match.similarity[at], match.containment[at], rows[at]))]
        last = np.ones(len(at), bool)
        last[:-1] = rows[at[1:]] != rows[at[:-1]]
        at = at[last]
        outcome.belong(rows[at], ordinals[at], match.relation[at], match.at(at))

    def _lead(self, name: str, story: Ints) -> Ints:
        """Where an exact key leads each row: to the story of the newest row that has it, or -1."""
        links = self.links[name]
        led = self._held.ordinals(links.held)
        if not links.settled:
            led = np.where(links.earlier >= 0, story[links.earlier], led)
        return np.where(led >= self._low, led, -1)

    def _candidates(self, asked: Bools, story: Ints) -> Ints:
        """Pairs of a row and a story whose text may be the row's, with repeats."""
        held, own, pairs = self._held, self._own, []
        is_story = story == own
        for name in names.OPENING:
            links = self.links[name]
            led = held.ordinals(links.held)
            if not links.settled:
                newest = links.newest(is_story)
                led = np.where(newest >= 0, own[newest], led)
            led = np.where(asked & (led >= self._low), led, -1)
            pairs.append(self._matches.pairs(led, by_address=False))
        found, marks = self._lookup.pairs(is_story[self._banded])
        rows, led = self._banded[found], held.ordinals(marks)
        counts = asked[rows] & (led >= own[rows] - held.verdicts.horizon_stories)
        pairs.append(self._matches.key(rows[counts], led[counts], by_address=False))
        return np.concatenate(pairs)
