"""The dialect of newsapi.org's `articles`: one item a record.

The text is `content`, cut off by the source and marked `… [+123 chars]`, else `description`; the
headline ends in ` - Outlet`. Format: https://newsapi.org/docs/endpoints/everything
"""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.decode.json_faults import wrong_type
from pipelines.decode.members import SCALARS, TEXTS, Members, as_extra, as_text, require

REMOVED = "[Removed]"  # what stands for an article that its publisher took back


class Source(BaseModel):
    """Who published an item."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: str | None = None


class NewsApiItem(BaseModel):
    """One item as it comes; collections of them also have the source as a plain name."""

    model_config = ConfigDict(extra="allow", strict=True)

    id: str | int | float | None = None
    source: Source | str | None = None
    author: str | None = None
    title: str | None = None
    description: str | None = None
    url: str | None = None
    publishedAt: str | int | float | None = None
    content: str | None = None


def members(record: dict[str, Any]) -> Members:
    """The item's members, headline and text freed of what the service added. Empties the record.

    Raises:
        WrongType, MissingContent, MissingIdentity, NumberOutOfRange
    """
    pop = record.pop
    id_, source, author = pop("id", None), pop("source", None), pop("author", None)
    title, description, url = pop("title", None), pop("description", None), pop("url", None)
    published, content = pop("publishedAt", None), pop("content", None)
    outlet = source.get("name") if type(source) is dict else source
    texts = map(type, (outlet, author, title, description, url, content))
    if not (TEXTS.issuperset(texts) and SCALARS.issuperset((type(id_), type(published)))):
        values = (id_, source, author, title, description, url, published, content)
        raise wrong_type(NewsApiItem, dict(zip(NewsApiItem.model_fields, values, strict=True)))
    if type(source) is dict and (len(source) > 2 or source.get("id") is not None):
        record["source"] = source
    if title == REMOVED:  # the service puts it in the place of all three
        title = description = content = None
    title, summary = title or "", description or ""
    text, truncated = uncut(content or summary)
    if " - " in title:
        title = without_outlet(title, outlet or "", url or "")
    identity = as_text(id_)
    require(identity, url, title, text)
    return Members(
        identity or None,
        url or None,
        title,
        text,
        summary,
        truncated,
        as_text(published),
        [author] if author and not author.isspace() else [],
        outlet or None,
        None,
        None,
        as_extra(record),
    )


def uncut(text: str) -> tuple[str, bool]:
    """A text without the mark of its cut, and whether it was cut.

    The mark is `[+123 chars]` or an ellipsis, or both, at the very end.
    """
    stop = len(text)
    if text.endswith(" chars]"):
        start = text.rfind("[+")
        if start >= 0 and text[start + 2 : -7].isdecimal():
            stop = start
    if stop == len(text) and not text.endswith("…"):
        return text, False
    while stop and text[stop - 1] in "… ":
        stop -= 1
    return text[:stop], True


def without_outlet(title: str, outlet: str, url: str) -> str:
    """A headline without its last ` - Outlet`, where that names the source or the URL's host."""
    name = outlet.strip()
    if name and title.endswith(name) and title[: -len(name)].endswith(" - "):
        return title[: -len(name) - 3]
    headline, _, last = title.rpartition(" - ")
    host = url.partition("//")[2].partition("/")[0]
    return headline if len(last) <= 60 and _is_outlet(last, outlet, host) else title


@lru_cache(maxsize=16_384)
def _is_outlet(last: str, outlet: str, host: str) -> bool:
    """Whether the headline's last part names the outlet, however each is spelt.

    "The Verge" is theverge.com, "Times Now" timesnownews.com, "Yahoo Sports" is of yahoo.com.
    """
    words = [_squash(word) for word in last.split()]
    edges = {words[0], words[-1]} if 0 < len(words) <= 3 else set()
    last = _squash(last)
    names = [_squash(outlet), *(_squash(label) for label in host.split(".")[:-1])]
    return any(
        last == name or (len(name) >= 4 and name in edges) or _abridges(last, name)
        for name in names
        if name and name != "www"
    )


def _abridges(last: str, name: str) -> bool:
    """Whether one begins, or ends, with the other, and that is most of it."""
    shorter, longer = sorted((last, name), key=len)
    if len(shorter) < 4 or len(shorter) * 2 < len(longer):
        return False
    return longer.startswith(shorter) or longer.endswith(shorter)


def _squash(name: str) -> str:
    """A name's letters and digits alone, without its article and its top-level domain."""
    name = name.strip().casefold().removeprefix("the ").removeprefix("www.")
    stem, dot, domain = name.rpartition(".")
    if dot and domain.isalpha() and " " not in name:
        name = stem
    return "".join(filter(str.isalnum, name)).removeprefix("the")
