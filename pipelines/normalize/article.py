"""Whole pages to stories: title, text and what else a page tells, without the page around it.

What the page says of itself to machines (JSON-LD, OpenGraph, meta elements) comes first where it
agrees with what readers see; the text is taken from the page.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from pipelines.normalize.asides import topic_words
from pipelines.normalize.bylines import authors
from pipelines.normalize.claims import Claims, claims
from pipelines.normalize.fragment import fragment_to_text
from pipelines.normalize.furniture import without_furniture
from pipelines.normalize.headings import without_headings
from pipelines.normalize.headline import headline
from pipelines.normalize.main_text import main_text
from pipelines.normalize.page_bytes import as_page, is_too_deep
from pipelines.normalize.page_dates import published_at
from pipelines.normalize.page_tree import PageTree, page_tree
from pipelines.normalize.second_opinion import by_trafilatura, is_doubtful
from pipelines.normalize.unicode import repair
from pipelines.normalize.url import url_columns
from pipelines.normalize.whitespace import fold


@dataclass(frozen=True, slots=True)
class Article:
    """What a page tells of its story; "" or None where it does not."""

    title: str
    text: str  # its paragraphs parted by newlines
    authors: tuple[str, ...]
    published_at: str | None  # ISO 8601, with the page's own offset from UTC where it has one
    language: str | None  # as declared
    canonical_url: str | None
    site: str | None  # its name, as readers know it


def extract(html: bytes | str, url: str | None = None) -> Article:
    """The story of a whole page; a page that has none gives what there is, perhaps nothing.

    Bytes are decoded by byte order mark, declaration, else as UTF-8 or Windows-1252. Pages beyond 8
    million characters are read up to there; those nested thousands deep give their text as a
    fragment would. Never raises.
    """
    page = as_page(html)
    if is_too_deep(page):
        [text] = _clean(fragment_to_text([page]))
        return Article("", text, (), None, None, None, None)
    document = LexborHTMLParser(page)
    body = document.body
    if body is None:
        return Article("", "", (), None, None, None, None)
    headings = [" ".join(h1.text().split()) for h1 in document.css("h1")[:_MOST_HEADINGS]]
    said = claims(document, headings[0] if headings else "")
    title = headline(document, headings, said)
    about = frozenset(topic_words(" ".join([title, *said.descriptions[:1]])))
    tree = page_tree(body)
    [title, text] = _clean([title, _text(page, tree, about)])
    if title:
        [title], [text] = without_headings([title], [text])
    return Article(
        title,
        text,
        tuple(authors(document, said)),
        published_at(document, tree, said, title, url),
        said.languages[0].strip().replace("_", "-") or None if said.languages else None,
        _canonical(said, url),
        said.sites[0] if said.sites else None,
    )


def _text(page: str, tree: PageTree, about: frozenset[str]) -> str:
    found = main_text(tree, about)
    text = "\n".join(found.lines)
    if is_doubtful(page, tree, text):
        lines = by_trafilatura(page).split("\n")
        other = "\n".join(line for line in lines if line not in found.others)
        return other or text
    return text


_MOST_HEADINGS: Final = 20


def _clean(texts: list[str]) -> list[str]:
    return without_furniture(fold(repair(texts, plain_spaces=True)))


def _canonical(said: Claims, url: str | None) -> str | None:
    """The page's own address, unless it names the site's front page for all of its pages."""
    for address in said.addresses:
        try:
            whole = urljoin(url or "", address.strip())
            parts = urlsplit(whole)
        except ValueError:
            continue
        if parts.path.strip("/") and not url_columns([whole]).bad:
            return whole
    return url
