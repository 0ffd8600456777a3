"""Addresses that only lead on: which address they hold, where they hold one.

Nothing is fetched: a short link says nothing about its target, and stays.
"""

from base64 import urlsafe_b64decode
from binascii import Error
from urllib.parse import unquote

from pipelines.normalize.rules import Redirect


def target(redirects: tuple[Redirect, ...], path: str, query: list[str]) -> str | None:
    """The absolute http(s) address inside a redirecting one, or None.

    `path` is the cleaned path, `query` the cleaned `name=value` parts.
    """
    for redirect in redirects:
        if not path.startswith(redirect.path):
            continue
        if redirect.news_id:
            found = _from_news_id(path[len(redirect.path) :])
        elif redirect.rest:
            found = _from_rest(path[len(redirect.path) :], query)
        else:
            found = _from_query(redirect.parameters, query)
        if found and found[:8].lower().startswith(("http://", "https://")):
            return found
    return None


def _from_query(parameters: tuple[str, ...], query: list[str]) -> str | None:
    values: dict[str, str] = {}
    for part in query:
        name, _, value = part.partition("=")
        values.setdefault(name.lower(), value)
    for name in parameters:
        value = unquote(values.get(name, "").replace("+", "%20"))
        if value:
            return value
    return None


def _from_rest(rest: str, query: list[str]) -> str | None:
    """AMP caches: `s/www.example.com/story`, where `s` says https."""
    scheme = "https://" if rest.startswith("s/") else "http://"
    rest = rest.removeprefix("s/")
    if "." not in rest.partition("/")[0]:
        return None
    return scheme + rest + ("?" + "&".join(query) if query else "")


_URL_FIELD, _BYTES = 4, 2


def _from_news_id(rest: str) -> str | None:
    """The URL in a Google News id: base64 of a protobuf message whose field 4 is the article's URL.

    Ids made since 2024 hold an opaque token there instead; for those there is no answer.
    """
    token = rest.partition("/")[0].rstrip("=")
    try:
        message = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        place = 0
        while place < len(message):
            tag, place = _varint(message, place)
            size, place = _varint(message, place)  # or, of a number, its value
            if tag & 7 == _BYTES:
                if tag >> 3 == _URL_FIELD:
                    return message[place : place + size].decode()
                place += size
    except (Error, IndexError, UnicodeError, ValueError):
        return None
    return None


def _varint(message: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[place]
        number |= (byte & 127) << shift
        place += 1
        if byte < 128:
            return number, place
        shift += 7
