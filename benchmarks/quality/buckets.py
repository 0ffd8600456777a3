"""What a bucket of the band table should keep: `python -m benchmarks.quality.buckets`.

Two policies in tables of the same size. "newest one" is the table as it is: of each of the four
newest values of a bucket the newest story. "newest four" keeps a bucket's four newest stories,
whatever their values, so that several stories of one value are candidates.

150,000 items of the stream go through a real index with a horizon of 100,000 rows, so the table is
as full as it gets. Then both policies replay the stories among them, and are asked for a sample of
the last third: how often one of the stories that a row is near by its words is a candidate, and the
share of all of them that are; they are told by comparing the row with every story held. Then copies
of articles follow originals that lie nearly a whole horizon back.
"""

import gzip
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse

from benchmarks.quality import DATA
from benchmarks.quality.pairs import benchmark
from pipelines.deduplicate.bands import LANES, BandTable
from pipelines.deduplicate.index import Index
from pipelines.deduplicate.minhash import BANDS
from pipelines.deduplicate.relations import STORY
from pipelines.deduplicate.sketch import sketch, sketches_of
from pipelines.deduplicate.sketches import Sketches
from pipelines.evaluate.events import tagged
from pipelines.settings import Verdicts

STREAM = "stream/newsapi_2022.jsonl.gz"
HORIZON = 100_000
LEAST_WORDS = 20  # NewsAPI's texts have about forty; the default would leave them without bands
SAMPLE = 8_000
AT_ONCE = 500
VERDICTS = Verdicts(horizon_stories=HORIZON, near_words=LEAST_WORDS)

Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]  # rows, and the marks found for them


class Held(NamedTuple):
    """Stories in order, with their bands and words."""

    bands: npt.NDArray[np.uint32]
    words: list[npt.NDArray[np.uint32]]


class NewestOne:
    """The table of the index itself."""

    def __init__(self) -> None:
        self._table = BandTable(HORIZON)

    def insert(self, bands: npt.NDArray[np.uint32], first: int) -> None:
        """Take in stories; their marks count from `first` on."""
        self._table.insert(bands, np.arange(first, first + len(bands), dtype=np.uint32))

    def find(self, bands: npt.NDArray[np.uint32]) -> Pairs:
        """The candidates of rows that are not taken in."""
        no_story = np.zeros(len(bands), bool)
        rows, marks = self._table.look_up(bands, np.zeros(len(bands), np.uint32)).pairs(no_story)
        return rows, marks.astype(np.int64)


class NewestFour:
    """The same buckets of four, each holding the last four stories that fell into it."""

    def __init__(self) -> None:
        self._buckets = BandTable(HORIZON).buckets
        self._tags = np.zeros((BANDS * self._buckets, LANES), np.uint16)
        self._marks = np.zeros((BANDS * self._buckets, LANES), np.int64)

    def insert(self, bands: npt.NDArray[np.uint32], first: int) -> None:
        """Take in stories; their marks count from `first` on."""
        for mark, (buckets, tags) in enumerate(zip(*self._places(bands), strict=True), first):
            lanes = self._marks[buckets].argmin(axis=1)
            self._tags[buckets, lanes], self._marks[buckets, lanes] = tags, mark

    def find(self, bands: npt.NDArray[np.uint32]) -> Pairs:
        """The candidates of rows that are not taken in."""
        buckets, tags = self._places(bands)
        equal = (self._tags[buckets] == tags[..., None]) & (self._marks[buckets] > 0)
        rows, band, lane = np.nonzero(equal)
        return rows, self._marks[buckets[rows, band], lane]

    def _places(
        self, bands: npt.NDArray[np.uint32]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint16]]:
        buckets = (bands.astype(np.uint64) * np.uint64(self._buckets)) >> np.uint64(32)
        tags = (bands & np.uint32(0xFFFF)).astype(np.uint16)
        return buckets.astype(np.int64) + np.arange(BANDS) * self._buckets, np.maximum(tags, 1)


POLICIES = {"newest one": NewestOne, "newest four": NewestFour}


def stories(data: Path) -> Held:
    """The stories of the stream with bands, by a real index with that horizon."""
    index, bands, words = Index(VERDICTS), [], []
    with gzip.open(data / STREAM, "rb") as lines:
        for sketches in _batches(lines):
            decisions = index.decide(sketches)
            index.merge(decisions)
            which = np.flatnonzero((decisions.relation == STORY) & sketches.has_bands)
            bands.append(sketches.bands[which])
            words += _words(sketches, which)
    return Held(np.concatenate(bands), words)


