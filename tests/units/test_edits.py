"""The edits that copies are made by: each does to a text what its name says, and only that."""

from random import Random

import pytest

from benchmarks.quality.edits import EDITS, headline

WORDS = [f"word{i}" for i in range(200)]
TEXT = "\n\n".join(" ".join(WORDS[i : i + 20]) + "." for i in range(0, 200, 20))
OTHER = " ".join(f"other{i}" for i in range(30))


def edited(kind: str, seed: int = 1) -> list[str]:
    """The words of an edited copy."""
    return EDITS[kind](TEXT, OTHER, Random(seed)).replace(".", " ").split()


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_is_a_function_of_its_seed(kind: str) -> None:
    """The same seed makes the same copy."""
    assert edited(kind) == edited(kind)


@pytest.mark.parametrize(("kind", "count"), [("cut to 60 %", 120), ("cut to 30 %", 60)])
def test_a_cut_keeps_the_beginning(kind: str, count: int) -> None:
    """The first words stay, that share of them."""
    assert edited(kind) == WORDS[:count]


@pytest.mark.parametrize(
    ("kind", "changed"), [("1 % of words", 2), ("5 % of words", 10), ("15 % of words", 30)]
)
def test_words_change_in_their_places(kind: str, changed: int) -> None:
    """That share of the words is borrowed, the rest stays where it was."""
    found = edited(kind)
    assert len(found) == 200
    assert sum(a != b for a, b in zip(found, WORDS, strict=True)) == changed


def test_reordering_keeps_every_word() -> None:
    """Paragraphs change their places, and nothing else."""
    found = edited("reordered")
    assert found != WORDS
    assert sorted(found) == sorted(WORDS)


def test_few_paragraphs_are_reordered_by_sentences() -> None:
    """A text of one paragraph has its sentences moved."""
    flat = TEXT.replace("\n\n", " ")
    found = EDITS["reordered"](flat, OTHER, Random(1))
    assert found != flat
    assert sorted(found.split()) == sorted(flat.split())


def test_an_expansion_adds_a_third_at_the_end() -> None:
    """The text stands whole in front of borrowed words."""
    found = edited("expanded")
    assert found[:200] == WORDS
    assert len(found) == 266
    assert set(found[200:]) <= set(OTHER.split())


@pytest.mark.parametrize(
    ("kind", "side"), [("dateline", slice(-200, None)), ("footer", slice(200))]
)
def test_a_frame_leaves_the_text_whole(kind: str, side: slice) -> None:
    """A dateline stands before, a footer after."""
    found = edited(kind)
    assert len(found) > 200
    assert found[side] == WORDS


def test_restyling_changes_marks_alone() -> None:
    """Quotation marks, apostrophes and dashes change; letters do not."""
    text = "“It’s done,” she said — at last. 'Is it?' he asked - twice."
    for seed in range(4):
        found = EDITS["restyled"](text, OTHER, Random(seed))
        assert found != text
        assert [c for c in found if c.isalpha()] == [c for c in text if c.isalpha()]


def test_the_headline_is_another_for_half_of_the_copies() -> None:
    """A desk writes its own headline about as often as not."""
    found = [headline("The headline", TEXT, Random(seed)) for seed in range(200)]
    assert 70 < found.count("The headline") < 130
    assert set(found) == {"The headline", " ".join(WORDS[40:48])}
