"""The dialect of newsapi.org's `articles`: one item a record.

The text is `content`, cut off by the source and marked `… [+123 chars]`, else `description`; the
headline ends in ` - Outlet`. Format: https://newsapi.org/docs/endpoints/everything
"""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.decode.members import Members, as_extra, as_names, as_text, require
from schemas.reasons import WrongType


class NewsApiItem(BaseModel):
    """One item as it comes; collections of them also have the source as a plain name."""

    model_config = ConfigDict(extra="allow", strict=True)

    id: str | int | float | None = None
    source: dict[str, Any] | str | None = None
    author: str | None = None
    title: str | None = None
    description: str | None = None
    url: str | None = None
    publishedAt: str | int | float | None = None
    content: str | None = None


# The validator itself: `NewsApiItem.model_validate_json` is a call dearer, and does no more.
validate = NewsApiItem.__pydantic_validator__.validate_json


def members(item: NewsApiItem, event_id: str) -> Members:
    """The item's members, headline and text freed of what the service added.

    Raises:
        MissingContent, MissingIdentity, NumberOutOfRange, WrongType
    """
    # The model's fields in their order: one unpacking is cheaper than eight attributes.
    id_, source, author, title, description, url, published, content = item.__dict__.values()
    title, summary, extra = title or "", description or "", item.__pydantic_extra__
    text, truncated = uncut(content or summary)
    outlet = source
    if type(source) is dict:
        outlet = _name(source)
        if len(source) > 2 or source.get("id") is not None:
            extra = {**extra, "source": source}
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
        as_names(author),
        outlet or None,
        None,
        None,
        as_extra(extra),
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


def _name(source: dict[str, Any]) -> str | None:
    name = source.get("name")
    if name is not None and type(name) is not str:
        raise WrongType("source: its name should be a valid string")
    return name