def recall(held: Held, policy: type[NewestOne] | type[NewestFour]) -> dict[str, float]:
    """How many near stories the policy has as candidates, of a sample of the last third."""
    sample = np.sort(np.random.default_rng(1).choice(len(held.words) // 3, SAMPLE, replace=False))
    sample += len(held.words) - len(held.words) // 3
    table, found, begin, pairs = policy(), [], 0, 0
    started = time.perf_counter()
    for row in sample.tolist():
        table.insert(held.bands[begin:row], begin + 1)
        _, marks = table.find(held.bands[row : row + 1])
        kept = {*(marks - 1).tolist()}
        found.append({mark for mark in kept if mark >= row - HORIZON})
        pairs += len(found[-1])
        begin = row
    seconds = time.perf_counter() - started
    near = near_stories(held, sample)
    some = [(one & others, others) for one, others in zip(found, near, strict=True) if others]
    return {
        "rows with a near story": len(some),
        "at least one found": sum(bool(both) for both, _ in some) / len(some),
        "of all found": sum(len(b) for b, _ in some) / sum(len(o) for _, o in some),
        "candidates a row": pairs / len(sample),
        "seconds": seconds,
    }


def near_stories(held: Held, rows: npt.NDArray[np.int64]) -> list[set[int]]:
    """By comparison with every earlier story within the horizon: those that a row is near."""
    sets = [np.unique(_bigrams(words)) for words in held.words]
    columns = np.unique(np.concatenate(sets), return_inverse=True)[1]
    counts = np.array([len(grams) for grams in sets])
    starts = np.concatenate([[0], np.cumsum(counts)])
    matrix = scipy.sparse.csr_matrix((np.ones(len(columns), np.int32), columns, starts))
    by_gram = matrix.T.tocsr()
    near = []
    for row in rows.tolist():
        shared = matrix[row] @ by_gram
        others, both = shared.indices, shared.data
        jaccard = both / (counts[row] + counts[others] - both)
        contained = both / np.minimum(counts[row], counts[others])
        is_near = (jaccard >= VERDICTS.min_similarity) | (contained >= VERDICTS.min_containment)
        is_near &= (others < row) & (others >= row - HORIZON)
        near.append({*others[is_near].tolist()})
    return near


def far_copies(
    held: Held, policy: type[NewestOne] | type[NewestFour], originals: Sketches, copies: Sketches
) -> float:
    """The share of edited copies whose original, nearly a horizon back, is a candidate."""
    table, count = policy(), len(originals)
    table.insert(originals.bands, 1)
    table.insert(held.bands[: HORIZON - 2 * count], count + 1)
    rows, marks = table.find(copies.bands)
    return len({*rows[marks == rows + 1].tolist()}) / count


def main() -> None:
    """Print what both policies find."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    held = stories(data)
    pairs = [pair for pair in benchmark(data) if pair["same"]]
    sides = [_sketches([json.dumps(pair[side]).encode() for pair in pairs]) for side in "ab"]
    print(f"{len(held.words):,} stories with bands")
    for name, policy in POLICIES.items():
        figures = recall(held, policy)
        figures["copies of originals far back"] = far_copies(held, policy, *sides)
        print(name, *(f"  {figure}: {value:,.4f}" for figure, value in figures.items()), sep="\n")


def _batches(lines: Iterator[bytes]) -> Iterator[Sketches]:
    for first in itertools.count(step=AT_ONCE):
        bodies = list(itertools.islice(lines, AT_ONCE))
        if not bodies:
            return
        yield _sketches(bodies, first)


def _sketches(bodies: list[bytes], first: int = 0) -> Sketches:
    return sketches_of(sketch(tagged(bodies, first), LEAST_WORDS).rows)


def _words(sketches: Sketches, which: npt.NDArray[np.int64]) -> list[npt.NDArray[np.uint32]]:
    starts = sketches.starts
    return [sketches.words[starts[i] : starts[i + 1]].copy() for i in which.tolist()]


def _bigrams(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint64]:
    return (words[:-1].astype(np.uint64) << np.uint64(32)) | words[1:]


if __name__ == "__main__":
    main()
