"""What of a file the lake holds already: spans with the same bytes are not read again."""

from collections.abc import Iterable
from typing import NamedTuple

from xxhash import xxh3_128_hexdigest

from pipelines.batch import Span
from pipelines.read.cursor import END
from pipelines.read.streams import Stream


class Remaining(NamedTuple):
    """What is left to read of a file."""

    ranges: list[tuple[int, int]]  # from line start to line start, the last maybe to END
    records: int  # that need not be read


def remaining(stream: Stream, spans: Iterable[Span], whole: bool = False) -> Remaining:
    """The file's ranges that no committed span covers, and how many records the others hold.

    Each span's bytes are hashed once, in order of their offsets; among spans that start alike the
    longest that fits counts. A file that grew continues where it ended, or at its last line where
    that had no newline and may have been half written. A file that is one record (`whole`) is
    covered by a span of all of it or not at all.
    """
    bytes_ = _Forward(stream)
    ranges, records, at = [], 0, 0
    for start, rivals in sorted(_by_start(spans).items()):
        if start < at:
            continue
        fitting = _fitting(bytes_, start, rivals)
        if fitting is None or (whole and (start or bytes_.beyond(fitting.end))):
            continue
        if start > at:
            ranges.append((at, start))
        at, records = fitting.end, records + fitting.records
        last = bytes_.get(start, at + 1)
        if len(last) > at - start and last[-2:-1] != b"\n":
            unfinished = last[:-1].rpartition(b"\n")[2]
            at, records = at - len(unfinished), records - bool(unfinished.strip())
    if bytes_.beyond(at) or stream.problem:
        ranges.append((at, END))
    return Remaining(ranges, records)


def _by_start(spans: Iterable[Span]) -> dict[int, list[Span]]:
    starts: dict[int, list[Span]] = {}
    for span in spans:
        starts.setdefault(span.start, []).append(span)
    return starts


def _fitting(bytes_: "_Forward", start: int, rivals: list[Span]) -> Span | None:
    """The longest of the spans from `start` whose digest the file's bytes there have."""
    if start and bytes_.get(start - 1, start) != b"\n":
        return None
    for span in sorted(rivals, key=lambda span: -span.end):
        data = bytes_.get(start, span.end)
        if len(data) == span.end - start and xxh3_128_hexdigest(data) == span.digest:
            return span
    return None


class _Forward:
    """Bytes of a stream by their offsets.

    Asking for bytes from `start` on gives away those more than one byte before it.
    """

    def __init__(self, stream: Stream):
        self._stream = stream
        self._held = b""
        self._base = 0  # offset of what is held

    def get(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`, fewer where the stream ends."""
        self._give_away(start - 1)
        while (missing := stop - self._base - len(self._held)) > 0 and self._read(missing):
            self._give_away(start - 1)
        return self._held[max(start - self._base, 0) : max(stop - self._base, 0)]

    def beyond(self, offset: int) -> bool:
        """Whether the stream has a byte at `offset`."""
        while self._base + len(self._held) <= offset and self._read(1):
            pass
        return self._base + len(self._held) > offset

    def _read(self, missing: int) -> bool:
        more = self._stream.read(min(missing, _PIECE))
        self._held += more
        return bool(more)

    def _give_away(self, before: int) -> None:
        surplus = min(max(before - self._base, 0), len(self._held))
        self._held, self._base = self._held[surplus:], self._base + surplus


_PIECE = 1 << 23
