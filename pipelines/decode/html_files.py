"""The dialect of saved pages: one HTML file is one story, its path its id."""

from selectolax.lexbor import LexborHTMLParser

from pipelines.decode.members import Members
from pipelines.decode.pages import is_page, with_page
from pipelines.decode.text_files import as_utf8, of_file
from pipelines.normalize.article import extract


def members(payload: bytes, event_id: str) -> Members:
    """The story of a whole page, in whatever encoding it declares, and what else the page tells.

    Of a fragment the first heading, else its title, is the title; as it is it is the text.

    Raises:
        InvalidUtf8, MissingContent
    """
    if is_page(payload):
        page = extract(payload)
        return with_page(of_file(page.title, page.text, event_id), page)
    fragment = as_utf8(payload)
    lower = fragment.lower() if fragment.isascii() else fragment.translate(_LOWER)
    title = _inside(fragment, lower, "h1") or _inside(fragment, lower, "title")
    return of_file(title, fragment, event_id)


_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}  # keeps every offset
_LONGEST_HEADING = 2_000  # characters; what is longer is no heading


def _inside(page: str, lower: str, tag: str) -> str:
    """The text of the first such element, or "".

    Looks for the tag itself, since a fragment may be nested deeper than a parser's stack.
    """
    start = lower.find(f"<{tag}")
    if start < 0 or lower[start + 1 + len(tag) : start + 2 + len(tag)].isalnum():
        return ""
    stop = lower.find(f"</{tag}", start, start + _LONGEST_HEADING)
    if stop < 0:
        return ""
    inner = page[start:stop].partition(">")[2]
    return " ".join(LexborHTMLParser(inner).text().split())
