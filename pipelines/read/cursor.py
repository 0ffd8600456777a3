"""Lines of a stream, many at a time, from any offset on, each with the offset it starts at.

A line belongs to the part of the file that it starts in, so parts may be cut anywhere: the first
line of a part is the one after the first newline at or after the byte before the part.
"""

from bisect import bisect_left, bisect_right
from itertools import accumulate, count
from operator import add
from typing import NamedTuple

from xxhash import xxh3_64, xxh3_64_hexdigest, xxh3_128, xxh3_128_hexdigest

from pipelines.read.streams import Stream

END = 2**63 - 1  # an offset that no file reaches


class Limits(NamedTuple):
    """How much is held at once."""

    records: int = 1_000  # lines of a batch
    bytes: int = 10_000_000  # of a batch, unless its first line alone is longer
    record_bytes: int = 32_000_000  # of a line; a longer one is passed over


class Oversized(NamedTuple):
    """A line that is longer than any may be."""

    index: int  # of its beginning, among the lines taken with it
    length: int
    hash: str


class Lines(NamedTuple):
    """Lines that follow one another."""

    start: int  # offset of the first
    stop: int  # offset after the last
    lines: list[bytes]  # without their newlines; of an oversized one its beginning
    starts: list[int]
    oversized: list[Oversized]
    digest: str  # xxh3_128 of all bytes from `start` to `stop`


class Cursor:
    """Stands in a stream, before a line or within one; moves forward only."""

    def __init__(self, stream: Stream, start: int):
        self.stream = stream
        self.ended = False
        self._since = start - 1  # the first line known to start after this offset starts here or on
        self._base = max(start - 1, 0)  # of the block
        self._block = b""
        self._lines: list[bytes] | None = [] if start == 0 else None  # None: within a line
        self._next = 0  # of the block's lines
        self.offset = self._base
        stream.seek(self._base)

    def reaches(self, start: int) -> bool:
        """Whether the first line at or after `start` still lies ahead."""
        return self._since < start

    def align(self, start: int, end: int) -> bool:
        """Moves to the first line that starts at or after `start`; false where none does
        before `end`."""
        if start > self.offset:
            self._pass_over(start)
        while self._lines is None and self.offset < end:
            if not self._block and not self._read():
                return False
            cut = self._block.find(b"\n") + 1
            self._drop(cut or len(self._block))
            if cut:
                self._split()
        return self._lines is not None and self.offset < end

    def take(self, end: int, limits: Limits) -> Lines | None:
        """The next lines that start before `end`, at least one, or None where there are none."""
        if self._lines is None or self.offset >= end:
            return None
        self._fill(limits)
        if self._next == len(self._lines):
            return self._take_oversized(limits) if not self.ended else None
        lines = self._lines[self._next : self._next + limits.records]
        starts = list(map(add, accumulate(map(len, lines), initial=self.offset), count()))
        fitting = bisect_right(starts, self.offset + limits.bytes) - 1
        taken = max(1, min(len(lines), fitting, bisect_left(starts, end)))
        start = self.offset
        stop = min(starts[taken], self._base + len(self._block))  # the last may lack its newline
        seen = memoryview(self._block)[start - self._base : stop - self._base]
        self._since, self._next, self.offset = starts[taken - 1], self._next + taken, stop
        del lines[taken:], starts[taken:]
        long = _cut_oversized(lines, limits.record_bytes)
        return Lines(start, stop, lines, starts, long, xxh3_128_hexdigest(seen))

    def take_whole(self, limits: Limits) -> Lines | None:
        """The whole stream as one line, whatever it holds; None where it is empty or cut off."""
        self._lines = []
        while len(self._block) <= limits.record_bytes and self._read():
            pass
        if not self.ended:
            return self._take_oversized(limits, whole=True)
        if not self._block or (self.stream.problem and self.stream.problem.cut):
            return None
        whole, size = self._block, len(self._block)
        self._drop(size)
        return Lines(0, size, [whole], [0], [], xxh3_128_hexdigest(whole))

    def rest(self, start: int, end: int) -> tuple[int, bytes] | None:
        """Where the stream's problem shows, and the bytes it concerns, if that is in this part.

        A cut record belongs to the part it starts in, other bytes to the part they stand in.
        """
        problem, last = self.stream.problem, self._base + len(self._block)
        if problem is None or not self.ended:
            return None
        if not problem.cut:
            return (last, problem.remains) if start <= last < end else None
        if self._lines is None or not start <= self.offset < end:
            return None
        return self.offset, self._block[self.offset - self._base :]

    def _fill(self, limits: Limits) -> None:
        """Reads on until the block holds a batch's lines, or a line too long, or the rest."""
        while not self.ended and (missing := limits.records - len(self._lines) + self._next) > 0:
            held = self._base + len(self._block) - self.offset
            some = missing < limits.records
            if held > limits.record_bytes or (some and held >= limits.bytes):
                break
            self._drop(self.offset - self._base)
            self._read(min(max(_BLOCK, held), _LARGEST_BLOCK))
            self._split()

    def _split(self) -> None:
        self._lines, self._next = self._block.split(b"\n"), 0
        last = self._lines.pop()
        cut = self.stream.problem is not None and self.stream.problem.cut
        if last and self.ended and not cut:
            self._lines.append(last)

    def _take_oversized(self, limits: Limits, whole: bool = False) -> Lines:
        """Passes over a line too long to be held, and keeps its beginning."""
        self._drop(self.offset - self._base)  # the lines before it were taken
        start, beginning = self.offset, self._block[: limits.record_bytes]
        record, span, cut, length = xxh3_64(), xxh3_128(), 0, 0
        while not cut and (self._block or self._read()):
            cut = 0 if whole else self._block.find(b"\n") + 1
            piece = memoryview(self._block)[: cut or len(self._block)]
            span.update(piece)
            record.update(piece[:-1] if cut else piece)
            length += len(piece) - (cut > 0)
            size = len(piece)
            del piece
            self._drop(size)
        self._split()
        self._since = start
        long = Oversized(0, length, record.hexdigest())
        return Lines(start, self.offset, [beginning], [start], [long], span.hexdigest())

    def _pass_over(self, start: int) -> None:
        """Forgets everything before the byte before `start`."""
        self._since = start - 1
        held = start - 1 - self._base
        if held <= len(self._block):
            self._drop(held)
        else:
            self._block, self._base = b"", start - 1
            self.stream.seek(self._base)
        self._lines, self.offset = None, self._base

    def _drop(self, size: int) -> None:
        self._block, self._base = self._block[size:], self._base + size
        self.offset = self._base

    def _read(self, size: int = 1 << 22) -> bool:
        more = self.stream.read(size)
        self._block = self._block + more if self._block else more
        self.ended = not more
        return bool(more)


_BLOCK = 1 << 22
_LARGEST_BLOCK = 1 << 23


def _cut_oversized(lines: list[bytes], longest: int) -> list[Oversized]:
    if max(map(len, lines)) <= longest:
        return []
    long = [i for i, line in enumerate(lines) if len(line) > longest]
    found = [Oversized(i, len(lines[i]), xxh3_64_hexdigest(lines[i])) for i in long]
    for i in long:
        lines[i] = lines[i][:longest]
    return found
