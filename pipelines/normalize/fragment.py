"""HTML fragments to text, as feeds and APIs hold them; prose with angle brackets survives.

No tree is built: the text of a fragment is what stands between its tags, whatever their nesting.
That keeps hostile input linear (a parser's stack of open elements is quadratic in 100,000 nested
tags) and leaves "if x<y" alone, which a parser would read as the start of a tag.
"""

import html
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from pipelines.normalize import tags
from pipelines.normalize.tags import GAPS, PARAGRAPH, Kind
from pipelines.normalize.widgets import MOST


def fragment_to_text(texts: Sequence[str]) -> list[str]:
    """The texts without tags, paragraphs parted by newlines; others are the same objects.

    Scripts, styles and the like go with their content, and so do widgets (see `widgets`). Entities
    are decoded where they end with a semicolon, in texts without tags too. A text without any known
    tag keeps its angle brackets. Runs of spaces and newlines are left for others to fold.
    """
    return [_to_text(text) if "<" in text or "&" in text else text for text in texts]


def _to_text(text: str) -> str:
    if "<" in text and tags.TAG_START.search(text):
        return _decoded(_without_tags(text))
    decoded = _decoded(text)
    if "<" not in text and "<" in decoded and tags.MARKUP.search(decoded):
        return _decoded(_without_tags(decoded))  # escaped as a whole, as in an RSS description
    return decoded


def _without_tags(text: str) -> str:
    text = _without_cut_tag(text)
    plain = _simply_stripped(text)
    if plain is None:
        plain = _closely_stripped(text)
    if PARAGRAPH in plain:  # then the source's line breaks are mere spaces
        plain = plain.replace("\n", " ").replace(PARAGRAPH, "\n")
    return plain


def _simply_stripped(text: str) -> str | None:
    """The text without its tags, or None where some tag takes a closer look."""
    out: list[str] = []
    add, known = out.append, tags.gaps.get
    for i, piece in enumerate(text.split("<")):
        if not i:
            add(piece)
            continue
        tag, close, rest = piece.partition(">")
        gap = known(tag)
        if gap is None or not close:
            gap = tags.gap(tag) if close else None
            if gap is None:
                return None
        add(gap)
        add(rest)
    return "".join(out)


def _closely_stripped(text: str) -> str:
    text = text.replace("<![CDATA[", "").replace("]]>", "")
    text = _without_widgets(_without_dropped(text))
    out = [text.partition("<")[0]]
    for tag, kind, rest in _pieces(text):
        if kind is Kind.ODD:
            return "".join(_scanned(text))
        out += ("<", tag, rest) if kind is Kind.PROSE else (GAPS.get(kind, ""), rest)
    return "".join(out)


def _pieces(text: str) -> Iterator[tuple[str, Kind, str]]:
    """After each `<`: the tag without it, the tag's kind, and the text up to the next `<`."""
    for piece in text.split("<")[1:]:
        tag, close, rest = piece.partition(">")
        if close:
            yield tag + close, tags.kind(tag), rest
        else:
            yield tag, Kind.ODD if tags.TAG_START.match("<" + tag) else Kind.PROSE, ""


def _scanned(text: str) -> Iterator[str]:
    """The text's pieces without tags, whose attributes may hold angle brackets or lone quotes.

    Linear: a search that ran far without finding the end of a tag is not repeated often.
    """
    at = 0
    patience = 20
    for start in tags.TAG_START.finditer(text):
        if start.start() < at:
            continue
        end = _QUOTED_REST.match(text, start.end()) if patience else None
        if end is None:
            patience -= patience > 0
            end = _REST.match(text, start.end())
        name = start["name"].lower()
        if end is None or (len(name) == 1 and end[0] not in (">", "/>") and "=" not in end[0]):
            continue
        yield text[at : start.start()]
        yield GAPS.get(tags.KINDS[name], "")
        at = end.end()
    yield text[at:]


_QUOTED_REST: Final = re.compile(r"""(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""")
_REST: Final = re.compile("[^<>]*+>")


