"""Writes a sample to disk: the events, and the truth beside them."""

import gc
import gzip
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path
from typing import IO, NamedTuple

from pydantic_core import to_json

from .newsroom import EDITION, Truth, edition_of, editions

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
    offset = 0
    with _open(file) as to_events, truth_file.open("wb") as to_truth:
        for edition in _made(count, seed, dialect):
            to_events.write(edition.lines)
            *offsets, offset = accumulate(edition.sizes, initial=offset)
            to_truth.write((edition.truths % tuple(offsets)).encode())
            kinds += edition.kinds
            progress(len(offsets))
    return Sample(file, truth_file, dict(kinds))


class _Edition(NamedTuple):
    """Some thousand events that follow one another, as they are written."""

    lines: bytearray
    sizes: list[int]  # of each line, with its newline
    truths: str  # a line each, `%d` in place of the offset that only the whole file tells
    kinds: Counter[str]


def _made(count: int, seed: int, dialect: str) -> Iterator[_Edition]:
    """The editions in their order, made by all processors where there are many."""
    number = editions(count)
    make = partial(_make, count, seed, dialect)
    if number < _SIDE_BY_SIDE:
        yield from map(make, range(number))
        return
    # Spawned: a fork would copy whatever threads the caller runs. Events refer to nothing that
    # refers to them, so that looking for cycles would only cost time: a tenth of it.
    spawn = get_context("spawn")
    with ProcessPoolExecutor(mp_context=spawn, initializer=gc.disable) as processes:
        waiting: deque[Future[_Edition]] = deque()
        for edition in range(number):
            waiting.append(processes.submit(make, edition))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _make(count: int, seed: int, dialect: str, edition: int) -> _Edition:
    lines, sizes, truths = bytearray(), [], []
    kinds: Counter[str] = Counter()
    made = edition_of(count, seed, dialect, edition)
    for line, (event, truth) in enumerate(made, edition * EDITION + 1):
        record, name = (
            (event, None) if isinstance(event, bytes) else (to_json(event), event.get("id"))
        )
        lines += record
        lines += b"\n"
        sizes.append(len(record) + 1)
        truths.append(_truth_line(line, name, truth))
        kinds[truth.kind] += 1
    return _Edition(lines, sizes, "".join(truths), kinds)


def _open(file: Path) -> AbstractContextManager[IO[bytes]]:
    if file.suffix == ".gz":
        # Without the time of writing, so that equal samples are equal files.
        return gzip.GzipFile(file, "wb", compresslevel=1, mtime=0)  # type: ignore[return-value]
    return file.open("wb")


def _truth_line(line: int, name: str | None, truth: Truth) -> str:
    # By hand: no value needs escaping, and it is twice as fast as json.dumps.
    return (
        f'{{"line": {line}, "offset": %d, "id": {_text(name)}, "kind": "{truth.kind}", '
        f'"repeats": {truth.repeats or "null"}, "beside": {truth.beside or "null"}, '
        f'"topic": {_text(truth.topic)}, "language": {_text(truth.language)}, '
        f'"reason": {_text(truth.reason)}}}\n'
    )


def _text(value: str | None) -> str:
    return "null" if value is None else f'"{value}"'
