"""Which files a run reads: what was named on the command line, as a list in a fixed order."""

import os
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from pipelines.errors import InputError


class Source(NamedTuple):
    """A file to read."""

    number: int  # in this run
    path: str  # to open
    uri: str  # absolute, less the base: what event ids and spans call the file
    size: int  # bytes as stored; 0 where it can't be told
    dialect: str


def find(inputs: Iterable[str], base: str | None = None, dialect: str = "auto") -> list[Source]:
    """The files that the inputs name, in the order of the inputs, a folder's sorted by path.

    Folders are walked to the bottom, links followed, hidden files and what is no regular file left
    out; a file that two inputs name is read once. With dialect "auto", names ending in `.txt` and
    `.html` (also compressed) are "text" and "html". `base` is a folder (or URL) whose name is
    taken off the URIs, so that a lake outlives a move of its input.

    Raises:
        InputError: an input is not there, or matches nothing. A folder may be empty.
    """
    found: dict[str, int] = {}
    for given in inputs:
        files = list(_remote(given) if "://" in given else _local(given))
        for path, size in files:
            found.setdefault(path, size)
    prefix = _prefix(base)
    return [
        Source(
            number, path, uri(path, prefix), size, _dialect(path) if dialect == "auto" else dialect
        )
        for number, (path, size) in enumerate(found.items())
    ]


def uri(path: str, prefix: str = "") -> str:
    """The URI of a file by its absolute path, without that prefix."""
    return (path if "://" in path else f"file://{quote(os.fsencode(path))}").removeprefix(prefix)


def _prefix(base: str | None) -> str:
    if not base:
        return ""
    return uri(base if "://" in base else os.path.abspath(base)).rstrip("/") + "/"


_DIALECTS = {".txt": "text", ".html": "html", ".htm": "html"}


def _dialect(path: str) -> str:
    name = Path(path.lower())
    if name.suffix in {".gz", ".zst"}:
        name = name.with_suffix("")
    return _DIALECTS.get(name.suffix, "auto")


def _local(given: str) -> Iterator[tuple[str, int]]:
    if os.path.isdir(given):
        yield from _walk(os.path.abspath(given))
    elif os.path.isfile(given):
        yield os.path.abspath(given), os.path.getsize(given)
    elif os.path.lexists(given):
        raise InputError(f"{given} is neither a file nor a folder that can be read")
    elif not has_magic(given):
        raise InputError(f"{given} does not exist")
    else:
        matches = _once(glob(given, recursive=True))
        if not matches:
            raise InputError(f"{given} matches nothing")
        for match in matches:
            if os.path.isdir(match):
                yield from _walk(os.path.abspath(match))
            else:
                yield os.path.abspath(match), _size(match)


def _once(matches: list[str]) -> list[str]:
    """The matches sorted, each file by its shortest name: links lead round in circles."""
    names: dict[str, str] = {}
    for match in sorted(matches, key=lambda name: (name.count(os.sep), name)):
        folder, name = os.path.split(match)
        names.setdefault(os.path.join(os.path.realpath(folder), name), match)
    return sorted(names.values(), key=lambda name: name.split(os.sep))


def _walk(folder: str) -> Iterator[tuple[str, int]]:
    """Every file below the folder. One that can't be looked at is named too, so that reading it
    says why; a folder that a link leads back to is entered once."""
    entered = set()
    pending = [folder]
    files = []
    while pending:
        here = pending.pop()
        real = os.path.realpath(here)
        if real in entered:
            continue
        entered.add(real)
        try:
            entries = list(os.scandir(here))
        except OSError:
            files.append((here, 0))
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is(entry.is_dir):
                pending.append(entry.path)
            elif _is(entry.is_file) or not os.path.exists(entry.path):
                files.append((entry.path, _size(entry.path)))
    yield from sorted(files, key=lambda file: file[0].split(os.sep))


def _is(question) -> bool:
    try:
        return question()
    except OSError:  # a link that leads to itself
        return False


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _remote(given: str) -> Iterator[tuple[str, int]]:
    from pipelines.read.remote import match  # only with the extra `gcp`

    yield from match(given)
