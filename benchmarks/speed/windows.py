"""Made-up windows for the writer alone: real sketched events with other names, keys and bands.

Everything that tells a story apart is a hash of its number, so any window is made in a moment, and
a repeat of any earlier story without remembering it.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.speed import inputs
from pipelines.batch import Place, SketchedBatch, Span
from pipelines.decode.decode import decode
from pipelines.deduplicate.minhash import BANDS
from pipelines.deduplicate.sketch import sketch
from pipelines.deduplicate.sketches import name_hashes
from pipelines.normalize.normalize import normalize
from pipelines.tag.tag import tag
from schemas.tables import TIME

ROWS = 10_000  # of a window
EVERY = 5  # each so-many-th repeats an earlier story, the same or edited
DAY = 86_400_000_000  # µs
START = 20_513 * DAY + DAY // 2  # 2026-03-01, noon; µs since 1970
_BATCH = 1_000
_TICK = 10_000_000  # µs from one window to the next

_Numbers = npt.NDArray[np.uint64]


class Windows:
    """Windows of ROWS events of one kind of text; their number makes them other stories."""

    def __init__(self, events: Path) -> None:
        self._rows = _sketched(events)
        words = self._rows.column("words")
        self._words = words.flatten().to_numpy()
        self._starts = np.concatenate([[0], np.cumsum(pc.list_value_length(words).to_numpy())])

    @property
    def text_bytes(self) -> float:
        """Of a text, on average."""
        return pc.mean(pc.binary_length(self._rows.column("text"))).as_py()

    def window(
        self, number: int, repeats: bool = True, published: int | None = None, rows: int = ROWS
    ) -> list[SketchedBatch]:
        """The first so many rows of the window of that number, in batches, in order.

        With repeats of any story before it. `published` is the day, as µs since 1970, on which all
        were published; without it they were within the twelve hours before they arrive.
        """
        own = np.arange(number * ROWS, (number + 1) * ROWS, dtype=np.uint64)
        story, edited = own.copy(), np.zeros(ROWS, bool)
        if repeats and number:
            earlier = _hashes(own[EVERY - 1 :: EVERY], "earlier") % np.uint64(number * ROWS)
            earlier -= earlier % np.uint64(EVERY)  # one that is no repeat itself
            story[EVERY - 1 :: EVERY] = earlier
            edited[EVERY - 1 :: 2 * EVERY] = True
        times = START + number * _TICK, published
        made = self._renamed(own[:rows], story[:rows], edited[:rows], *times)
        span = Span(f"made/{number:06}.jsonl", 0, rows, rows, f"{number:032x}")
        return [
            SketchedBatch(Place(number, at), [] if at else [span], [], made.slice(at, _BATCH))
            for at in range(0, rows, _BATCH)
        ]

    def _renamed(
        self,
        own: _Numbers,
        story: _Numbers,
        edited: npt.NDArray[np.bool_],
        arrived_at: int,
        day: int | None,
    ) -> pa.RecordBatch:
        at = (story % np.uint64(ROWS)).astype(np.int64)
        rows = self._rows.take(pa.array(at))
        ids = [f"made/{n // ROWS:06}.jsonl@{n % ROWS * 1_024}:{n:016x}" for n in own.tolist()]
        addresses = [f"https://made.example/{n % 97}/{n}" for n in own.tolist()]
        names = [f"made.example#{n}" for n in own.tolist()]
        mark = pa.array(story.astype(str), pa.string())
        content = np.where(edited, own, story)
        ago = (_hashes(story, "published") % np.uint64(DAY)).astype(np.int64)
        published = arrived_at - ago // 2 if day is None else day + ago
        changed = {
            "event_id": ids,
            "arrived_at": pa.array(np.full(len(own), arrived_at), TIME),
            "publisher_id": names,
            "url": addresses,
            "url_key": addresses,
            "title": pc.binary_join_element_wise(rows.column("title"), mark, " "),
            "text": pc.binary_join_element_wise(rows.column("text"), mark, " "),
            "summary": pc.binary_join_element_wise(rows.column("summary"), mark, " "),
            "published_at": pa.array(published, TIME),
            "bands": _band_column(story, own, edited),
            "event_key": name_hashes(ids),
            "content_key": _hashes(content, "content"),
            "title_key": _hashes(content, "title"),
            "summary_key": _hashes(content, "summary"),
            "url_hash": name_hashes(addresses),
            "publisher_hash": name_hashes(names),
            "words": self._word_column(at, story, edited),
        }
        columns = [
            pa.array(changed[name], kind) if name in changed else rows.column(name)
            for name, kind in zip(rows.schema.names, rows.schema.types, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=rows.schema)

    def _word_column(
        self, at: npt.NDArray[np.int64], story: _Numbers, edited: npt.NDArray[np.bool_]
    ) -> pa.Array:
        """The words of those rows, all other ones in another story; edited, each 25th changed."""
        counts = np.diff(self._starts)[at]
        starts = np.concatenate([[0], np.cumsum(counts)])
        place = np.arange(starts[-1]) - np.repeat(starts[:-1], counts)
        words = self._words[np.repeat(self._starts[at], counts) + place]
        words ^= np.repeat(_hashes(story, "words").astype(np.uint32), counts)
        words[np.repeat(edited, counts) & (place % 25 == 24)] ^= np.uint32(0x5BD1E995)
        return pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(words))


def _sketched(events: Path) -> pa.RecordBatch:
    """ROWS events with a text long enough to have bands, come so far by the stages themselves."""
    parts, count = [], 0
    for batch in inputs.batches(events):
        rows = sketch(tag(normalize(decode(batch)))).rows
        kept = rows.filter(pc.is_valid(rows.column("bands")))
        parts.append(kept)
        count += len(kept)
        if count >= ROWS:
            return pa.concat_batches(parts).slice(0, ROWS)
    raise SystemExit(f"{events.name} has no {ROWS:,} texts of some length")


def _band_column(story: _Numbers, own: _Numbers, edited: npt.NDArray[np.bool_]) -> pa.Array:
    """Bands of the story; an edited one has half of them in common with it."""
    places = np.arange(BANDS, dtype=np.uint64)
    source = np.where(edited[:, None] & (places % 2 == 1), own[:, None], story[:, None])
    found = _hashes(source * np.uint64(BANDS) + places, "bands").astype("<u4")
    offsets = np.arange(len(story) + 1, dtype=np.int32) * (4 * BANDS)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(found))]
    return pa.Array.from_buffers(pa.binary(), len(story), buffers)


def _hashes(numbers: _Numbers, kind: str) -> _Numbers:
    """64 well-mixed bits of each number, others for each kind, never 0 (splitmix64)."""
    mixed = (numbers + np.uint64(_KINDS.index(kind) << 56)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.maximum(mixed ^ (mixed >> np.uint64(31)), np.uint64(1))


_KINDS = ("earlier", "published", "content", "title", "summary", "words", "bands")
