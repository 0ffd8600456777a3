"""Commit: from the handles of finished batches to what became of their events.

The transform brings all batches of a slice (or of a stream's window) to one place, in order of
arrival, and hands them to the process's writer in windows of its own; all the rest is the writer's
(`pipelines.lake.writer`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apache_beam as beam

from pipelines.lake.versions import versions
from pipelines.lake.writer import CommitResult, writer_for
from pipelines.read.staging import Handle, load

__all__ = ["Commit", "CommitResult", "windows"]


@dataclass
class Commit(beam.PTransform):
    """Commits the batches behind the handles; a result comes out once its events are safe.

    A window closes before it would have more than `events` events or `bytes` bytes, but has one
    batch at least. `writer` holds settings of `pipelines.lake.writer.Writer`.
    """

    lake: Path
    events: int = 50_000
    bytes: int = 256 << 20
    writer: Mapping[str, Any] = field(default_factory=dict)

    def expand(self, handles: beam.PCollection[Handle]) -> beam.PCollection[CommitResult]:
        return (
            handles
            | "To one writer" >> beam.Map(_one_key)
            | "Together" >> beam.GroupByKey()
            | "Write"
            >> beam.FlatMap(_write, str(self.lake), self.events, self.bytes, dict(self.writer))
        )


def windows(handles: Iterable[Handle], events: int, bytes_: int) -> Iterator[list[Handle]]:
    """The handles in order of arrival, in windows of at most so much, or of one handle."""
    window: list[Handle] = []
    rows = size = 0
    for handle in sorted(handles):
        if window and (rows + handle.rows > events or size + handle.bytes > bytes_):
            yield window
            window, rows, size = [], 0, 0
        window.append(handle)
        rows, size = rows + handle.rows, size + handle.bytes
    if window:
        yield window


def _one_key(handle: Handle) -> tuple[None, Handle]:
    return None, handle


def _write(
    group: tuple[None, Iterable[Handle]],
    lake: str,
    events: int,
    bytes_: int,
    settings: Mapping[str, Any],
) -> Iterator[CommitResult]:
    writer = writer_for(lake, **{"versions": versions(), **settings})
    for window in windows(group[1], events, bytes_):
        yield from writer.commit([load(handle) for handle in window])
