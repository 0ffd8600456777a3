"""What can go wrong with a lake: one hierarchy, each message a sentence for people.

NewsbeamError
└── LakeError
    ├── NotALake        nothing there, or something else
    ├── OtherVersion    made by a Newsbeam with another format
    ├── OtherSettings   made with other verdict settings than the ones asked for
    ├── Damaged         an entry of the log, or a file that it names, cannot be read
    ├── LostRace        other writers were quicker, again and again
    └── Unwritable      the lake cannot be written
        └── DiskFull
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pipelines.errors import NewsbeamError


class LakeError(NewsbeamError):
    """Something is wrong with the lake, or with what was asked of it."""


class NotALake(LakeError):
    """There is no Newsbeam lake at that place."""


class OtherVersion(LakeError):
    """The lake has a format that this version does not know."""


class OtherSettings(LakeError):
    """The lake was made with other settings, and verdicts must not change half-way."""


class Damaged(LakeError):
    """What the lake's log holds or names cannot be read."""


class LostRace(LakeError):
    """Other writers committed first, again and again."""


class Unwritable(LakeError):
    """The lake cannot be written; nothing of the window is in it."""

    @classmethod
    def because(cls, path: Path | str, why: Exception) -> Self:
        """The error for what the system said, as a sentence that names the place."""
        if (isinstance(why, OSError) and why.errno in _FULL) or "No space left" in str(why):
            return DiskFull(f"no space is left for the lake at {path}: free some and run again")
        said = getattr(why, "strerror", None) or str(why).strip().partition("\n")[0]
        return cls(f"the lake at {path} cannot be written: {said or type(why).__name__}")


class DiskFull(Unwritable):
    """No space is left; nothing of the window is in the lake."""


_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns what the system says against writing below `path` into `Unwritable`."""
    try:
        yield
    except OSError as why:
        raise Unwritable.because(path, why) from why
