"""What a page says of itself to machines: JSON-LD, OpenGraph, meta elements.

Vocabularies: https://schema.org/Article, https://ogp.me, and the names of meta elements that news
sites use, which are data (`page.toml`).
"""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser

from pipelines.normalize.page_rules import PAGE_RULES


@dataclass(slots=True)
class Claims:
    """What is said, unjudged, best source first; empty where nothing is."""

    headlines: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)


def claims(document: LexborHTMLParser, heading: str) -> Claims:
    """The page's claims; of several articles in its JSON-LD those of the one with that heading."""
    said = Claims()
    meta = _meta(document)
    title = document.css_first("title")
    titles = [heading, meta.get("og:title", ""), title.text() if title else ""]
    story = _story(_things(document), titles)
    if story:
        _add_story(said, story)
    for name, names in _META.items():
        getattr(said, name).extend(meta[key] for key in names if meta.get(key))
    for link in document.css('link[rel="canonical"]')[:1]:
        said.addresses.insert(0, link.attributes.get("href") or "")
    root = document.root
    language = root.attributes.get("lang") if root else None
    if language:
        said.languages.insert(0, language)
    return said


_META: Final[dict[str, list[str]]] = PAGE_RULES["meta"]


def _meta(document: LexborHTMLParser) -> dict[str, str]:
    """The content of each meta element by its lower-cased name, the first of each name."""
    found: dict[str, str] = {}
    for element in document.css("meta[content]"):
        attributes = element.attributes
        content = attributes.get("content")
        for kind in ("property", "name", "itemprop", "http-equiv"):
            name = attributes.get(kind)
            if name and content and content.strip():
                found.setdefault(name.lower(), content.strip())
    return found


def _things(document: LexborHTMLParser) -> list[dict[str, Any]]:
    """All objects in the page's JSON-LD, in order, however deep; broken scripts are passed over."""
    found: list[dict[str, Any]] = []
    for script in document.css("script")[:_MOST_SCRIPTS]:
        kind = script.attributes.get("type")
        if not kind or "ld+json" not in kind.lower():
            continue
        text = script.text()
        if len(text) <= _LONGEST_SCRIPT:
            found.extend(_objects(_parsed(text)))
    return found[:_MOST_THINGS]


_MOST_SCRIPTS: Final = 500
_LONGEST_SCRIPT: Final = 2_000_000  # characters
_MOST_THINGS: Final = 5_000


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        pass
    try:  # the commonest faults: comments around it, a comma too many
        return json.loads(_EXTRA_COMMA.sub("", _WRAPPING.sub("", text)), strict=False)
    except (ValueError, RecursionError):
        return None


_WRAPPING: Final = re.compile(r"^\s*(?:<!--|//<!\[CDATA\[|<!\[CDATA\[)|(?:-->|(?://)?\]\]>|;)\s*$")
_EXTRA_COMMA: Final = re.compile(r",(?=\s*[}\]])")


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    pending = [value]
    for _ in range(_MOST_THINGS * 10):
        if not pending:
            return
        item = pending.pop()
        if isinstance(item, dict):
            yield item
            pending.extend(reversed(item.values()))
        elif isinstance(item, list):
            pending.extend(reversed(item))


def _story(things: list[dict[str, Any]], titles: list[str]) -> dict[str, Any] | None:
    """The article that the page is, with its authors' names put in; None if none is its own."""
    best, most = None, 0.0
    wanted = [words for title in titles if (words := set(_WORD.findall(title.casefold())))]
    for thing in things:
        if not _ARTICLE.search(str(thing.get("@type"))[:200]):
            continue
        words = set(_WORD.findall(plain(thing.get("headline") or thing.get("name")).casefold()))
        likeness = 0.5  # where nothing says otherwise
        if words and wanted:
            likeness = max(_likeness(words, other) for other in wanted)
        likeness += 0.05 * bool(thing.get("articleBody"))
        if likeness > most:
            best, most = thing, likeness
    if best is None or most < _ALIKE:
        return None
    names = {thing.get("@id"): thing for thing in things if thing.get("name")}
    return best | {"author": [_resolved(one, names) for one in _list(best.get("author"))]}


_ARTICLE: Final = re.compile(r"Article|BlogPosting|Report|LiveBlog|Review|Recipe")
_WORD: Final = re.compile(r"\w+")
_ALIKE: Final = 0.3  # of the words; else it is another story's


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / min(len(one), len(other))


def _resolved(author: Any, names: dict[Any, dict[str, Any]]) -> Any:
    if isinstance(author, dict) and not author.get("name"):
        identity = author.get("@id")
        return names.get(identity, author) if isinstance(identity, str) else author
    return author


def _add_story(said: Claims, story: dict[str, Any]) -> None:
    said.headlines += filter(None, [plain(story.get("headline"))])
    said.authors += filter(None, map(_name, _list(story["author"])))
    dates = (story.get(name) for name in ("datePublished", "dateCreated"))
    said.dates += [date.strip() for date in dates if isinstance(date, str) and date.strip()]
    said.descriptions += filter(None, [plain(story.get("description"))])
    said.languages += filter(None, [plain(story.get("inLanguage"))])
    said.sites += filter(None, map(_name, _list(story.get("publisher"))))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value[:_MOST_AUTHORS] if isinstance(value, list) else [value]


_MOST_AUTHORS: Final = 50


def _name(value: object) -> str:
    return plain(value.get("name") if isinstance(value, dict) else value)


def plain(value: object) -> str:
    """A text of JSON-LD without the markup and entities that some put in; "" if it is none."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, str):
        return ""
    if "<" in value or "&" in value:
        value = html.unescape(_TAG.sub(" ", html.unescape(value)))
    return value.strip()


_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*+>")
