"""Why a record was refused: from the parser's error to a reason that people can read."""

import json

from pydantic import ValidationError

from schemas.reasons import (
    InvalidUtf8,
    NestedTooDeep,
    NotAnObject,
    NotJson,
    NumberOutOfRange,
    RejectedByDecode,
    WrongType,
)


def fault(payload: bytes, error: ValidationError) -> RejectedByDecode:
    """The reason for a record that the parser or the model refused.

    A record that is not UTF-8 is called that, whatever else is wrong with it.
    """
    try:
        payload.decode()
    except UnicodeDecodeError as wrong:
        return InvalidUtf8(f"byte 0x{payload[wrong.start]:02x} at {wrong.start}")
    first = error.errors(include_url=False, include_input=False, include_context=True)[0]
    if first["type"] == "json_invalid":
        return _not_parsed(payload, first["ctx"]["error"])
    where = first["loc"][0] if first["loc"] else None
    if where is None:
        return NotAnObject("the JSON is no object")
    return WrongType(f"{where}: {_lower(first['msg'])}")


def _not_parsed(payload: bytes, message: str) -> RejectedByDecode:
    if message.startswith("recursion limit"):
        return NestedTooDeep(message)
    if message.startswith("number out of range"):
        return NumberOutOfRange(message)
    # Half a character (a lone surrogate) is all that Python's parser lets pass beyond ours.
    try:
        json.loads(payload)
    except (ValueError, RecursionError):
        return NotJson(message)
    return InvalidUtf8(f"half a character is escaped: {message}")


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
