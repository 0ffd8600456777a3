"""When a page says that its story was published."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from pipelines.normalize.claims import Claims
from pipelines.normalize.dates import published
from pipelines.normalize.page_tree import PageTree


def published_at(
    document: LexborHTMLParser, tree: PageTree, said: Claims, title: str, url: str | None
) -> str | None:
    """The date as ISO 8601, with its own offset if it has one; or None.

    As claimed, else as its address has it, else as it stands below the title, else as the first
    date that is marked up in the page. Dates counted from now ("2 hours ago") are none: a page does
    not say when now was.
    """
    claimed = _first(said.dates)
    if claimed:
        times = document.css("time[datetime]")[:_MOST]
        return _with_offset(
            claimed, [*said.dates, *(time.attributes.get("datetime") or "" for time in times)]
        )
    stated = _first(_marked(document, _STATED))
    in_url = _IN_URL.search(url or "")
    if not stated and in_url:
        year, month, day = in_url.groups()
        numbers = f"{year}-{month:0>2}-{day:0>2}"
        stated = _read(numbers if month.isdigit() else f"{day} {month} {year}")
    return stated or _first(_below(tree, title)) or _first(_marked(document, _MARKED))


def _first(dates: Iterable[str]) -> str | None:
    return next(filter(None, map(_read, dates)), None)


def _with_offset(date: str, others: list[str]) -> str:
    """The date as another source has it, if it is the same moment on the publisher's clock."""
    if date.endswith("+00:00"):
        moment = datetime.fromisoformat(date)
        for other in filter(None, map(_read, others)):
            same = datetime.fromisoformat(other)
            if same.tzinfo and same == moment and same.utcoffset():
                return other
    return date


def _marked(document: LexborHTMLParser, selectors: tuple[str, ...]) -> Iterator[str]:
    for selector in selectors:
        for element in document.css(selector)[:_MOST]:
            attributes = element.attributes
            yield attributes.get("datetime") or attributes.get("content") or ""
            yield " ".join(element.text().split())


_STATED: Final = ('[itemprop="datePublished"]', "time[pubdate]")
_MARKED: Final = (
    "article time",
    "time",
    '[class*="publish"], [class*="dateline"], [class~="date"], [class*="timestamp"]',
)
_MOST: Final = 5


def _below(tree: PageTree, title: str) -> Iterator[str]:
    """What looks like a date in the short lines below the title."""
    left = 0
    for block in tree.blocks:
        if len(block.text) > _LONGEST_LINE:
            left = 0
        elif left:
            left -= 1
            yield from _DATE.findall(block.text)[:1]
        if tree.tags[block.element] == "h1" or (title and block.text == title):
            left = _LINES


_LONGEST_LINE: Final = 150  # characters; after a longer one comes the story
_LINES: Final = 10
_DATE: Final = re.compile(
    r"\b(?:\d{1,2}\.? [^\W\d]{3,10}\.?,? \d{4}|[^\W\d]{3,10}\.? \d{1,2},? \d{4}"
    r"|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4})\b"
)


def _read(raw: str) -> str | None:
    raw = raw.strip()
    if len(raw) > _LONGEST or not _YEAR.search(raw):
        return None
    try:
        if raw[4:5] == "-":
            return datetime.fromisoformat(raw).isoformat()
    except ValueError:
        pass
    [moment] = published([_LABEL.sub("", raw)], _LATEST)
    if moment is None:
        return None
    return (_EPOCH + timedelta(microseconds=moment)).isoformat()


_LONGEST: Final = 100
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|^\d{10}(?:\d{3})?$")
_LABEL: Final = re.compile(
    r"^(?:(?:first )?(?:published|posted|publicado|publié|veröffentlicht)(?: on)?)\s*:?\s*",
    re.IGNORECASE,
)
_LATEST: Final = 4_102_444_800_000_000  # µs: 2100; what is too late is told by who knows the time
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_IN_URL: Final = re.compile(
    rf"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2]|{_MONTHS})[/-](0?[1-9]|[12]\d|3[01])(?=[/-])"
)
