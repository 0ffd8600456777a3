"""Eleven ways in which another desk edits a text, to measure by whether copies are told.

Each is a function of the text, of some other text that words are borrowed from, and of a seeded
source of chance: the same seeds make the same copies.
"""

import re
from collections.abc import Callable
from random import Random

Edit = Callable[[str, str, Random], str]


def dateline(text: str, other: str, dice: Random) -> str:
    """Place, outlet and day in front."""
    return dice.choice(_DATELINES) + text


def footer(text: str, other: str, dice: Random) -> str:
    """One or two lines of an outlet's own at the end."""
    return "\n\n".join([text, *dice.sample(_FOOTERS, dice.randint(1, 2))])


def cut_to(share: float) -> Edit:
    """An edit that keeps the beginning, that share of the words."""

    def cut(text: str, other: str, dice: Random) -> str:
        pieces = _PIECES.findall(text)
        return "".join(pieces[: max(1, round(len(pieces) * share))]).rstrip()

    return cut


def words_changed(share: float) -> Edit:
    """An edit that puts words of the other text in the place of that share of the words."""

    def change(text: str, other: str, dice: Random) -> str:
        pieces, borrowed = _PIECES.findall(text), other.split()
        for at in dice.sample(range(len(pieces)), round(len(pieces) * share)):
            white = pieces[at][len(pieces[at].rstrip()) :]
            pieces[at] = dice.choice(borrowed) + white
        return "".join(pieces)

    return change


def reordered(text: str, other: str, dice: Random) -> str:
    """The paragraphs in another order, or the sentences where there are few paragraphs."""
    for split, joint in ((_PARAGRAPH, "\n\n"), (_SENTENCE, " ")):
        parts = [part for part in split.split(text) if part.strip()]
        if len(parts) > 3:
            dice.shuffle(parts)
            return joint.join(parts)
    return text


def expanded(text: str, other: str, dice: Random) -> str:
    """A third more, of the other text's words in their order, at the end."""
    borrowed = other.split()
    wanted = len(text.split()) // 3
    while len(borrowed) < wanted:
        borrowed += borrowed
    begin = dice.randint(0, len(borrowed) - wanted)
    return f"{text}\n\n{' '.join(borrowed[begin : begin + wanted])}"


def restyled(text: str, other: str, dice: Random) -> str:
    """Other quotation marks, apostrophes and dashes."""
    for marks, plain in _STYLES:
        text = re.sub(marks, plain, text)
    if dice.random() < 0.5:
        text = re.sub(r'(?<!\S)"|"(?=\w)', "“", text).replace('"', "”").replace("'", "’")
        text = text.replace(" -- ", "—").replace(" - ", " – ")
    return text


def combined(text: str, other: str, dice: Random) -> str:
    """Cut to 60 % or else expanded, and then each of the others, with 5 % of the words changed."""
    sized = cut_to(0.6) if dice.random() < 0.5 else expanded
    for edit in (sized, words_changed(0.05), reordered, restyled, dateline, footer):
        text = edit(text, other, dice)
    return text


EDITS: dict[str, Edit] = {
    "dateline": dateline,
    "footer": footer,
    "cut to 60 %": cut_to(0.6),
    "cut to 30 %": cut_to(0.3),
    "1 % of words": words_changed(0.01),
    "5 % of words": words_changed(0.05),
    "15 % of words": words_changed(0.15),
    "reordered": reordered,
    "expanded": expanded,
    "restyled": restyled,
    "combined": combined,
}


def headline(title: str, text: str, dice: Random) -> str:
    """The copy's headline: the same for half of them, else some words of the text."""
    return title if dice.random() < 0.5 else " ".join(text.split()[40:48]) or title


_PIECES = re.compile(r"\S+\s*")  # a word with the white space after it
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_STYLES = [("[“”«»„]", '"'), ("[‘’]", "'"), (r"\s*—\s*", " -- "), (r"\s–\s", " - ")]
_DATELINES = [
    "ALDERMOOR (Example Wire) - ",
    "ALDERMOOR, March 4 (Example Press) — ",
    "NORTHPORT, Tuesday: ",
    "By our staff in Northport – ",
    "(Example Wire) -- ",
    "Aldermoor, Oct. 12, 2021 / Example News Service / -- ",
]
_FOOTERS = [
    "Reporting by Ada Finch in Northport; editing by Tom Marsh",
    "This article first appeared in the Northport Courier and is republished with permission.",
    "Ada Finch covers the region for the Courier. Write to her at the address on our contact page.",
    "Have a tip? Our newsroom reads every message that comes in. Follow us for more stories from "
    "across the region, and subscribe to the morning letter.",
    "The Example Press contributed to this report.",
    "Copyright Example Media. All rights reserved. This material may not be published, broadcast, "
    "rewritten or redistributed.",
    "Read more: what we know so far, how it began, and what comes next",
]
