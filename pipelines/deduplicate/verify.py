"""Verify: how much two texts really have in common, word by word, for many pairs at once.

Candidates come from keys and bands, which are hints; what counts is counted here, exactly.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.ranges import ranges

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
    words: Floats  # Jaccard of their sets of words, where that is asked for, else 0
    opening: Ints  # words of the shorter if the longer begins with all of them, else 0


def compare(left: Texts, right: Texts, by_words: Bools) -> Shared:
    """Compare the *i*-th text of one side with the *i*-th of the other, for every *i*.

    A text without words, or of one word for the bigrams, has nothing in common with any.
    """
    count = len(left.counts)
    shared = Shared(np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count, np.int64))
    for which in _portions(left.counts + right.counts):
        one, other = left.take(which), right.take(which)
        both, its, others = _sets(one, other, 2)
        shared.similarity[which] = both / np.maximum(its + others - both, 1)
        shared.containment[which] = both / np.maximum(np.minimum(its, others), 1)
        shared.opening[which] = _opening(one, other)
        asked = np.flatnonzero(by_words[which])
        if len(asked):
            both, its, others = _sets(one.take(asked), other.take(asked), 1)
            shared.words[which[asked]] = both / np.maximum(its + others - both, 1)
    return shared


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


def _sets(left: Texts, right: Texts, n: int) -> Ints:
    """Sizes of the sets of word n-grams: what both have, the left's, the right's; shape (3, pairs).

    One sort does it: pair, hash and side in one number; equal ones are repeats within a text, and
    neighbours that differ in the side alone are common to both.
    """
    pairs = len(left.counts)
    entries = np.concatenate([_entries(left, n, 0), _entries(right, n, 1)])
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
