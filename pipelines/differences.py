"""The words in which two texts differ, for people to look at."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple


class Piece(NamedTuple):
    """A run of words, as written, that the other text has as well or has not."""

    text: str
    differs: bool


def differences(one: str, other: str, limit: int = 400) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, alternately shared and differing; spaces are folded.

    Words are compared without case and the punctuation around them. Only the first `limit` words
    of each are looked at, since the time grows with their product.
    """
    words = one.split()[:limit], other.split()[:limit]
    keys = [[_key(word) for word in text] for text in words]
    blocks = SequenceMatcher(None, *keys, autojunk=False).get_matching_blocks()
    return (
        list(_pieces(words[0], [(block.a, block.size) for block in blocks])),
        list(_pieces(words[1], [(block.b, block.size) for block in blocks])),
    )


def shortened(piece: Piece, around: int) -> Piece:
    """A long shared run with only `around` words left at either end; others as they are."""
    words = piece.text.split()
    if piece.differs or len(words) <= 2 * around + 1:
        return piece
    return Piece(" ".join([*words[:around], "…", *words[-around:]]), differs=False)


def _key(word: str) -> str:
    return re.sub(r"^\W+|\W+$", "", word).casefold() or word


def _pieces(words: list[str], shared: list[tuple[int, int]]) -> Iterator[Piece]:
    done = 0
    for start, size in shared:
        if start > done:
            yield Piece(" ".join(words[done:start]), differs=True)
        if size:
            yield Piece(" ".join(words[start : start + size]), differs=False)
        done = start + size
