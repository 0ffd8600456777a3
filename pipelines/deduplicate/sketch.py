"""Sketch: work out what the deciding has to know of each event, before its turn comes.

A sketch is a function of one event alone, so this runs side by side; the one writer that decides
gets finished columns.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.batch import DeadLetter, SketchedBatch, TaggedBatch, Words
from pipelines.deduplicate.minhash import SHINGLE, bands
from pipelines.deduplicate.sketches import (
    Sketches,
    head_words,
    kept_words,
    name_hashes,
    resketch,
    sketches_of,
    summary_keys,
    text_keys,
)
from pipelines.settings import Verdicts
from pipelines.words import words
from schemas.tables import SKETCHED
from schemas.topic import Topic

__all__ = ["Sketches", "resketch", "sketch", "sketches_of"]


def sketch(batch: TaggedBatch, near_words: int = Verdicts().near_words) -> SketchedBatch:
    """The batch as the commit takes it: every event of it in order of arrival, with its sketch.

    Texts of fewer than `near_words` words have no bands: they are never near one another.
    """
    living = _living(batch, near_words)
    if not batch.dead:
        rows = living
    else:
        dead = _dead(batch.dead, batch.arrived_at)
        positions = [*batch.position, *(letter.position for letter in batch.dead)]
        order = np.argsort(np.array(positions), kind="stable")
        both = pa.Table.from_batches([living, dead]).take(pa.array(order))
        rows = both.combine_chunks().to_batches()[0]
    return SketchedBatch(batch.place, batch.spans, batch.ack_ids, rows)


_COLUMNS = {f.name for f in fields(TaggedBatch)} - {"arrived_at"}
_SAME_NAME = [name for name in SKETCHED.names if name in _COLUMNS]
_CODES = {topic.value: list(topic.codes) for topic in Topic}


def _living(batch: TaggedBatch, near_words: int) -> pa.RecordBatch:
    text_words = batch.text_words or words(batch.text)
    title_words = batch.title_words or words(batch.title)
    summary_words = batch.summary_words or words(batch.summary)
    kept, starts = kept_words(text_words)
    heads, head_starts = head_words(title_words, summary_words)
    content_key = text_keys(text_words)
    columns: dict[str, Any] = {name: getattr(batch, name) for name in _SAME_NAME}
    columns |= {
        "event_id": batch.event_ids,
        "arrived_at": np.full(len(batch.event_ids), batch.arrived_at),
        "topic_codes": [_CODES.get(topic or "") for topic in batch.topic],
        "bands": _band_column(text_words, max(near_words, SHINGLE)),
        "event_key": name_hashes(batch.event_ids),
        "content_key": content_key,
        "title_key": text_keys(title_words),
        "summary_key": summary_keys(summary_words, content_key),
        "url_hash": name_hashes(batch.url_key),
        "publisher_hash": name_hashes(batch.publisher_id),
        "words": pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(kept)),
        "head_words": pa.ListArray.from_arrays(pa.array(head_starts, pa.int32()), pa.array(heads)),
    }
    return _rows(columns, len(batch.event_ids))


def _dead(letters: list[DeadLetter], arrived_at: int) -> pa.RecordBatch:
    ids = [letter.event_id for letter in letters]
    columns: dict[str, Any] = {
        name: [getattr(letter, name) for letter in letters]
        for name in ("attributes", "stage", "reason", "detail", "payload")
    }
    columns |= {
        "event_id": ids,
        "arrived_at": np.full(len(ids), arrived_at),
        "event_key": name_hashes(ids),
    }
    return _rows(columns, len(ids))


def _rows(columns: Mapping[str, Any], count: int) -> pa.RecordBatch:
    """One Arrow batch of the schema; columns that are not given are null."""
    arrays = []
    for name, kind in zip(SKETCHED.names, SKETCHED.types, strict=True):
        column = columns.get(name)
        if column is None:
            column = pa.nulls(count, kind)
        if not isinstance(column, pa.Array):
            # NumPy has no null: what is not a number is missing, or an average would be NaN.
            column = pa.array(column, kind, from_pandas=True)
        arrays.append(column)
    return pa.RecordBatch.from_arrays(arrays, schema=SKETCHED)


def _band_column(documents: Words, least_words: int) -> pa.Array:
    counts = np.diff(documents.starts)
    long = np.flatnonzero(counts >= least_words)
    column: list[bytes | None] = [None] * len(documents)
    if len(long):
        made = bands(_some(documents, long)).astype("<u4", copy=False)
        size = made.shape[1] * made.itemsize
        flat = made.tobytes()
        for i, row in enumerate(long.tolist()):
            column[row] = flat[i * size : (i + 1) * size]
    return pa.array(column, pa.binary())


def _some(documents: Words, which: npt.NDArray[np.int64]) -> Words:
    """The words of some of the documents."""
    if len(which) == len(documents):
        return documents
    counts = np.diff(documents.starts)
    wanted = np.zeros(len(documents), bool)
    wanted[which] = True
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts[which])])
    return Words(documents.hashes[np.repeat(wanted, counts)], starts)
