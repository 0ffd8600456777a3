"""The dialect of plain text files: one file is one story, its path its id."""

from pipelines.decode.members import Members, require
from schemas.reasons import InvalidUtf8


def members(payload: bytes, event_id: str) -> Members:
    """The first line that is not blank is the title, the lines after it are the text.

    Raises:
        InvalidUtf8, MissingContent
    """
    title, _, text = as_utf8(payload).strip().partition("\n")
    return of_file(title.rstrip(), text, event_id)


def of_file(title: str, text: str, event_id: str) -> Members:
    """A story that is a whole file: nothing is known of it but its path and its content."""
    path = event_id.rpartition("@")[0] or event_id
    require(path, None, title, text)
    return Members(path, None, title, text, "", False, None, [], None, None, None, None)


def as_utf8(payload: bytes) -> str:
    """The text of a whole file.

    Raises:
        InvalidUtf8
    """
    try:
        return payload.decode()
    except UnicodeDecodeError as wrong:
        raise InvalidUtf8(f"byte 0x{payload[wrong.start]:02x} at {wrong.start}") from None
