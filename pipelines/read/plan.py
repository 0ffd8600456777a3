"""The driver's half of reading: files into slices, shares and parts, before anything is read.

A slice is one run of the pipeline, a share what one worker reads of it in one go, a part a stretch
of one file. All three are cut by estimates from each file's first bytes: nothing that comes out
depends on where.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipelines.batch import Span
from pipelines.read.committed import remaining
from pipelines.read.cursor import END
from pipelines.read.inputs import Source
from pipelines.read.parts import WHOLE_FILES, Part
from pipelines.read.streams import CompressedStream, compression_of, open_stream

Share = tuple[Part, ...]


class Slice(NamedTuple):
    """What one run of the pipeline reads; maybe nothing, where all is committed."""

    number: int
    shares: list[Share]
    skipped: int  # records that the lake holds already, their bytes unchanged
    events: int  # about as many will be read
    stored: int  # about as many bytes of the files, as stored, lie behind this slice


class Sizes(NamedTuple):
    """How much goes into a slice, a share and a part."""

    # For each worker, since each is started anew for each slice: seconds of its processor.
    slice_events: int = 500_000
    slice_bytes: int = 1 << 30  # decompressed
    slice_files: int = 10_000
    part_bytes: int = 16 << 20  # decompressed


def plan(
    sources: Sequence[Source],
    committed: Mapping[str, Sequence[Span]] | None = None,
    sizes: Sizes | None = None,
    workers: int = 1,
) -> Iterator[Slice]:
    """Slices that together read every record once, in order, made as they are asked for.

    `committed` are the spans that the lake holds, by URI: of files with any, the bytes are hashed,
    and what is unchanged is left out. A last slice may have nothing to read, and be there only to
    tell what was left out.
    """
    slices = _Slices(sizes or Sizes(), workers)
    for source in sources:
        yield from slices.add(source, (committed or {}).get(source.uri, ()))
    if slices.tells_anything():
        yield slices.close()


class _Probe(NamedTuple):
    """A file as its first bytes show it."""

    compression: str
    ratio: float  # decompressed bytes a stored byte
    size: int  # decompressed, estimated
    record: float  # bytes a record, estimated


def _probe(source: Source) -> _Probe:
    try:
        head, compression, stored = _head(source.path)
    except OSError:
        return _Probe("none", 1.0, 0, 1.0)  # the reader says why
    ratio = max(len(head), 1) / max(stored, 1) if compression != "none" else 1.0
    lines = 0 if source.dialect in WHOLE_FILES else head.count(b"\n")
    size = int(source.size * ratio)
    return _Probe(compression, ratio, size, max(len(head) / lines if lines else size, 1.0))


def _head(path: str) -> tuple[bytes, str, int]:
    """A file's first decompressed bytes, its compression, and how many stored bytes they took."""
    stream = open_stream(path, "none")
    try:
        head = stream.read(_HEAD)
    finally:
        stream.close()
    compression = compression_of(head)
    if compression == "none":
        return head, compression, len(head)
    compressed = CompressedStream(path, compression)
    try:
        return compressed.read(_HEAD), compression, compressed.consumed
    finally:
        compressed.close()


_HEAD = 1 << 16


class _Slices:
    """Slices as they fill."""

    def __init__(self, sizes: Sizes, workers: int):
        self._sizes = sizes
        self._workers = workers
        self._number = 0
        self._begin()

    def add(self, source: Source, spans: Sequence[Span]) -> Iterator[Slice]:
        """Adds what is to be read of a file; yields each slice that it fills."""
        probe = _probe(source)
        ranges, skipped = [(0, END)], 0
        if spans:
            ranges, skipped = _rest(source, probe, spans)
        elif not source.size and probe.compression == "none" and _is_empty(source.path):
            ranges = []
        self._skipped += skipped
        left = source.size
        for start, end in ranges:
            for part, size in self._parts(source, probe, start, end):
                stored = min(int(size / probe.ratio), left)
                left -= stored
                self._put(part, size, size / probe.record, stored, probe.size)
                if self._is_full():
                    yield self.close()
        self._share_lanes()
        self._files += 1
        self._stored += left
        if self._is_full():
            yield self.close()

    def tells_anything(self) -> bool:
        """Whether the slice as it stands would say something that no slice before it did."""
        return bool(self._files or self._bytes or self._small or any(self._lanes))

    def close(self) -> Slice:
        """The slice as it stands; another begins."""
        self._share_lanes()
        self._share_small()
        full = Slice(self._number, self._shares, self._skipped, round(self._events), self._stored)
        self._number += 1
        self._begin()
        return full

    def _begin(self) -> None:
        self._shares: list[Share] = []
        self._small: list[Part] = []  # parts of small files, which become one share
        self._small_bytes = 0
        self._lanes: list[list[Part]] = [[] for _ in range(self._workers)]  # of a compressed file
        self._skipped = self._bytes = self._stored = self._files = self._dealt = 0
        self._events = 0.0

    def _parts(
        self, source: Source, probe: _Probe, start: int, end: int
    ) -> Iterator[tuple[Part, int]]:
        """A range's parts with their sizes; the last is open where the range is, since the
        estimate may fall short."""
        last = min(end, max(probe.size, start))
        if source.dialect in WHOLE_FILES:
            cuts = [start]
        else:
            cuts = list(range(start, max(last, start + 1), self._sizes.part_bytes))
        for cut, following in zip(cuts, [*cuts[1:], end], strict=True):
            part = Part(
                source.number,
                source.path,
                source.uri,
                probe.compression,
                cut,
                following,
                source.dialect,
            )
            yield part, min(following, last) - cut

    def _put(self, part: Part, size: int, events: float, stored: int, whole: int) -> None:
        self._bytes += size
        self._events += events
        self._stored += stored
        if part.compression == "none" or whole <= self._sizes.part_bytes:
            self._small.append(part)
            self._small_bytes += size
            if self._small_bytes >= self._sizes.part_bytes:
                self._share_small()
            return
        self._share_small()  # batches may be joined within a share: no file may be left out there
        lane = self._lanes[self._dealt % self._workers]
        self._dealt += 1
        if lane and lane[-1].end == part.start:
            lane[-1] = lane[-1]._replace(end=part.end)
        else:
            lane.append(part)

    def _share_small(self) -> None:
        if self._small:
            self._shares.append(tuple(self._small))
        self._small, self._small_bytes = [], 0

    def _share_lanes(self) -> None:
        self._shares += [tuple(lane) for lane in self._lanes if lane]
        self._lanes = [[] for _ in range(self._workers)]

    def _is_full(self) -> bool:
        sizes = self._sizes
        return (
            self._events >= sizes.slice_events * self._workers
            or self._bytes >= sizes.slice_bytes * self._workers
            or self._files >= sizes.slice_files
        )


def _rest(source: Source, probe: _Probe, spans: Sequence[Span]) -> tuple[list, int]:
    try:
        stream = open_stream(source.path, probe.compression)
    except OSError:
        return [(0, END)], 0
    try:
        return remaining(stream, spans, source.dialect in WHOLE_FILES)
    finally:
        stream.close()


def _is_empty(path: str) -> bool:
    try:
        stream = open_stream(path, "none")
    except OSError:
        return False
    try:
        return not stream.read(1) and stream.problem is None
    finally:
        stream.close()
