"""The dialect of saved pages: one HTML file is one story, its path its id."""

from selectolax.lexbor import LexborHTMLParser

from pipelines.decode.members import Members
from pipelines.decode.text_files import as_utf8, of_file


def members(payload: bytes, event_id: str) -> Members:
    """The first heading, else the page's title, is the title; the page as it is is the text.

    Raises:
        InvalidUtf8, MissingContent
    """
    page = as_utf8(payload)
    lower = page.lower() if page.isascii() else page.translate(_LOWER)
    title = _inside(page, lower, "h1") or _inside(page, lower, "title")
    return of_file(title, page, event_id)


_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}  # keeps every offset
_LONGEST_HEADING = 2_000  # characters; what is longer is no heading


def _inside(page: str, lower: str, tag: str) -> str:
    """The text of the first such element, or "".

    Looks for the tag itself, since a whole page may be nested deeper than a parser's stack.
    """
    start = lower.find(f"<{tag}")
    if start < 0 or lower[start + 1 + len(tag) : start + 2 + len(tag)].isalnum():
        return ""
    stop = lower.find(f"</{tag}", start, start + _LONGEST_HEADING)
    if stop < 0:
        return ""
    inner = page[start:stop].partition(">")[2]
    return " ".join(LexborHTMLParser(inner).text().split())
