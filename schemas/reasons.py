"""Why an event was rejected: one hierarchy, and the class is the reason.

    Rejected
    ├── RejectedByRead
    │   ├── UnreadableFile
    │   ├── BrokenCompression
    │   └── OversizedRecord
    ├── RejectedByDecode
    │   ├── InvalidUtf8
    │   ├── NotJson
    │   ├── NestedTooDeep
    │   ├── NumberOutOfRange
    │   ├── NotAnObject
    │   ├── WrongType
    │   ├── MissingContent
    │   └── MissingIdentity
    └── RejectedByNormalize
        ├── UnusableUrl
        └── NothingLeft

The name of the class is the dead letter's `reason`, the first line of its docstring the sentence
that people read, the message of the instance its `detail`. A new reason is one class here, a
heading in README, and a golden case.
"""

from collections.abc import Iterator
from typing import ClassVar


class Rejected(Exception):
    """The event cannot become a story."""

    stage: ClassVar[str] = ""

    @property
    def reason(self) -> str:
        """The name of the reason, as the lake's `reason` column holds it."""
        return type(self).__name__


class RejectedByRead(Rejected):
    """The bytes could not be read."""

    stage = "read"


class UnreadableFile(RejectedByRead):
    """The file could not be opened or read on."""


class BrokenCompression(RejectedByRead):
    """The compressed data ends early or is damaged; what came before was kept."""


class OversizedRecord(RejectedByRead):
    """The record is larger than any event may be."""


class RejectedByDecode(Rejected):
    """The record is no event of a format we know."""

    stage = "decode"


class InvalidUtf8(RejectedByDecode):
    """The record is not valid UTF-8, or escapes half a character (a lone surrogate)."""


class NotJson(RejectedByDecode):
    """The record is not JSON."""


class NestedTooDeep(RejectedByDecode):
    """The record's JSON is nested deeper than any event needs."""


class NumberOutOfRange(RejectedByDecode):
    """The record holds a number that no 64-bit float can hold."""


class NotAnObject(RejectedByDecode):
    """The record is JSON, but no object."""


class WrongType(RejectedByDecode):
    """A member has a type that its name does not allow."""


class MissingContent(RejectedByDecode):
    """The event has neither a title nor a text."""


class MissingIdentity(RejectedByDecode):
    """The event has neither an id nor a URL."""


class RejectedByNormalize(Rejected):
    """The event's content does not stand up to cleaning."""

    stage = "normalize"


class UnusableUrl(RejectedByNormalize):
    """The URL is not an absolute http(s) address of sane length."""


class NothingLeft(RejectedByNormalize):
    """Neither title nor text is left once page furniture is taken away."""


def reasons() -> Iterator[type[Rejected]]:
    """Every reason, stage by stage, in the order of the tree above."""
    for stage in Rejected.__subclasses__():
        yield from stage.__subclasses__()
