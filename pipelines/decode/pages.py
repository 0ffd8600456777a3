"""Whole pages among the events: what a page tells fills what its event leaves open."""

import re

from pipelines.decode.members import Members
from pipelines.normalize.article import Article


def is_page(html: bytes | str) -> bool:
    """Whether that is a whole page, not a fragment: it declares itself, or has a body."""
    if isinstance(html, str):
        return _PAGE.search(html, 0, _HEAD) is not None
    return _PAGE.search(html[:_HEAD].replace(b"\0", b"").decode("latin-1")) is not None


# Only behind "<" in any case: a pattern that ignores case altogether cannot skip to the next "<".
_PAGE = re.compile(r"<(?i:!doctype\s+html|html|body)(?=[\s>])")
_HEAD = 200_000  # characters in which a body begins


def with_page(members: Members, page: Article) -> Members:
    """The event's members with its page's text; the others of the page where it has none itself."""
    return members._replace(
        url=members.url or page.canonical_url,
        title=members.title or page.title,
        text=page.text,
        published_raw=members.published_raw or page.published_at,
        authors=members.authors or list(page.authors),
        publisher=members.publisher or page.site,
        language_declared=members.language_declared or page.language,
    )
