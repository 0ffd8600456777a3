"""Page furniture in plain text: share bars, prompts, adverts, initials, teasers of other stories.

The lines are data, in `furniture.toml`. Prose that mentions them is untouched: a whole line must
equal one.
"""

import re
import tomllib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

_ANYWHERE: Final = 1
_IN_COMPANY: Final = 2
_ENDING: Final = 3
_INITIALS: Final = 4

_LONGEST: Final = 120  # characters of a line that may be furniture
_LONGEST_HEADING: Final = 300
_SHORTEST_STORY: Final = 200  # what is shorter is the head of a page
_MOST_TRIES: Final = 10  # places where a story may end; each costs a look at all lines after it


def without_furniture(texts: Sequence[str]) -> list[str]:
    """The texts without lines that are furniture, and without what follows a story on its page.

    A story ends at a comment or subscription line if what follows are teasers: headings that stand
    there twice, or with their author's initials near, a paragraph or two each. Expects folded white
    space.
    """
    return [_without(text) if "\n" in text or len(text) <= _LONGEST else text for text in texts]


def _without(text: str) -> str:
    lines = text.split("\n")
    kinds = [_kind(line) if len(line) <= _LONGEST else 0 for line in lines]
    if not any(kinds):
        return text
    end = _end_of_story(lines, kinds)
    kept = [
        line
        for i, line in enumerate(lines[:end])
        if not kinds[i] or (kinds[i] == _IN_COMPANY and not _has_company(kinds, i))
    ]
    return "\n".join(kept)


def _end_of_story(lines: list[str], kinds: list[int]) -> int:
    """The number of the first line that is no longer the story's."""
    if _ENDING not in kinds:
        return len(lines)
    length = 0
    tries = _MOST_TRIES
    for i, (line, kind) in enumerate(zip(lines, kinds, strict=True)):
        if length >= _SHORTEST_STORY and not kind and _ENDING in kinds[_run(kinds, i) : i]:
            if _are_teasers(lines[i:], kinds[i:]):
                return i
            tries -= 1
            if not tries:
                break
        length += 0 if kind else len(line)
    return len(lines)


def _run(kinds: list[int], end: int) -> int:
    """Where the run of furniture begins that ends before line `end`."""
    start = end
    while start and kinds[start - 1]:
        start -= 1
    return start


def _are_teasers(lines: list[str], kinds: list[int]) -> bool:
    """Whether the lines begin with a teaser and hold no more than two paragraphs for each."""
    doubled = [
        len(one) <= _LONGEST_HEADING and same_words(one, other) for one, other in pairwise(lines)
    ]
    begin = any(doubled[:1]) or (len(lines[0]) <= _LONGEST_HEADING and _INITIALS in kinds[1:4])
    teasers = max(sum(doubled), kinds.count(_INITIALS))
    paragraphs = sum(len(line) > _LONGEST for line in lines) - 2 * sum(
        twice and len(line) > _LONGEST for twice, line in zip(doubled, lines, strict=False)
    )
    return begin and paragraphs <= 2 * teasers


def same_words(one: str, other: str) -> bool:
    """Whether two lines have the same words, whatever their case and punctuation."""
    if one == other:
        return True
    if abs(len(one) - len(other)) > 20:
        return False
    return _WORD.findall(one.casefold()) == _WORD.findall(other.casefold()) != []


_WORD: Final = re.compile(r"\w+")


def _has_company(kinds: list[int], at: int) -> bool:
    return any(kinds[max(0, at - 1) : at]) or any(kinds[at + 1 : at + 2])


def _kind(line: str) -> int:
    start = line[:3].lower()
    if start not in _STARTS and start[:1].isalpha():
        return _INITIALS if len(line) <= 5 and _IS_INITIALS.fullmatch(line) else 0
    plain = line.lower().replace("’", "'").strip(_PUNCTUATION)
    kind = _LINES.get(plain, 0)
    if kind or not plain:
        return kind
    for pattern, kind in _PATTERNS:
        if pattern.fullmatch(plain):
            return kind
    return _INITIALS if _IS_INITIALS.fullmatch(line) else 0


_PUNCTUATION: Final = " .,!…:;<>«»‹›→↓•·|*+-–—()[]"
_IS_INITIALS: Final = re.compile("[A-Z] [A-Z](?: [A-Z])?")
_RULES: Final = tomllib.loads(Path(__file__).with_name("furniture.toml").read_text("utf-8"))
_LINES: Final[dict[str, int]] = {
    **dict.fromkeys(_RULES["anywhere"], _ANYWHERE),
    **dict.fromkeys(_RULES["in_company"], _IN_COMPANY),
    **dict.fromkeys(_RULES["ending"], _ENDING),
}
_PATTERNS: Final = [
    (re.compile("|".join(_RULES["patterns"][name])), kind)
    for name, kind in (("anywhere", _ANYWHERE), ("ending", _ENDING))
]
# No other letters begin a line of furniture; most lines of prose are done with here.
_STARTS: Final = {line[:3] for line in _LINES} | set(_RULES["patterns"]["starts"])
