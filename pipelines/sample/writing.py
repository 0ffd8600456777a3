"""Writes a sample to disk: the events, and the truth beside them."""

import gzip
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from itertools import accumulate
from itertools import count as count_from
from multiprocessing import get_context
from pathlib import Path
from typing import IO, NamedTuple

from pydantic_core import to_json

from .newsroom import Truth, edition_of, editions

_SIDE_BY_SIDE = 4  # editions from which on it pays to start processes
_AHEAD = 8  # editions made before they are written: they are held in memory
_SUFFIXES = {".jsonl", ".ndjson", ".json", ".gz"}


class Sample(NamedTuple):
    """What was written where."""

    events: Path
    truth: Path
    kinds: dict[str, int]  # events of each kind


def write_sample(
    out: Path,
    count: int,
    seed: int,
    dialect: str = "story",
    progress: Callable[[int], None] = lambda lines: None,
) -> Sample:
    """Write a sample to a file, or to `events.jsonl` in a folder; `truth.jsonl` goes beside it.

    A name that ends in `.gz` is compressed. Equal arguments give equal lines on every machine.
    `progress` is told how many lines were added.

    Raises:
        OSError: the files cannot be written.
    """
    file = out if out.suffix in _SUFFIXES else out / "events.jsonl"
    truth_file = file.parent / "truth.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    kinds: Counter[str] = Counter()
    offset, line = 0, 1
    with _open(file) as to_events, truth_file.open("wb") as to_truth:
        for edition in _made(count, seed, dialect):
            to_events.write(edition.lines)
            offsets = list(accumulate(edition.sizes, initial=offset))
            lines = count_from(line)
            truths = map(_truth_line, lines, offsets, edition.ids, edition.truths)
            to_truth.write("".join(truths).encode())
            kinds.update(truth.kind for truth in edition.truths)
            offset, line = offsets[-1], line + len(edition.ids)
            progress(len(edition.ids))
    return Sample(file, truth_file, dict(kinds))


class _Edition(NamedTuple):
    """Some thousand events that follow one another, as they are written."""

    lines: bytes
    sizes: list[int]  # of each line, with its newline
    ids: list[str | None]
    truths: list[Truth]


def _made(count: int, seed: int, dialect: str) -> Iterator[_Edition]:
    """The editions in their order, made by all processors where there are many."""
    number = editions(count)
    make = partial(_make, count, seed, dialect)
    if number < _SIDE_BY_SIDE:
        yield from map(make, range(number))
        return
    # Spawned: a fork would copy whatever threads the caller runs.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        waiting: deque[Future[_Edition]] = deque()
        for edition in range(number):
            waiting.append(processes.submit(make, edition))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _make(count: int, seed: int, dialect: str, edition: int) -> _Edition:
    made, truths = zip(*edition_of(count, seed, dialect, edition), strict=True)
    records = [e if isinstance(e, bytes) else to_json(e) for e in made]
    ids = [None if isinstance(e, bytes) else e.get("id") for e in made]
    sizes = [len(record) + 1 for record in records]
    return _Edition(b"\n".join([*records, b""]), sizes, ids, list(truths))


def _open(file: Path) -> AbstractContextManager[IO[bytes]]:
    if file.suffix == ".gz":
        # Without the time of writing, so that equal samples are equal files.
        return gzip.GzipFile(file, "wb", compresslevel=1, mtime=0)  # type: ignore[return-value]
    return file.open("wb")


def _truth_line(line: int, offset: int, name: str | None, truth: Truth) -> str:
    # By hand: no value needs escaping, and it is twice as fast as json.dumps.
    return (
        f'{{"line": {line}, "offset": {offset}, "id": {_text(name)}, "kind": "{truth.kind}", '
        f'"repeats": {_number(truth.repeats)}, "beside": {_number(truth.beside)}, '
        f'"topic": {_text(truth.topic)}, "language": {_text(truth.language)}, '
        f'"reason": {_text(truth.reason)}}}\n'
    )


def _text(value: str | None) -> str:
    return "null" if value is None else f'"{value}"'


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)
