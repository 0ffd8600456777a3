"""A page's bytes to characters, within bounds that a parser can bear."""

import codecs
import re
from typing import Final

from pipelines.normalize.widgets import MARKUP_RULES


def as_page(html: bytes | str) -> str:
    """The page's characters, at most 8 million; what is broken in them is replaced.

    The encoding is told by a byte order mark, else by the bytes being valid UTF-8, else by what the
    page declares in its first kilobytes, else it is Windows-1252, as in
    https://html.spec.whatwg.org, "Determining the character encoding".
    """
    if isinstance(html, str):
        page = html[:_LONGEST]
        return page if page.isascii() else page.encode("utf-8", "replace").decode()
    html = html[: 4 * _LONGEST]
    for mark, encoding in _MARKS:
        if html.startswith(mark):
            return html[len(mark) :].decode(encoding, "replace")[:_LONGEST]
    declared = _declared(html)
    if not (declared and html.isascii()):
        try:
            return html.decode()[:_LONGEST]
        except UnicodeDecodeError as wrong:
            if wrong.start >= len(html) - 4:  # a character that the bound cut
                return html[: wrong.start].decode()[:_LONGEST]
    return html.decode(declared or "cp1252", "replace")[:_LONGEST]


_LONGEST: Final = 8_000_000
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def _declared(html: bytes) -> str | None:
    """The declared encoding by Python's name for it; None if it is UTF-8 or unknown to browsers."""
    found = _CHARSET.search(html[:4096])
    if not found:
        return None
    name = found[1].decode("ascii", "replace").lower()
    name = _ALSO.get(name, name)
    return name if name in _LEGACY else None


_CHARSET: Final = re.compile(
    rb"""(?i)<(?:meta|\?xml)[^>]{0,500}?(?:charset|encoding)\s*=\s*["']?\s*([\w:.-]{2,40})"""
)
# https://encoding.spec.whatwg.org, "Names and labels": what browsers read, and the larger set that
# a name has come to stand for.
_LEGACY: Final = {
    *(f"iso-8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
    *("cp874", *(f"cp{n}" for n in range(1250, 1259)), "koi8-r", "koi8-u", "ibm866", "macintosh"),
    *("gb18030", "big5hkscs", "euc-jp", "iso-2022-jp", "cp932", "cp949"),
}
_ALSO: Final = {
    **{f"windows-{n}": f"cp{n}" for n in range(1250, 1259)},
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "ascii", "us-ascii"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "x-sjis", "sjis"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949"),
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "windows-874": "cp874",
    "big5": "big5hkscs",
}


def is_too_deep(page: str) -> bool:
    """Whether elements may be nested deeper than a parser bears: its time grows with the square."""
    if page.count("<") < _DEEPEST:
        return False
    depth = 0
    for tag in _TAG.finditer(page):
        name = tag[2].lower()
        if name in _SHALLOW:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > _DEEPEST:
            return True
    return False


_DEEPEST: Final = 10_000
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
# Elements without content, and those that the next of their kind ends.
_SHALLOW: Final = frozenset(MARKUP_RULES["elements"]["voids"]) | {
    *("p", "li", "td", "th", "tr", "dd", "dt", "option", "path", "use", "circle", "rect"),
}
