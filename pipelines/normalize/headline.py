"""A page's headline: the heading that readers see, where what the page says of itself agrees."""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from pipelines.normalize.claims import Claims


def headline(document: LexborHTMLParser, headings: list[str], said: Claims) -> str:
    """The story's title, or "".

    The first heading that shares half of its words with a claim; of it only what is claimed where a
    kicker stands before that ("CITY | Bridge opens"). Else what is claimed, else the page's title
    without the site's name.
    """
    claimed = [" ".join(title.split()) for title in said.headlines]
    element = document.css_first("title")
    page_title = " ".join(element.text().split()) if element else ""
    sources = [*claimed, page_title] if page_title else claimed
    sites = {_key(site) for site in said.sites}
    for heading in headings:
        words = _key(heading)
        if not words or words in sites:
            continue
        if not sources or any(_agree(words, _key(source)) for source in sources):
            return _without_kicker(heading, claimed)
    for title in claimed:
        if _key(title) not in sites:
            return _without_site(title, said.sites)
    return _without_site(page_title, said.sites) or (headings[0] if headings else "")


def _key(title: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(title.casefold()))


_WORD: Final = re.compile(r"\w+")


def _agree(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    common = len(set(one) & set(other))
    return common >= 0.5 * min(len(set(one)), len(set(other)) or 1)


def _without_kicker(heading: str, claimed: list[str]) -> str:
    words = _key(heading)
    for title in claimed:
        key = _key(title)
        if 3 <= len(key) < len(words) and words[-len(key) :] == key:
            return title
    return heading


def _without_site(title: str, sites: list[str]) -> str:
    """The title without "| The Example": the site's name, or up to four words after a bar."""
    for site in sites:
        parted = re.split(rf"\s+[-–—|:·•]\s+{re.escape(site)}\s*$", title, maxsplit=1)
        if len(parted) > 1 and parted[0]:
            return parted[0]
    parted = _BAR.split(title)
    if len(parted) > 1 and len(parted[0].split()) > len(parted[-1].split()):
        return " | ".join(parted[:-1]) if len(parted) > 2 else parted[0]
    return title


_BAR: Final = re.compile(r"\s+[|–—]\s+|\s+-\s+(?=[^-]+$)")
