"""Verify: counts of what texts share are those of plain sets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.deduplicate import verify
from pipelines.deduplicate.verify import Texts, compare

WORDS = st.lists(st.integers(0, 6), max_size=12)


def texts(*documents: list[int], cut: bool = False) -> Texts:
    """Texts of these words."""
    counts = np.array([len(words) for words in documents])
    flat = np.concatenate([*(np.array(words, np.uint32) for words in documents), [np.uint32(9)]])
    return Texts(flat, np.cumsum(counts) - counts, counts, np.full(len(documents), cut))


def grams(words: list[int], n: int) -> set[tuple[int, ...]]:
    """The set of n-grams."""
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), max_size=8), st.sampled_from([5, 1 << 18]))
def test_shares_are_those_of_sets(pairs: list[tuple[list[int], list[int]]], portion: int) -> None:
    """Jaccard and containment are exact, in one portion or in many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "_WORDS_AT_ONCE", portion)
        left, right = texts(*(a for a, _ in pairs)), texts(*(b for _, b in pairs))
        shared = compare(left, right, np.ones(len(pairs), bool))
    for i, (a, b) in enumerate(pairs):
        one, other = grams(a, 2), grams(b, 2)
        both = len(one & other)
        assert shared.similarity[i] == both / max(len(one | other), 1)
        assert shared.containment[i] == both / max(min(len(one), len(other)), 1)
        assert shared.words[i] == len({*a} & {*b}) / max(len({*a} | {*b}), 1)


@pytest.mark.parametrize(
    ("left", "right", "cut", "opening"),
    [
        ([1, 2, 3], [1, 2, 3, 4], False, 3),
        ([1, 2, 3, 4], [1, 2, 3], False, 3),
        ([1, 2, 9], [1, 2, 3, 4], False, 0),  # the last word differs
        ([1, 2, 9], [1, 2, 3, 4], True, 2),  # and may, where it is half a word
        ([1, 2, 9], [1, 2, 3], True, 2),
        ([], [1], False, 0),
        ([5, 2, 3], [1, 2, 3], True, 0),
    ],
)
def test_opening(left: list[int], right: list[int], cut: bool, opening: int) -> None:
    """How many words of the shorter the longer begins with, if with all of them."""
    both = texts(left, cut=cut), texts(right, cut=cut)
    assert compare(*both, np.zeros(1, bool)).opening.tolist() == [opening]
