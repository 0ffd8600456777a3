"""What every dialect yields of a record, and what several of them need to get there."""

import math
from typing import Any, NamedTuple

from pydantic_core import to_json

from schemas.reasons import MissingContent, MissingIdentity, NumberOutOfRange


class Members(NamedTuple):
    """One event's members, named and ordered as `DecodedBatch`'s own columns are."""

    publisher_id: str | None
    url: str | None
    title: str
    text: str
    summary: str
    truncated: bool
    published_raw: str | None
    authors: list[str]
    publisher: str | None
    section: str | None
    language_declared: str | None
    extra: str | None


# Types that JSON's values have where the contracts allow a text, or an id or a time.
TEXTS = frozenset({str, type(None)})
SCALARS = frozenset({str, int, float, type(None)})


def are_names(authors: object) -> bool:
    """Whether that is a list of names, one line, or nothing."""
    if type(authors) is list:
        return all(type(name) is str for name in authors)
    return authors is None or type(authors) is str


def require(identity: str | None, url: str | None, *content: str) -> None:
    """Whether an event can be kept: it has content, and a name.

    Raises:
        MissingContent, MissingIdentity
    """
    for part in content:
        if part and not part.isspace():
            break
    else:
        raise MissingContent("neither a title nor a text")
    if not (identity and identity.strip()) and not (url and url.strip()):
        raise MissingIdentity("neither an id nor a url")


def as_text(value: str | int | float | None) -> str | None:
    """An id or a time as text, whatever it was in the JSON.

    Raises:
        NumberOutOfRange: not finite, or beyond what a 64-bit float holds.
    """
    if value is None or type(value) is str:
        return value
    _check(value)
    return str(value)


def as_names(authors: list[str] | str | None) -> list[str]:
    """The authors' names, blank ones left out; one line of names stays one name."""
    if not authors:
        return []
    names = [authors] if type(authors) is str else authors
    return [name for name in names if name and not name.isspace()]


def as_extra(members: dict[str, Any] | None) -> str | None:
    """Members that no column holds, as a JSON object, or None where there are none.

    Raises:
        NumberOutOfRange: a number in it is not finite, or beyond what a 64-bit float holds.
    """
    if not members:
        return None
    text = to_json(members).decode()
    # An integer too large has 309 digits or more, hence one at a multiple of 300.
    if "Infinity" in text or "NaN" in text or not _DIGITS.isdisjoint(text[300::300]):
        _check(members)
    return text


_DIGITS = frozenset("0123456789")


def _check(value: Any) -> None:
    """Walks a value without recursion, since its depth is the sender's choice."""
    pending = [value]
    while pending:
        item = pending.pop()
        if type(item) is dict:
            pending.extend(item.values())
        elif type(item) is list:
            pending.extend(item)
        elif type(item) is float and not math.isfinite(item):
            raise NumberOutOfRange(f"a number came out as {item}")
        elif type(item) is int and item.bit_length() > _FLOAT_BITS:
            raise NumberOutOfRange(f"an integer of {item.bit_length()} bits")


_FLOAT_BITS = 1024  # 2 ** 1024 is beyond the largest 64-bit float
