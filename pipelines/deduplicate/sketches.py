"""Sketches: what the index knows an event by, as columns, and how they are made from rows.

All of it but the bands is so cheap that the lake keeps only those; the rest is worked out again,
to the same values, when an index is built from the lake's rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from pipelines.batch import Words
from pipelines.deduplicate.minhash import BANDS
from pipelines.deduplicate.ranges import ranges
from pipelines.words import words

WORDS_KEPT = 1 << 15  # of a text are compared; the content key covers all of them


@dataclass(slots=True)
class Sketches:
    """What the index knows events by; item *i* of every column belongs to event *i*.

    Keys are 64-bit hashes, 0 where the thing they name is missing. The words of event *i* are
    `words[starts[i]:starts[i + 1]]`, in reading order; those of its title and then its summary are
    `heads[head_starts[i]:head_starts[i + 1]]`.
    """

    event_ids: Sequence[str]
    event_key: npt.NDArray[np.uint64]
    content_key: npt.NDArray[np.uint64]  # the text's words in order
    title_key: npt.NDArray[np.uint64]
    summary_key: npt.NDArray[np.uint64]  # 0 also where the summary is all of the text
    url_hash: npt.NDArray[np.uint64]
    publisher_hash: npt.NDArray[np.uint64]
    words: npt.NDArray[np.uint32]  # top halves of the text's word hashes
    starts: npt.NDArray[np.int64]
    heads: npt.NDArray[np.uint32]  # the same of title and summary
    head_starts: npt.NDArray[np.int64]
    cut: npt.NDArray[np.bool_]  # the source cut the text off
    bands: npt.NDArray[np.uint32]  # shape (events, BANDS)
    has_bands: npt.NDArray[np.bool_]
    alive: npt.NDArray[np.bool_]  # no dead letter
    arrived_at: npt.NDArray[np.int64]  # µs since 1970, UTC

    def __len__(self) -> int:
        return len(self.event_key)

    def slice(self, first: int, last: int) -> "Sketches":
        """Events `first` to `last` (exclusive), without copying the columns."""
        columns = {f.name: getattr(self, f.name)[first:last] for f in fields(self)}
        for column, starts in (("words", "starts"), ("heads", "head_starts")):
            columns[column] = getattr(self, column)
            columns[starts] = getattr(self, starts)[first : last + 1]
        return Sketches(**columns)


def sketches_of(rows: pa.RecordBatch | pa.Table) -> Sketches:
    """The sketches in rows of `schemas.tables.SKETCHED`, in their order, copying little."""
    kept, starts = _word_lists(_column(rows, "words"))
    heads, head_starts = _word_lists(_column(rows, "head_words"))
    found, has_bands = _bands(_column(rows, "bands"))
    return Sketches(
        event_ids=_column(rows, "event_id").to_pylist(),
        event_key=_keys(_column(rows, "event_key")),
        content_key=_keys(_column(rows, "content_key")),
        title_key=_keys(_column(rows, "title_key")),
        summary_key=_keys(_column(rows, "summary_key")),
        url_hash=_keys(_column(rows, "url_hash")),
        publisher_hash=_keys(_column(rows, "publisher_hash")),
        words=kept,
        starts=starts,
        heads=heads,
        head_starts=head_starts,
        cut=_flags(_column(rows, "truncated")),
        bands=found,
        has_bands=has_bands,
        alive=_is_null(_column(rows, "reason")),
        arrived_at=_column(rows, "arrived_at").cast(pa.int64()).to_numpy(),
    )


def resketch(rows: pa.Table) -> Sketches:
    """The sketches of rows of the lake, the same as when they were decided, in their order.

    The rows have the columns of stories and duplicates, and may be dead letters as well, told by
    their `reason` or, where that column was not read, by their lack of a text.
    """
    ids = _column(rows, "event_id").to_pylist()
    told = "reason" in rows.schema.names
    alive = _is_null(_column(rows, "reason")) if told else ~_is_null(_column(rows, "text"))
    text_words, title_words, summary_words = (
        words(_column(rows, name).fill_null("").to_pylist())
        for name in ("text", "title", "summary")
    )
    kept, starts = kept_words(text_words)
    heads, head_starts = head_words(title_words, summary_words)
    content_key = text_keys(text_words)
    found, has_bands = _bands(_column(rows, "bands"))
    return Sketches(
        event_ids=ids,
        event_key=name_hashes(ids),
        content_key=content_key,
        title_key=text_keys(title_words),
        summary_key=summary_keys(summary_words, content_key),
        url_hash=name_hashes(_column(rows, "url_key").to_pylist()),
        publisher_hash=name_hashes(_column(rows, "publisher_id").to_pylist()),
        words=kept,
        starts=starts,
        heads=heads,
        head_starts=head_starts,
        cut=_flags(_column(rows, "truncated")),
        bands=found,
        has_bands=has_bands,
        alive=alive,
        arrived_at=_column(rows, "arrived_at").cast(pa.int64()).to_numpy(),
    )


def name_hashes(names: Sequence[str | None]) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each name, never 0; 0 where there is none."""
    digest = xxhash.xxh3_64_intdigest
    hashes = [(digest(name.encode()) or 1) if name else 0 for name in names]
    return np.array(hashes, np.uint64)


