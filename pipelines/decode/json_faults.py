"""Why a record was refused: from the parser's error to a reason that people can read."""

import json
from typing import Any

from pydantic import BaseModel, ValidationError

from schemas.reasons import (
    InvalidUtf8,
    NestedTooDeep,
    NotJson,
    NumberOutOfRange,
    RejectedByDecode,
    WrongType,
)


def not_parsed(payload: bytes, message: str) -> RejectedByDecode:
    """The reason for a record that the parser refused with this message.

    A record that is not UTF-8 is called that, whatever else is wrong with it.
    """
    try:
        text = payload.decode()
    except UnicodeDecodeError as wrong:
        return InvalidUtf8(f"byte 0x{payload[wrong.start]:02x} at {wrong.start}")
    if message.startswith("recursion limit"):
        return NestedTooDeep(message)
    if message.startswith("number out of range"):
        return NumberOutOfRange(message)
    # Half a character (a lone surrogate) is all that Python's parser lets pass beyond ours.
    # Given text, not bytes, in which it would look for other encodings and a byte order mark.
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return NotJson(message)
    return InvalidUtf8(f"half a character is escaped: {message}")


def wrong_type(model: type[BaseModel], members: dict[str, Any]) -> WrongType:
    """The reason for members that the model refuses: the first of them, and what it should be."""
    try:
        model.model_validate(members)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return WrongType(f"{first['loc'][0]}: {first['msg'][:1].lower()}{first['msg'][1:]}")
    return WrongType("a member has a type that its name does not allow")
