"""What a check finds: a sentence, and how bad it is."""

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """One line of a check."""

    grade: Literal["ok", "note", "problem"]  # a problem stops the stream, or loses events
    about: str
    sentence: str


def ok(about: str, sentence: str) -> Finding:
    """As it should be."""
    return Finding("ok", about, sentence)


def note(about: str, sentence: str) -> Finding:
    """Works, and is worth knowing."""
    return Finding("note", about, sentence)


def problem(about: str, sentence: str) -> Finding:
    """The stream would not start, not go on, or lose something."""
    return Finding("problem", about, sentence)


def span(seconds: float) -> str:
    """A length of time in its largest unit: 10 s, 12 h, 31 days."""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
