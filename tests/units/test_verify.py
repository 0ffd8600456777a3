"""Verify: counts of what texts share are those of plain sets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.deduplicate import verify
from pipelines.deduplicate.verify import Texts, compare, other_figures, words_shared
from pipelines.words import words

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
        shared = compare(left, right)
        common, united = words_shared([left, right], [right])
    for i, (a, b) in enumerate(pairs):
        one, other = grams(a, 2), grams(b, 2)
        both = len(one & other)
        assert shared.similarity[i] == both / max(len(one | other), 1)
        assert shared.containment[i] == both / max(min(len(one), len(other)), 1)
        assert common[i] == len({*b})  # the left has both
        assert united[i] == len({*a} | {*b})


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
    assert compare(*both).opening.tolist() == [opening]


FIGURES = [f"{n}" for n in range(100, 140)]


@pytest.mark.parametrize(
    ("count", "changed", "other"),
    [
        (3, 3, False),  # too few figures to tell by
        (4, 2, False),  # an edit of 15 % of the words may do that
        (4, 3, True),
        (10, 4, False),
        (10, 5, True),
        (40, 11, False),  # the more there are, the nearer to 15 % they stay
        (40, 12, True),
    ],
)
@pytest.mark.parametrize("more", [0, 30])
def test_other_figures(count: int, changed: int, other: bool, more: int) -> None:
    """Two texts with other figures are two stories, whatever else one of them goes on to say."""
    one = FIGURES[:count]
    two = ["999", "0", "07", "2026"][: min(changed, 4)] + [f"9{i:02}" for i in range(changed - 4)]
    hashed = [
        (words([" ".join(["some", *figures, "words"])]).hashes >> np.uint64(32)).astype(np.uint32)
        for figures in (one, two + one[changed:] + [f"8{i:02}" for i in range(more)])
    ]
    left, right = (texts(side.tolist()) for side in hashed)
    assert other_figures(left, right).tolist() == [other]
    assert other_figures(right, left).tolist() == [other]


def test_words_are_no_figures() -> None:
    """Words alone never make two stories of near texts, nor does a number longer than four."""
    flat = [
        (
            words([f"{kind}one {kind}two {kind}three {kind}four 12345{kind} 67890"]).hashes
            >> np.uint64(32)
        )
        for kind in "ab"
    ]
    left, right = (texts(side.tolist()) for side in flat)
    assert other_figures(left, right).tolist() == [False]
