"""Marking the words in which two texts differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.differences import differences


def marked(pieces):
    """The pieces as one line, differing ones in brackets."""
    return " ".join(f"[{text}]" if differs else text for text, differs in pieces)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # one word replaced
        ("LeBron breaks the record", "LeBron ties the record",
         ("LeBron [breaks] the record", "LeBron [ties] the record")),
        # added at the end
        ("Rain today", "Rain today, then sun", ("Rain today", "Rain today, [then sun]")),
        # case, punctuation and spacing are no difference, and stay as written
        ("“Rain”,  he said.", "rain he SAID", ("“Rain”, he said.", "rain he SAID")),
        # nothing in common, or nothing at all
        ("yes", "no", ("[yes]", "[no]")),
        ("", "no", ("", "[no]")),
        # a word that is all punctuation is compared as it stands
        ("one – two", "one two", ("one [–] two", "one two")),
    ],
)  # fmt: skip
def test_differing_words_are_told_from_shared_ones(one, other, expected):
    """Both sides, in pieces."""
    assert tuple(map(marked, differences(one, other))) == expected


def test_a_text_is_looked_at_up_to_a_limit():
    """The time grows with the product of the lengths, so that lengths are bounded."""
    left, right = differences("a " * 10_000, "a " * 10_000 + "b", limit=50)
    assert [len(piece.text.split()) for piece in left + right] == [50, 50]


@given(st.text(), st.text())
def test_no_word_is_lost_and_shared_pieces_pair_up(one, other):
    """The pieces are the text, and each shared piece has its twin."""
    sides = differences(one, other)
    for text, pieces in zip((one, other), sides, strict=True):
        assert " ".join(piece.text for piece in pieces) == " ".join(text.split()[:400])
    counts = [[len(p.text.split()) for p in pieces if not p.differs] for pieces in sides]
    assert counts[0] == counts[1]
