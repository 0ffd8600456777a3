"""Read: from a part of a file to batches of the records in it.

Nothing of a record depends on how its file is cut into parts, on the size of batches, or on who
reads them: its event id is `<URI>@<offset>:<hash>`, its place is the file's number and that offset.
"""

import atexit
import os
import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from xxhash import xxh3_64_hexdigest

from pipelines.batch import DeadLetter, Place, RawBatch, Span
from pipelines.read import arrival
from pipelines.read.cursor import END, Cursor, Limits, Lines, Oversized
from pipelines.read.streams import open_stream
from schemas.reasons import OversizedRecord, Rejected, UnreadableFile

WHOLE_FILES = {"text", "html"}  # dialects in which a file is one record


class Part(NamedTuple):
    """The records that start in a stretch of a file."""

    source: int  # the file's number in this run
    path: str  # to open
    uri: str  # absolute, less the base: what event ids and spans call the file
    compression: str
    start: int  # decompressed bytes
    end: int  # exclusive; may lie beyond the file's
    dialect: str


_STANDARD = Limits()


def read_part(part: Part, limits: Limits = _STANDARD) -> Iterator[RawBatch]:
    """The part's batches, in the file's order; the next is read when it is asked for.

    Their spans cover every byte of the part's lines, blank ones too, which are no events. What
    can't be read is a dead letter in a batch without a span, so it will be tried again.
    """
    try:
        cursor = _cursors.borrow(part)
    except OSError as error:
        why = UnreadableFile(f"{part.path}: {error.strerror or error}")
        yield _failure(part, why, part.start, b"")
        return
    try:
        yield from _batches(part, cursor, limits)
        if rest := cursor.rest(part.start, part.end):
            offset, remains = rest
            yield _failure(part, cursor.stream.problem.why, offset, remains[: limits.record_bytes])
    finally:
        _cursors.give_back(part, cursor)


def read_share(parts: Iterable[Part], limits: Limits = _STANDARD) -> Iterator[RawBatch]:
    """The batches of several parts, in order, those of small files joined into whole batches.

    The parts of different files must follow one another in the run without a gap.
    """
    waiting: list[RawBatch] = []
    records = held = 0
    for part in parts:
        for batch in read_part(part, limits):
            size = sum(map(len, batch.payloads))
            new = len(batch.payloads) + len(batch.dead)
            fits = records + new <= limits.records and held + size <= limits.bytes
            follows = waiting and batch.place.source != waiting[-1].place.source
            if waiting and not (fits and follows and batch.dialect == waiting[0].dialect):
                yield joined(waiting)
                waiting, records, held = [], 0, 0
            waiting.append(batch)
            records, held = records + new, held + size
    if waiting:
        yield joined(waiting)


def joined(batches: list[RawBatch]) -> RawBatch:
    """One batch with the events of several, in their order; its place is the first one's."""
    first = batches[0]
    if len(batches) == 1:
        return first
    whole = RawBatch(first.place, first.arrived_at, [], [], [], [], [], [], [], first.dialect)
    for batch in batches:
        events = len(whole.position) + len(whole.dead)
        whole.position += [events + position for position in batch.position]
        whole.dead += [letter._replace(position=events + letter.position) for letter in batch.dead]
        whole.spans += batch.spans
        whole.ack_ids += batch.ack_ids
        whole.event_ids += batch.event_ids
        whole.attributes += batch.attributes
        whole.payloads += batch.payloads
    return whole


_BOM = b"\xef\xbb\xbf"


def _batches(part: Part, cursor: Cursor, limits: Limits) -> Iterator[RawBatch]:
    if part.dialect in WHOLE_FILES:
        if whole := cursor.take_whole(limits):
            yield _batch(part, whole)
    elif cursor.align(part.start, part.end):
        while taken := cursor.take(part.end, limits):
            yield _batch(part, taken)


