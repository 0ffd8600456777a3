"""Who wrote a page's story."""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from pipelines.normalize.claims import Claims


def authors(document: LexborHTMLParser, said: Claims) -> list[str]:
    """The authors' names in order, each once; as claimed, else as the page's byline has them."""
    for lines in (said.authors, _marked(document)):
        names = list(dict.fromkeys(name for line in lines for name in _names(line)))
        names = [name for name in names if name.casefold() not in map(str.casefold, said.sites)]
        if names:
            return names[:_MOST]
    return []


_MOST: Final = 30


def _marked(document: LexborHTMLParser) -> list[str]:
    """What stands in the elements that are marked up as an author's name."""
    for selector in _SELECTORS:
        found = [" ".join(element.text().split()) for element in document.css(selector)[:_MOST]]
        if any(found):
            return found
    return []


_SELECTORS: Final = (
    '[itemprop="author"] [itemprop="name"]',
    '[itemprop="author"]',
    '[rel="author"]',
    '.byline-name, .author-name, [class*="byline__name"], [class*="author__name"]',
    '[class~="byline"], [class~="author"]',
)


def _names(line: str) -> list[str]:
    """The names in one line: "By Ann Lee and Bo Ray"; none in an address or a sentence."""
    line = _BY.sub("", " ".join(line.split()))
    if len(line) > _LONGEST or "://" in line or line.startswith(("@", "www.")):
        return []
    names = (_AFTER.sub("", name).strip(" .|•·-–—") for name in _BETWEEN.split(line))
    return [name for name in names if 1 < len(name) <= 80 and not name[0].isdigit()]


_LONGEST: Final = 300
_BY: Final = re.compile(
    r"^(?:(?:(?:written|posted|story|words|reported|analysis)\s+)?by|von|par|por|di|da|door|av|af|автор)\b:?\s+",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"\s*(?:,|;|\||•|\band\b|\bund\b|\bet\b|\by\b|&)\s+")
_AFTER: Final = re.compile(
    r"\s+(?:\||•|·|–|—)\s.*$|\s+(?:updated|published|for)\b.*$", re.IGNORECASE
)
