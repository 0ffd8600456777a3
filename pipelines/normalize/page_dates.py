"""When a page says that its story was published."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from pipelines.normalize.claims import Claims
from pipelines.normalize.dates import published


def published_at(document: LexborHTMLParser, said: Claims, url: str | None) -> str | None:
    """The date as ISO 8601, with its own offset if it has one; or None.

    As claimed, else as its address has it, else as the first date that stands marked up in the
    page. Dates counted from now ("2 hours ago") are none: a page does not say when now was.
    """
    claimed = _first(said.dates)
    if claimed:
        return _with_offset(claimed, said.dates)
    stated = _first(_marked(document, _STATED))
    in_url = _IN_URL.search(url or "")
    if not stated and in_url:
        return _read("-".join(in_url.groups()))
    return stated or _first(_marked(document, _MARKED))


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
_IN_URL: Final = re.compile(
    r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?=[/-])"
)