def _without_dropped(text: str) -> str:
    """The text without scripts and the like, without comments.

    Where an end is missing only the start goes, but for scripts and styles: they run to the end.
    """
    kept: list[str] = []
    at = 0
    endless: set[str] = set()
    while start := _DROPPED_START.search(text, at):
        kept.append(text[at : start.start()])
        at = start.end()
        name = (start["name"] or "--").lower()
        if name in endless:
            continue
        end = _ENDS[name].search(text, at)
        if end:
            at = end.end()
        elif name in ("script", "style"):
            return "".join(kept)
        else:
            endless.add(name)
    return "".join([*kept, text[at:]])


_DROPPED_START: Final = re.compile(
    rf"<(?:!--|(?P<name>(?i:{'|'.join(tags.DROPPED)}))(?![^\s/>])[^<>]*+>)"
)
_ENDS: Final = {name: re.compile(rf"</(?i:{name})(?![^\s/>])[^<>]*+>") for name in tags.DROPPED} | {
    "--": re.compile("--!?>")
}


class _Open(NamedTuple):
    start: int
    before: int  # characters of text before it
    is_widget: bool


def _without_widgets(text: str) -> str:
    """The text without elements that are widgets; one that is never closed, or is large, stays."""
    widgets, size = _widgets(text)
    kept: list[str] = []
    at = 0
    for start, end, characters in sorted(widgets):
        if start >= at and characters <= MOST * size:
            kept += text[at:start], "<br>"
            at = end
    return "".join([*kept, text[at:]])


def _widgets(text: str) -> tuple[list[tuple[int, int, int]], int]:
    """Of each widget its start, end and characters of text; and those of the whole. One pass."""
    found: list[tuple[int, int, int]] = []
    is_open: dict[str, list[_Open]] = {}
    at = text.find("<")
    size = at
    for tag, kind, rest in _pieces(text):
        end = at + len(tag) + 1
        name = _NAME_IN_TAG.match(tag)
        if name and kind not in (Kind.PROSE, Kind.ODD):
            stack = is_open.setdefault(name[2].lower(), [])
            if name[1] and stack:
                was = stack.pop()
                if was.is_widget:
                    found.append((was.start, end, size - was.before))
            elif not name[1] and name[2].lower() not in tags.VOIDS:
                stack.append(_Open(at, size, kind is Kind.WIDGET))
        at = end + len(rest)
        size += len(rest)
    return found, size


_NAME_IN_TAG: Final = re.compile(r"(/?)([a-zA-Z][\w:-]*)")


def _without_cut_tag(text: str) -> str:
    """The text without a tag that was cut off at its end: "… on Sunday</l… [+80 chars]"."""
    start = text.rfind("<")
    cut = tags.CUT_TAG.match(text, start)
    if cut and tags.is_stem(cut["name"]) and _is_cut(text, start, cut["mark"]):
        return text[:start] + cut["mark"]
    return text


def _is_cut(text: str, start: int, mark: str) -> bool:
    """A cut is marked, or other tags stand before: "if x <b" is prose."""
    return bool(mark) or tags.TAG_START.search(text, 0, start) is not None


def _decoded(text: str) -> str:
    """The text with its entities decoded, those of entities too ("&amp;#8217;")."""
    if "&" not in text:
        return text
    once = _ENTITY.sub(_character, text)
    if "&amp;" in text and "&" in once:
        once = _ENTITY.sub(_character, once)
    return _CUT_ENTITY.sub("", once) if "&" in once else once


def _character(entity: re.Match[str]) -> str:
    return _unescape(entity[0])


_unescape: Final = lru_cache(10_000)(html.unescape)


# With the semicolon only: "?a=1&copy=2" and "AT&T" hold no entities.
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_CUT_ENTITY: Final = re.compile(
    r"&(?:#x?[0-9a-f]{0,6}|am?p?|nb?s?p?|qu?o?t?|[lr][sd]?q?u?o?|[mn]d?a?s?h?|hell?i?p?)"
    r"(?=(?:…|\.\.\.)\s*(?:\[\+\d+ chars\]\s*)?$)"
)
