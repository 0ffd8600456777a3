"""What flows through the pipeline: a batch of events, whose type changes as the events do.

    RawBatch → DecodedBatch → NormalizedBatch → TaggedBatch → SketchedBatch

Columns are parallel: item *i* of every list belongs to the same event. An event that a stage
rejects leaves the columns and becomes a `DeadLetter` in `dead`; later stages pass those on.
"""

from dataclasses import dataclass, field, fields
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas.reasons import Rejected


class Place(NamedTuple):
    """Where a batch stands in its input: comparing places gives the order of arrival."""

    source: int  # number of the file or stream in this run
    offset: int  # of the batch's first event in the source; bytes for files, a count for streams

    @property
    def name(self) -> str:
        """For a file's name: names sort as places do."""
        return f"{self.source:08d}.{self.offset:020d}"


class Span(NamedTuple):
    """A part of a file that a batch covers, as the commit row's `sources` remembers it."""

    path: str
    start: int  # decompressed bytes
    end: int
    records: int
    digest: str  # xxh3_128 of the decompressed bytes, hexadecimal


class DeadLetter(NamedTuple):
    """An event that was rejected, with everything needed to show why and to try again."""

    position: int  # in the raw batch
    event_id: str
    stage: str
    reason: str
    detail: str
    payload: bytes
    attributes: str | None

    @classmethod
    def of(
        cls,
        why: Rejected,
        position: int,
        event_id: str,
        payload: bytes,
        attributes: str | None = None,
    ) -> Self:
        """The dead letter of one event, its reason taken from the exception."""
        return cls(position, event_id, why.stage, why.reason, str(why), payload, attributes)


@dataclass(slots=True)
class Batch:
    """The columns that every event has from its arrival on."""

    place: Place
    arrived_at: int  # µs since 1970, UTC, of the whole batch
    spans: list[Span]
    ack_ids: list[str]  # what to acknowledge once the batch is committed
    dead: list[DeadLetter]
    position: list[int]  # each living event's place in the raw batch
    event_ids: list[str]
    attributes: list[str | None]  # message attributes, JSON
    payloads: list[bytes]

    def reject(self, rows: dict[int, Rejected]) -> Self:
        """A batch without those rows (by index into the columns), which are dead letters now."""
        if not rows:
            return self
        dead = [
            DeadLetter.of(
                why, self.position[i], self.event_ids[i], self.payloads[i], self.attributes[i]
            )
            for i, why in rows.items()
        ]
        kept = [i for i in range(len(self.position)) if i not in rows]
        changed = {
            f.name: [column[i] for i in kept]
            for f in fields(self)
            if f.name not in _NOT_COLUMNS and isinstance(column := getattr(self, f.name), list)
        }
        unchanged = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in changed}
        return type(self)(**{**unchanged, **changed, "dead": self.dead + dead})


_NOT_COLUMNS = {"spans", "ack_ids", "dead"}


@dataclass(slots=True)
class RawBatch(Batch):
    """Raw events as they were read: bytes and where they are from."""

    dialect: str = "auto"  # "auto" (told record by record), or a name in decode's table

    @classmethod
    def of_messages(
        cls,
        place: Place,
        arrived_at: int,
        ack_ids: list[str],
        event_ids: list[str],
        attributes: list[str | None],
        payloads: list[bytes],
        dialect: str = "auto",
    ) -> Self:
        """A batch of messages, which are parts of no file, and none of them dead."""
        position = list(range(len(payloads)))
        return cls(
            place, arrived_at, [], ack_ids, [], position, event_ids, attributes, payloads, dialect
        )


@dataclass(slots=True)
class DecodedBatch(Batch):
    """Events whose members are known, their content still as the publisher wrote it."""

    publisher_id: list[str | None] = field(default_factory=list)  # the body's id, alone
    url: list[str | None] = field(default_factory=list)
    title: list[str] = field(default_factory=list)  # "" where missing, as are text and summary
    text: list[str] = field(default_factory=list)  # may hold HTML
    summary: list[str] = field(default_factory=list)
    truncated: list[bool] = field(default_factory=list)
    published_raw: list[str | None] = field(default_factory=list)
    authors: list[list[str]] = field(default_factory=list)
    publisher: list[str | None] = field(default_factory=list)
    section: list[str | None] = field(default_factory=list)
    language_declared: list[str | None] = field(default_factory=list)
    extra: list[str | None] = field(default_factory=list)  # JSON object of unknown members


@dataclass(slots=True)
class Words:
    """The words of many documents: hashes in reading order, one array for all.

    `hashes[starts[i]:starts[i + 1]]` are document *i*'s; `starts` has one item more than there are
    documents.
    """

    hashes: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def slice(self, first: int, last: int) -> "Words":
        """The words of documents `first` to `last` (exclusive), without copying the hashes."""
        starts = self.starts[first : last + 1]
        return Words(self.hashes[starts[0] : starts[-1]], starts - starts[0])


@dataclass(slots=True)
class NormalizedBatch(DecodedBatch):
    """Stories as readers know them: clean text, one URL, one clock, one language.

    `publisher_id` is `<site, else publisher, else source>#<id>` from here on. `title_words`,
    `text_words` and `summary_words` serve language, tag and sketch alike; rows must not be rejected
    any more.
    """

    url_key: list[str | None] = field(default_factory=list)
    site: list[str | None] = field(default_factory=list)
    published_at: list[int | None] = field(default_factory=list)  # µs since 1970, UTC
    language: list[str | None] = field(default_factory=list)
    title_words: Words | None = None
    text_words: Words | None = None
    summary_words: Words | None = None


@dataclass(slots=True)
class TaggedBatch(NormalizedBatch):
    """Stories with their topic."""

    topic: list[str | None] = field(default_factory=list)
    politics_score: npt.NDArray[np.float32] | None = None
    sports_score: npt.NDArray[np.float32] | None = None
    topic_confident: list[bool | None] = field(default_factory=list)


@dataclass(slots=True)
class SketchedBatch:
    """A finished batch: one Arrow batch of `schemas.tables.SKETCHED`, its events in order."""

    place: Place
    spans: list[Span]
    ack_ids: list[str]
    rows: pa.RecordBatch
