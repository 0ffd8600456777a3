"""Records of JSON: each parsed once, then read as the dialect that it speaks."""

from collections.abc import Callable
from typing import Any

from pydantic_core import from_json

from pipelines.decode import newsapi, story_events
from pipelines.decode.json_faults import not_parsed
from pipelines.decode.members import Members
from schemas.reasons import NotAnObject


def of_story_event(payload: bytes, event_id: str) -> Members:
    """The members of a record that is a story event; raises RejectedByDecode, any of it."""
    return story_events.members(_object(payload))


def of_newsapi(payload: bytes, event_id: str) -> Members:
    """The members of a record that is a NewsAPI item; raises RejectedByDecode, any of it."""
    return newsapi.members(_object(payload))


def of_either(payload: bytes, event_id: str) -> Members:
    """The members of a record that is one or the other; raises RejectedByDecode, any of it."""
    record = _object(payload)
    return _spoken(record)(record)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        # Members' names come again and again, their values do not.
        record = from_json(payload, cache_strings="keys")
    except ValueError as error:
        raise not_parsed(payload, str(error)) from None
    if type(record) is not dict:
        raise NotAnObject(f"the JSON is {_KINDS[type(record)]}")
    return record


_KINDS = {
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def _spoken(record: dict[str, Any]) -> Callable[[dict[str, Any]], Members]:
    """How to read a record with these members; one that is null tells nothing."""
    get = record.get
    if get("text") is None and get("html") is None and get("published_at") is None:
        marked = get("publishedAt") is not None or get("urlToImage") is not None
        if marked or type(get("source")) is dict:
            return newsapi.members
    return story_events.members
