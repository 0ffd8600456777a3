"""Page furniture in plain text: share bars, prompts, adverts, initials, teasers of other stories.

The lines are data, in `furniture.toml`. Prose that mentions them is untouched: a whole line must
equal one.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_ANYWHERE: Final = 1
_IN_COMPANY: Final = 2
_ENDING: Final = 3
_INITIALS: Final = 4

_LONGEST: Final = 120  # characters of a line that may be furniture
_LONGEST_HEADING: Final = 300


def without_furniture(texts: Sequence[str]) -> list[str]:
    """The texts without lines that are furniture, and without what follows a story on its page.

    A story ends at a comment or subscription line if the next lines are a teaser: a heading that
    stands there twice, or one with its author's initials under it. Expects folded white space.
    """
    return [_without(text) if _may_have(text) else text for text in texts]


def _may_have(text: str) -> bool:
    """Whether some line is short; most texts of feeds are one line."""
    if "\n" not in text:
        return len(text) <= _LONGEST and text != ""
    return min(map(len, text.split("\n"))) <= _LONGEST


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
    has_begun = False
    for i, (line, kind) in enumerate(zip(lines, kinds, strict=True)):
        follows_end = has_begun and not kind and _ENDING in kinds[_run(kinds, i) : i]
        if follows_end and _is_teaser(lines, kinds, i):
            return i
        has_begun = has_begun or len(line) > _LONGEST
    return len(lines)


def _run(kinds: list[int], end: int) -> int:
    """Where the run of furniture begins that ends before line `end`."""
    start = end
    while start and kinds[start - 1]:
        start -= 1
    return start


def _is_teaser(lines: list[str], kinds: list[int], at: int) -> bool:
    if len(lines[at]) > _LONGEST_HEADING:
        return False
    doubled = at + 1 < len(lines) and same_words(lines[at], lines[at + 1])
    return doubled or _INITIALS in kinds[at + 1 : at + 4]


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
    plain = line.lower().replace("’", "'").strip(_PUNCTUATION)
    kind = _LINES.get(plain, 0)
    if kind or not plain:
        return kind
    if _IS_INITIALS.fullmatch(line):
        return _INITIALS
    for pattern, kind in _PATTERNS:
        if pattern.fullmatch(plain):
            return kind
    return 0


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