def text_keys(documents: Words) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each document's words in their order, never 0; 0 where it has no words."""
    counts = np.diff(documents.starts)
    keys = np.zeros(len(documents), np.uint64)
    full = np.flatnonzero(counts)
    if len(full):
        begins = documents.starts[:-1]
        place = np.arange(len(documents.hashes)) - np.repeat(begins, counts)
        mixed = (documents.hashes ^ (place.astype(np.uint64) * _ODD_PLACE)) * _ODD_WORD
        mixed ^= mixed >> np.uint64(32)
        mixed *= _ODD_LAST
        sums = np.add.reduceat(mixed, begins[full])
        sums ^= sums >> np.uint64(29)
        keys[full] = np.maximum(sums * _ODD_WORD, np.uint64(1))
    return keys


def summary_keys(summaries: Words, content_keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The summaries' keys; 0 where one is all of the text, and so says nothing beside it."""
    keys = text_keys(summaries)
    return np.where(keys == content_keys, np.uint64(0), keys)


def head_words(
    titles: Words, summaries: Words
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The top halves of the hashes of each title's and then its summary's words, and their starts.

    As of texts, only the first WORDS_KEPT of either.
    """
    (first, first_starts), (second, second_starts) = kept_words(titles), kept_words(summaries)
    counts, more = np.diff(first_starts), np.diff(second_starts)
    starts = first_starts + second_starts
    joined = np.empty(int(starts[-1]), np.uint32)
    joined[ranges(starts[:-1], counts)] = first
    joined[ranges(starts[:-1] + counts, more)] = second
    return joined, starts


def kept_words(documents: Words) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The top halves of the hashes of each document's first WORDS_KEPT words, and their starts."""
    halves = (documents.hashes >> np.uint64(32)).astype(np.uint32)
    counts = np.diff(documents.starts)
    if not (counts > WORDS_KEPT).any():
        return halves, documents.starts
    place = np.arange(len(halves)) - np.repeat(documents.starts[:-1], counts)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.minimum(counts, WORDS_KEPT))])
    return halves[place < WORDS_KEPT], starts


_ODD_PLACE = np.uint64(0xA0761D6478BD642F)  # odd constants with well-spread bits
_ODD_WORD = np.uint64(0x9E3779B97F4A7C15)
_ODD_LAST = np.uint64(0xD6E8FEB86659FD93)


def _column(rows: pa.RecordBatch | pa.Table, name: str) -> pa.Array:
    column = rows.column(name)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _is_null(column: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False))


def _keys(column: pa.Array) -> npt.NDArray[np.uint64]:
    return np.asarray((column.fill_null(0) if column.null_count else column).to_numpy())


def _flags(column: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(column.fill_null(False).to_numpy(zero_copy_only=False))


def _word_lists(column: pa.Array) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The values of all lists and where each starts; a null list is an empty one."""
    if column.null_count:
        counts = column.value_lengths().fill_null(0).to_numpy()
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
        return column.flatten().to_numpy(), starts
    return column.values.to_numpy(), column.offsets.to_numpy().astype(np.int64)


def _bands(column: pa.Array) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.bool_]]:
    """The bands, shape (rows, BANDS), zeros where there are none, and which rows have them."""
    has = ~_is_null(column)
    held = column.drop_null()
    found = np.zeros((len(column), BANDS), np.uint32)
    if len(held):
        width = 4 * BANDS
        offsets = np.frombuffer(held.buffers()[1], np.int32, len(held) + 1, 4 * held.offset)
        if (np.diff(offsets) != width).any():
            raise ValueError(f"bands are {width} bytes a row, but not in these rows")
        flat = np.frombuffer(held.buffers()[2], "<u4", len(held) * BANDS, int(offsets[0]))
        found[has] = flat.reshape(-1, BANDS)
    return found, has
