"""Records that no story can come of: one way of breaking for each reason, or several."""

import json
from collections.abc import Callable
from random import Random

from schemas.reasons import (
    InvalidUtf8,
    MissingContent,
    MissingIdentity,
    NestedTooDeep,
    NotAnObject,
    NothingLeft,
    NotJson,
    NumberOutOfRange,
    Rejected,
    UnusableUrl,
    WrongType,
)

from .dice import pick
from .outlets import Event

_CONTENT = ("title", "text", "html", "summary", "description", "content")


def break_event(event: Event, dice: Random) -> tuple[bytes, type[Rejected]]:
    """A record made of the event that must be rejected, and the reason."""
    reason, ways = pick(_WAYS, dice)
    return pick(ways, dice)(event), reason


def _line(event: Event, **changes: object) -> bytes:
    return json.dumps({**event, **changes}, ensure_ascii=False).encode()


def _without(event: Event, *names: str) -> Event:
    return {name: value for name, value in event.items() if name not in names}


def _empty(event: Event) -> Event:
    return {**_without(event, *_CONTENT), "title": ""}


def _cut_off(event: Event) -> bytes:
    line = _line(event).decode()
    return line[: len(line) // 2].encode()


def _deep(event: Event) -> bytes:
    return _line(event)[:-1] + b', "extra": ' + b"[" * 1_500 + b"]" * 1_500 + b"}"


def _bad_url(url: str) -> Callable[[Event], bytes]:
    return lambda event: _line(_without(event, "id"), url=url)


# What only the page's furniture was; `content` is NewsAPI's name for a text.
def _only_furniture(event: Event) -> bytes:
    body = '<script>track(1)</script><p> </p><img src="https://img.example/1.gif" alt=""/>'
    return _line(_empty(event), **{"content" if "source" in event else "html": body})


_WAYS: list[tuple[type[Rejected], list[Callable[[Event], bytes]]]] = [
    (InvalidUtf8, [
        lambda event: _line(event)[:-1] + b', "note": "\xff\xfe"}',
        lambda event: _line(event)[:-1] + b', "note": "caf\xe9"}',
        lambda event: _line(event)[:-1] + rb', "note": "half a face: \ud83d"}',
    ]),
    (NotJson, [
        _cut_off,
        lambda event: str(_without(event)).encode("ascii", "ignore"),
        lambda _: b"502 Bad Gateway",
        lambda event: _line(event) + b",",
    ]),
    (NestedTooDeep, [_deep]),
    (NumberOutOfRange, [lambda event: _line(event)[:-1] + b', "score": 1e999}']),
    (NotAnObject, [
        lambda event: b"[" + _line(event) + b"]",
        lambda _: b"null",
        lambda _: b'"breaking news"',
        lambda _: b"42",
    ]),
    (WrongType, [
        lambda event: _line(event, title=12),
        lambda event: _line(event, title=["one", "two"]),
        lambda event: _line(event, url={"href": "https://alderbrook-gazette.example/"}),
    ]),
    (MissingContent, [
        lambda event: _line(_without(event, *_CONTENT)),
        lambda event: _line(_empty(event)),
    ]),
    (MissingIdentity, [lambda event: _line(_without(event, "id", "url"))]),
    (UnusableUrl, [
        _bad_url("/politics/a-story"),
        _bad_url("javascript:alert(1)"),
        _bad_url("mailto:desk@alderbrook-gazette.example"),
        _bad_url("https://alderbrook-gazette.example/" + "a" * 20_000),
    ]),
    (NothingLeft, [_only_furniture]),
]  # fmt: skip
