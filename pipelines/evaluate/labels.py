"""Labels: what is right, one JSON object a line, as people write them by hand."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import isal.igzip

from pipelines.errors import InputError


@dataclass(frozen=True, slots=True)
class Kind:
    """What a label of one kind holds."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


KINDS = {
    "articles": Kind(("html", "text"), ("url", "title", "date", "authors")),
    "unicode": Kind(("raw", "clean")),
    "urls": Kind(("a", "b", "same")),
    "dates": Kind(("raw", "at"), ("now",)),
    "languages": Kind(("text", "language")),
    "duplicates": Kind(("a", "b", "same")),
    "tags": Kind(("title", "topic"), ("text", "summary")),
}


def read_labels(path: Path, kind: Kind) -> Iterator[dict[str, Any]]:
    """The labels of a file, plain or gzipped, in order; empty lines are passed over.

    Raises:
        InputError: the file cannot be read, or a line is no label of this kind; it names the line.
    """
    opened = isal.igzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _label(line, kind, f"{path}, line {number}")
    except (OSError, EOFError) as why:
        raise InputError(f"{path} cannot be read: {why}") from why


def _label(line: bytes, kind: Kind, where: str) -> dict[str, Any]:
    try:
        label = json.loads(line)
    except ValueError as why:
        raise InputError(f"{where}: not JSON: {why}") from why
    missing = [name for name in kind.needs if not isinstance(label, dict) or name not in label]
    if missing:
        raise InputError(f"{where}: a label needs {', '.join(kind.needs)}; {missing[0]} is missing")
    return label
