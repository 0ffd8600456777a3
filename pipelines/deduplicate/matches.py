"""Matches: what an event would be to a story that something has led to."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.names import OPENING_WORDS
from pipelines.deduplicate.relations import EXPANDED, NEAR, TRUNCATED
from pipelines.deduplicate.verify import Texts, compare, other_figures, words_shared
from pipelines.deduplicate.window import Window
from pipelines.settings import Verdicts

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SHORTER = 0.8  # of the other's words: then a text is a part of it rather than an edit of it
SURELY_EDITED = 0.8  # bigrams: so much is one text, whatever its figures

# Of two stories that have nothing to do with one another, 1 in 100 of 400 words each shares 0.18 of
# them, but only 1 in 1,000 of those in a few lines as much as 0.16: fewer words, less by chance.
FEW_WORDS = 200  # different ones, in both together
FEW_SHARED = 0.8  # of what longer ones must share


class Match(NamedTuple):
    """Of each pair, what the event is to the story that something has led it to."""

    revision: Bools  # if by URL or publisher's id
    relation: npt.NDArray[np.int8]  # if by their texts: truncated, expanded, near; 0 for nothing
    similarity: npt.NDArray[np.float64]
    containment: npt.NDArray[np.float64]

    def at(self, which: Ints) -> "Match":
        """The matches of some of the pairs."""
        return Match(
            self.revision[which],
            self.relation[which],
            self.similarity[which],
            self.containment[which],
        )

    def joined(self, other: "Match") -> "Match":
        """These matches and then the others."""
        return Match(
            np.concatenate([self.revision, other.revision]),
            np.concatenate([self.relation, other.relation]),
            np.concatenate([self.similarity, other.similarity]),
            np.concatenate([self.containment, other.containment]),
        )


class Matches:
    """Compares events of a window with stories, each pair once.

    A pair is one number: `key` makes it, of a row (a number into `rows`, which are of the window),
    of a story's ordinal (from `base` on), and of whether an address led from one to the other.
    """

    def __init__(self, window: Window, rows: Ints, base: int, verdicts: Verdicts) -> None:
        self._window, self._rows, self._base, self._verdicts = window, rows, base, verdicts
        self._pairs = np.empty(0, np.int64)  # those known, rising
        self._known = _nothing()

    def key(self, rows: Ints, ordinals: Ints, by_address: bool) -> Ints:
        """The pairs of those rows and stories."""
        return (rows << 33) | ((ordinals - self._base) << 1) | int(by_address)

    def pairs(self, led: Ints, by_address: bool) -> Ints:
        """The pairs of each row and the ordinal it was led to, without those led to -1."""
        rows = np.flatnonzero(led >= 0)
        return self.key(rows, led[rows], by_address)

    def parts(self, pairs: Ints) -> tuple[Ints, Ints]:
        """The rows and the stories' ordinals of pairs."""
        return pairs >> 33, ((pairs >> 1) & 0xFFFFFFFF) + self._base

    def learn(self, pairs: Ints) -> None:
        """Compare the pairs that are not known yet."""
        asked = np.unique(pairs)
        asked = asked[np.isin(asked, self._pairs, invert=True)]
        if len(asked):
            every = np.concatenate([self._pairs, asked])
            order = np.argsort(every)
            rows, ordinals = self.parts(asked)
            found = self._compare(self._rows[rows], ordinals, (asked & 1).astype(bool))
            self._pairs, self._known = every[order], self._known.joined(found).at(order)

    def of(self, pairs: Ints) -> Match:
        """What the events are to the stories, pair by pair; all are known."""
        return self._known.at(np.searchsorted(self._pairs, pairs))

    def _compare(self, rows: Ints, ordinals: Ints, by_address: Bools) -> Match:
        window, verdicts = self._window, self._verdicts
        wanted, which = np.unique(ordinals, return_inverse=True)
        stories = window.fetch(wanted)
        left, right = window.texts(rows), stories.texts.take(which)
        shared = compare(left, right)
        told = np.zeros(len(rows), bool)
        at = np.flatnonzero(by_address)
        told[at] = self._tells_of_the_same(
            [left.take(at), window.headings(rows[at])],
            [right.take(at), stories.headings.take(which[at])],
        )
        titled = _equal(window.sketches.title_key[rows], stories.title_key[which])
        titled_or_summed = titled | _equal(
            window.sketches.summary_key[rows], stories.summary_key[which]
        )
        shorter = np.minimum(left.counts, right.counts)
        longer = np.maximum(left.counts, right.counts)
        # What a source cut off may be no more than a paywall's words, and a short text a form's.
        agree = titled_or_summed | (~left.cut & ~right.cut & (shorter >= verdicts.exact_words))
        opens = agree & (shared.opening >= OPENING_WORDS)
        long = agree & (shorter >= max(verdicts.near_words, 1))
        contains = long & (shared.containment >= verdicts.min_containment)
        near = contains | (long & (shared.similarity >= verdicts.min_similarity))
        doubtful = np.flatnonzero(near & ~opens & (shared.similarity < SURELY_EDITED))
        near[doubtful] &= ~other_figures(left.take(doubtful), right.take(doubtful))
        part = opens | (contains & near & (shorter <= SHORTER * longer))
        textless = longer == 0
        return Match(
            revision=told
            | titled
            | (textless & titled_or_summed)
            | (shared.containment >= verdicts.min_containment),
            relation=np.where(
                part, np.where(left.counts <= right.counts, TRUNCATED, EXPANDED), near * NEAR
            ).astype(np.int8),
            similarity=shared.similarity,
            containment=shared.containment,
        )

    def _tells_of_the_same(self, left: Sequence[Texts], right: Sequence[Texts]) -> Bools:
        """Whether what was told at one address has enough words in common."""
        shared, united = words_shared(left, right)
        least = np.where(united < FEW_WORDS, FEW_SHARED, 1.0) * self._verdicts.min_revision
        return np.asarray(shared >= least * np.maximum(united, 1))


def _nothing() -> Match:
    return Match(np.empty(0, bool), np.empty(0, np.int8), np.empty(0), np.empty(0))


def _equal(keys: npt.NDArray[np.uint64], others: npt.NDArray[np.uint64]) -> Bools:
    return np.asarray((keys == others) & (keys != 0))
