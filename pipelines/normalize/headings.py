"""Titles that stand twice: in themselves, or again at the head of their text."""

import re
from collections.abc import Sequence

from pipelines.normalize.furniture import same_words


def without_headings(titles: Sequence[str], texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """The titles, each one line and once, and the texts without them as headings.

    A text's first lines go while they have the title's words, whatever their case and punctuation;
    but not all of it, and not where the title merely begins a sentence. An event without a title
    takes its text's heading if that stands twice.
    """
    plain_titles: list[str] = []
    plain_texts: list[str] = []
    for title, text in zip(titles, texts, strict=True):
        if "\n" in text and not title:
            title = _doubled_heading(text)
        elif "\n" in title or _is_doubled(title):
            title = _once(title)
        plain_titles.append(title)
        plain_texts.append(_without_heading(title, text) if title and text else text)
    return plain_titles, plain_texts


def _is_doubled(title: str) -> bool:
    """Whether the title is "X X", X at least three words: Pago Pago is a town."""
    middle = len(title) // 2
    return (
        title[middle : middle + 1] == " "
        and title[:middle] == title[middle + 1 :]
        and title.count(" ", 0, middle) >= 2
    )


def _once(title: str) -> str:
    first, _, rest = title.partition("\n")
    if rest and all(same_words(first, line) for line in rest.split("\n")):
        title = first
    title = title.replace("\n", " ")
    return title[: len(title) // 2] if _is_doubled(title) else title


def _doubled_heading(text: str) -> str:
    first, second = (text + "\n").split("\n", 2)[:2]
    return first if len(first) <= _LONGEST_HEADING and same_words(first, second) else ""


_LONGEST_HEADING = 300


def _without_heading(title: str, text: str) -> str:
    end = text.find("\n")
    while end >= 0 and abs(end - len(title)) <= 20 and same_words(title, text[:end]):
        text = text[end + 1 :]
        end = text.find("\n")
    if text[:1] == title[:1] and text.startswith(title):
        twice = _TWICE.match(text, len(title))
        if twice and text.startswith(title, twice.end()):
            rest = text[twice.end() + len(title) :].lstrip(_BETWEEN)
            return rest or title
    return text


_BETWEEN = " .:|\n-–—"
_TWICE = re.compile(f"[{re.escape(_BETWEEN)}]*")
