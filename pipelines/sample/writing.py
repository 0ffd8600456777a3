"""Writes a sample to disk: the events, and the truth beside them."""

import gzip
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import accumulate, islice
from itertools import count as count_from
from pathlib import Path
from typing import IO, NamedTuple

from pydantic_core import to_json

from .newsroom import Truth, events
from .outlets import Event

_CHUNK = 1_000  # lines a write
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
    stream = events(count, seed, dialect)
    with _open(file) as to_events, truth_file.open("wb") as to_truth:
        while chunk := list(islice(stream, _CHUNK)):
            records = [e if isinstance(e, bytes) else to_json(e) for e, _ in chunk]
            to_events.write(b"\n".join([*records, b""]))
            offsets = list(accumulate((len(record) + 1 for record in records), initial=offset))
            truths = map(_truth_line, count_from(line), offsets, *zip(*chunk, strict=True))
            to_truth.write("".join(truths).encode())
            kinds.update(truth.kind for _, truth in chunk)
            offset, line = offsets[-1], line + len(chunk)
            progress(len(chunk))
    return Sample(file, truth_file, dict(kinds))


def _open(file: Path) -> AbstractContextManager[IO[bytes]]:
    if file.suffix == ".gz":
        # Without the time of writing, so that equal samples are equal files.
        return gzip.GzipFile(file, "wb", compresslevel=1, mtime=0)  # type: ignore[return-value]
    return file.open("wb")


def _truth_line(line: int, offset: int, event: Event | bytes, truth: Truth) -> str:
    # By hand: no value needs escaping, and it is twice as fast as json.dumps.
    name = None if isinstance(event, bytes) else event.get("id")
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