def _batch(part: Part, taken: Lines) -> RawBatch:
    lines, starts, uri = taken.lines, taken.starts, part.uri
    if taken.start == 0 and lines[0].startswith(_BOM):
        lines[0] = lines[0][len(_BOM) :]
    ids = [
        f"{uri}@{start}:{hash_}"
        for start, hash_ in zip(starts, map(xxh3_64_hexdigest, lines), strict=True)
    ]
    dead: list[DeadLetter] = []
    position = list(range(len(lines)))
    if taken.oversized or not all(map(bytes.strip, lines)):
        dead, position, lines, ids, first = _sifted(part, taken, ids)
    else:
        first = taken.start
    records = len(lines) + len(dead)
    return RawBatch(
        place=Place(part.source, first),
        arrived_at=arrival.now(),
        spans=[Span(uri, taken.start, taken.stop, records, taken.digest)],
        ack_ids=[],
        dead=dead,
        position=position,
        event_ids=ids,
        attributes=[None] * len(lines),
        payloads=lines,
        dialect=part.dialect,
    )


def _sifted(
    part: Part, taken: Lines, ids: list[str]
) -> tuple[list[DeadLetter], list[int], list[bytes], list[str], int]:
    """Dead letters, positions, records, their ids, and the first event's offset: blank lines are
    no events, and oversized ones dead letters."""
    oversized = {long.index: long for long in taken.oversized}
    dead, position, lines, kept, first = [], [], [], [], None
    for i, line in enumerate(taken.lines):
        long = oversized.get(i)
        if long is None and not line.strip():
            continue
        first = taken.starts[i] if first is None else first
        event = len(lines) + len(dead)
        if long is None:
            position.append(event)
            lines.append(line)
            kept.append(ids[i])
        else:
            dead.append(_too_long(part, taken.starts[i], long, line, event))
    return dead, position, lines, kept, taken.start if first is None else first


def _too_long(part: Part, start: int, long: Oversized, kept: bytes, event: int) -> DeadLetter:
    why = OversizedRecord(
        f"{part.path}, byte {start}: a record of {long.length} bytes;"
        f" the payload lacks its last {long.length - len(kept)}"
    )
    return DeadLetter.of(why, event, f"{part.uri}@{start}:{long.hash}", kept)


def _failure(part: Part, why: Rejected, offset: int, payload: bytes) -> RawBatch:
    """A batch of one dead letter: what could not be read, and from where on.

    Its event id is the same each time the same reason shows at the same place.
    """
    why = type(why)(f"{why}; decompressed byte {offset}")
    hash_ = xxh3_64_hexdigest(why.reason.encode() + b"\0" + payload)
    letter = DeadLetter.of(why, 0, f"{part.uri}@{offset}:{hash_}", payload)
    place, at = Place(part.source, offset), arrival.now()
    return RawBatch(place, at, [], [], [letter], [], [], [], [], part.dialect)


class _Cursors:
    """Cursors that stand in compressed files between two parts of them.

    With them a worker decompresses a file once, however many of its parts it reads, so long as
    they come in order. A cursor that was borrowed is nobody else's until it is given back.
    """

    def __init__(self, most: int = 4):
        self._most = most
        self._lock = threading.Lock()
        self._idle: list[tuple[tuple, Cursor]] = []

    def borrow(self, part: Part) -> Cursor:
        if part.compression == "none":
            return Cursor(open_stream(part.path, "none"), part.start)
        key, best = _identity(part), None
        with self._lock:
            for i, (name, cursor) in enumerate(self._idle):
                nearer = best is None or cursor.offset > self._idle[best][1].offset
                if name == key and cursor.reaches(part.start) and nearer:
                    best = i
            if best is not None:
                return self._idle.pop(best)[1]
        return Cursor(open_stream(part.path, part.compression), part.start)

    def give_back(self, part: Part, cursor: Cursor) -> None:
        if part.compression == "none" or part.end == END:
            cursor.stream.close()
            return
        with self._lock:
            self._idle.append((_identity(part), cursor))
            surplus = self._idle[: -self._most]
            del self._idle[: -self._most]
        for _, old in surplus:
            old.stream.close()

    def close(self) -> None:
        with self._lock:
            for _, cursor in self._idle:
                cursor.stream.close()
            self._idle.clear()


def _identity(part: Part) -> tuple:
    """What makes two openings of a path the same file."""
    if "://" in part.path:
        return (part.path,)
    try:
        stat = os.stat(part.path)
    except OSError:
        return (part.path, None)
    return (part.path, stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


_cursors = _Cursors()
atexit.register(_cursors.close)
