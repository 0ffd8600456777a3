"""HTML's elements as a text sees them: what a tag does to the text around it."""

import re
from enum import Enum
from typing import Final

from pipelines.normalize.widgets import MARKUP_RULES, is_widget


class Kind(Enum):
    """What a tag does to the text."""

    BLOCK = "a new paragraph begins before and after it"
    CELL = "a space stands between it and its neighbour"
    INLINE = "it leaves no trace"
    DROPPED = "it goes with all that is in it"
    WIDGET = "it goes likewise, if that is little"
    ODD = "where it ends is told by its quotes, or not at all"
    PROSE = "it is no tag"


_ELEMENTS: Final = MARKUP_RULES["elements"]
DROPPED: Final[list[str]] = _ELEMENTS["dropped"]
VOIDS: Final[frozenset[str]] = frozenset(_ELEMENTS["voids"])
KINDS: Final[dict[str, Kind]] = (
    dict.fromkeys(_ELEMENTS["blocks"], Kind.BLOCK)
    | dict.fromkeys(_ELEMENTS["cells"], Kind.CELL)
    | dict.fromkeys(_ELEMENTS["inlines"], Kind.INLINE)
    | dict.fromkeys(DROPPED, Kind.DROPPED)
)

_NAMES: Final = "|".join(KINDS)
TAG_START: Final = re.compile(rf"</?(?P<name>(?i:{_NAMES}))(?![^\s/>])")


PARAGRAPH: Final = "\0"  # no text holds it
GAPS: Final = {
    Kind.BLOCK: PARAGRAPH,
    Kind.CELL: " ",
    Kind.INLINE: "",
}  # the rest takes a closer look


def gap(tag: str) -> str | None:
    """What stands in the text instead of the tag, or None where that takes a closer look.

    Tags are given without their angle brackets: `p class="lead"`, `/p`, `!-- note --`.
    """
    instead = GAPS.get(kind(tag))
    if instead is not None and len(tag) <= _LONGEST_REMEMBERED:
        if len(gaps) >= _MOST_REMEMBERED:
            gaps.clear()
        gaps[tag] = instead
    return instead


gaps: dict[str, str] = {}  # of tags that came before
_MOST_REMEMBERED: Final = 10_000
_LONGEST_REMEMBERED: Final = 80  # longer ones hold addresses, and seldom come again


def kind(tag: str) -> Kind:
    """What the tag does.

    "x<b and c>d" has no tag: names of one letter need attributes that have values.
    """
    start = _NAME.match(tag)
    if start is None:
        if tag.startswith("!--"):
            return Kind.DROPPED
        return Kind.INLINE if _DECLARATION.match(tag) else Kind.PROSE
    name, attributes = start["name"].lower(), tag[start.end() :]
    of_name = KINDS.get(name)
    if of_name is None:  # with a colon or a hyphen it is somebody's own: <o:p>, <amp-img>
        of_name = Kind.INLINE if _OWN_NAME.match(name) else Kind.PROSE
    elif len(name) == 1 and attributes.strip(" /") and "=" not in attributes:
        of_name = Kind.PROSE
    if of_name is Kind.PROSE or not attributes:
        return Kind.WIDGET if is_widget(name, "") and tag[0] != "/" else of_name
    if not _WHOLE_ATTRIBUTES.fullmatch(attributes):
        return Kind.ODD
    if of_name is not Kind.DROPPED and tag[0] != "/" and is_widget(name, attributes):
        return Kind.WIDGET
    return of_name


_NAME: Final = re.compile(r"/?(?P<name>[a-zA-Z][\w:-]*+)(?![^\s/])")
_OWN_NAME: Final = re.compile(r"[a-z][a-z0-9]*[:-]\w")
_DECLARATION: Final = re.compile(r"!doctype\b|\?[a-z]", re.IGNORECASE)
_WHOLE_ATTRIBUTES: Final = re.compile(r"""(?:[^"']++|"[^"]*+"|'[^']*+')*+""")

# What is left where an escaped fragment was unescaped: an end tag, or a paragraph.
MARKUP: Final = re.compile(rf"<(?:/(?i:{_NAMES})\s*>|(?i:p|br)\s*/?>)")

# A tag that the end of the text cuts off, perhaps before a mark of the cut.
CUT_TAG: Final = re.compile(
    r"</?(?P<name>[a-zA-Z]*[1-6]?)(?:\s+[\w:-]+(?:=[^<>]*)?)?"
    r"(?P<mark>(?:…|\.\.\.)?(?:\s*\[\+\d+ chars\])?\s*)$"
)
_STEMS: Final = {name[:n] for name in KINDS for n in range(len(name) + 1)}


def is_stem(name: str) -> bool:
    """Whether some element's name begins so."""
    return name.lower() in _STEMS
