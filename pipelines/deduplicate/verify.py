"""Verify: how much two texts really have in common, word by word, for many pairs at once.

Candidates come from keys and bands, which are hints; what counts is counted here, exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.ranges import ranges
from pipelines.words import words

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Texts:
    """Word hashes of some texts: those of *i* are `words[starts[i]:starts[i] + counts[i]]`."""

    words: npt.NDArray[np.uint32]
    starts: Ints
    counts: Ints
    cut: Bools  # by its source: its last word may be half of one

    def take(self, which: Ints) -> "Texts":
        """Some of them, without copying words."""
        return Texts(self.words, self.starts[which], self.counts[which], self.cut[which])


@dataclass(slots=True)
class Shared:
    """What the texts of each pair have in common."""

    similarity: Floats  # Jaccard of their sets of word bigrams
    containment: Floats  # of the smaller of these sets in the larger
    opening: Ints  # words of the shorter if the longer begins with all of them, else 0


def compare(left: Texts, right: Texts) -> Shared:
    """Compare the *i*-th text of one side with the *i*-th of the other, for every *i*.

    A text without words, or of one word for the bigrams, has nothing in common with any.
    """
    count = len(left.counts)
    shared = Shared(np.zeros(count), np.zeros(count), np.zeros(count, np.int64))
    for which in _portions(left.counts + right.counts):
        one, other = left.take(which), right.take(which)
        both, its, others = _sets([one], [other], 2)
        shared.similarity[which] = both / np.maximum(its + others - both, 1)
        shared.containment[which] = both / np.maximum(np.minimum(its, others), 1)
        shared.opening[which] = _opening(one, other)
    return shared


def words_shared(left: Sequence[Texts], right: Sequence[Texts]) -> tuple[Ints, Ints]:
    """How many words the items of each pair share, and how many they have, both as sets.

    A side is all the texts of one item together: those of *i* are the *i*-th of each.
    """
    pairs = len(left[0].counts)
    shared, united = np.zeros(pairs, np.int64), np.zeros(pairs, np.int64)
    for which in _portions(np.sum([texts.counts for texts in (*left, *right)], axis=0)):
        one, other = ([texts.take(which) for texts in side] for side in (left, right))
        shared[which], its, others = _sets(one, other, 1)
        united[which] = its + others - shared[which]
    return shared, united


def other_figures(left: Texts, right: Texts) -> Bools:
    """Which pairs tell of other figures: recaps from one template rather than one text, edited.

    An edit changes figures no more than other words, 15 % of them where it is a heavy one; what
    fills a template are its figures. So a pair is told by how many of the smaller set of figures
    are not in the larger: more than 15 % of so many would be by chance once in a hundred times.
    """
    both, its, others = _sets([_figures(left)], [_figures(right)], 1)
    least = np.minimum(its, others)
    expected = EDITED * least
    allowed = expected + ONE_IN_A_HUNDRED * np.sqrt(expected * (1 - EDITED))
    return np.asarray((least >= FEWEST_FIGURES) & (least - both > allowed))


EDITED = 0.15  # of the words, by the heaviest edit that is to be told
ONE_IN_A_HUNDRED = 2.326  # standard deviations
FEWEST_FIGURES = 4

_WORDS_AT_ONCE = 1 << 18
_ODD_FIRST = np.uint64(0x9E3779B97F4A7C15)
_ODD_SECOND = np.uint64(0xC2B2AE3D27D4EB4F)


def _portions(sizes: Ints) -> list[Ints]:
    """The indexes of the pairs, in portions of bounded size."""
    if not len(sizes):
        return []
    portion = np.cumsum(sizes) // _WORDS_AT_ONCE
    cuts = np.flatnonzero(np.diff(portion)) + 1
    return np.split(np.arange(len(sizes)), cuts)


def _sets(left: Sequence[Texts], right: Sequence[Texts], n: int) -> Ints:
    """Sizes of the sets of word n-grams: what both have, the left's, the right's; shape (3, pairs).

    One sort does it: pair, hash and side in one number; equal ones are repeats within a text, and
    neighbours that differ in the side alone are common to both.
    """
    pairs = len(left[0].counts)
    sides = [(0, texts) for texts in left] + [(1, texts) for texts in right]
    entries = np.concatenate([_entries(texts, n, side) for side, texts in sides])
    entries.sort()
    if len(entries):
        entries = entries[np.concatenate([np.ones(1, bool), entries[1:] != entries[:-1]])]
    pair = (entries >> np.uint64(33)).astype(np.int64)
    side = (entries & np.uint64(1)).astype(bool)
    common = (entries[1:] ^ entries[:-1]) == 1
    return np.stack(
        [
            np.bincount(pair[1:][common], minlength=pairs),
            np.bincount(pair[~side], minlength=pairs),
            np.bincount(pair[side], minlength=pairs),
        ]
    )


def _entries(texts: Texts, n: int, side: int) -> npt.NDArray[np.uint64]:
    counts = np.maximum(texts.counts - (n - 1), 0)
    at = ranges(texts.starts, counts)
    hashes = texts.words[at].astype(np.uint64)
    if n == 2:
        hashes = hashes * _ODD_FIRST + texts.words[at + 1].astype(np.uint64) * _ODD_SECOND
        hashes ^= hashes >> np.uint64(29)
        hashes *= _ODD_FIRST
        hashes >>= np.uint64(32)
    pair = np.repeat(np.arange(len(counts), dtype=np.uint64), counts)
    return (pair << np.uint64(33)) | (hashes << np.uint64(1)) | np.uint64(side)


def _opening(left: Texts, right: Texts) -> Ints:
    """How many words the shorter has, if the longer begins with them: a last half word aside."""
    shorter = np.minimum(left.counts, right.counts)
    half = (left.cut & (left.counts == shorter)) | (right.cut & (right.counts == shorter))
    whole = np.maximum(shorter - half, 0)
    differ = left.words[ranges(left.starts, whole)] != right.words[ranges(right.starts, whole)]
    pair = np.repeat(np.arange(len(whole)), whole)
    return np.where(np.bincount(pair[differ], minlength=len(whole)) == 0, whole, 0)


def _figures(texts: Texts) -> Texts:
    """The words of each that are figures, in a column of their own."""
    at = ranges(texts.starts, texts.counts)
    found = texts.words[at]
    figures = np.flatnonzero(_MAYBE[found >> np.uint32(16)])
    maybe = found[figures]
    # Not np.isin, which makes a table of all _FIGURES for each call.
    nearest = np.minimum(np.searchsorted(_FIGURES, maybe), len(_FIGURES) - 1)
    figures = figures[_FIGURES[nearest] == maybe]
    ends = np.searchsorted(figures, np.cumsum(texts.counts))
    counts = np.diff(ends, prepend=0)
    return Texts(found[figures], ends - counts, counts, texts.cut)


def _hashes(spelled: list[str]) -> npt.NDArray[np.uint32]:
    """The hashes of some words as texts hold them, rising."""
    return np.unique((words(spelled).hashes >> np.uint64(32)).astype(np.uint32))


# "1,204.5" is three words, so nearly every figure is made of these.
_FIGURES = _hashes([f"{n:0{size}}" for size in range(1, 5) for n in range(10**size)])
_MAYBE = np.zeros(1 << 16, bool)
_MAYBE[_FIGURES >> np.uint32(16)] = True
