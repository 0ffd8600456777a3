"""The tagger's model: one linear head for politics and one for sports, over hashed words and pairs.

A document's margin for a head is the sum of its features' weights over the root of their number,
plus a bias. Features are the words and the neighbouring pairs of words in the title, in the summary
unless the text begins with it, and in the text's first 400 words; the top 18 bits of a hash are its
bucket (feature hashing, https://arxiv.org/abs/0902.2206). Wherever two heads stand in one array,
politics is first.
"""

import hashlib
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipelines.batch import Words
from pipelines.words import mix_neighbours, spell, words

HEADS = ("politics", "sports")
BUCKETS = 1 << 18
LIMIT = 400  # words of a title, a summary or a text that are read
_HALF = 20  # bits for a sum of 2,400 weights of politics; those of sports are above them
_BLOCK = 32_768  # words at a time: temporaries that stay in the cache, and in the heap


class Contribution(NamedTuple):
    """What one word or pair of words added to a head's margin."""

    words: str
    head: str
    margin: float


@dataclass(slots=True)
class Model:
    """What was learnt, and how to read it."""

    weights: npt.NDArray[np.int8]  # [head, bucket]
    scale: npt.NDArray[np.float64]  # one a head: the margin that a weight of 1 stands for
    bias: npt.NDArray[np.float64]
    slope: npt.NDArray[np.float64]  # probability = logistic(slope · margin + offset)
    offset: npt.NDArray[np.float64]
    band: npt.NDArray[np.float64]  # margins nearer to 0 than this are not confident
    listed: npt.NDArray[np.uint64]  # words that are evidence for a head, sorted
    listed_for: npt.NDArray[np.int8]  # the head of each
    vocabulary: npt.NDArray[np.uint8]  # a bit for each of 2^20 hashes: a word of English news?
    packed: npt.NDArray[np.int32] = field(init=False)  # both heads' weights in one number

    def __post_init__(self) -> None:
        wide = self.weights.astype(np.int32)
        self.packed = wide[0] + (wide[1] << _HALF)

    @property
    def version(self) -> str:
        """A digest of everything that decides a tag."""
        digest = hashlib.sha256()
        for name in _STORED:
            digest.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return digest.hexdigest()[:12]

    def margins(self, title: Words, summary: Words, text: Words) -> npt.NDArray[np.float64]:
        """How far each document is on a topic's side: [head, document], above 0 is on it."""
        read = np.where(repeats(summary, text), 0, LIMIT)
        sums, sizes = self._sum(title, np.full(len(title), LIMIT))
        for part, limit in ((summary, read), (text, np.full(len(text), LIMIT))):
            more, size = self._sum(part, limit)
            sums += more
            sizes += size
        middle = 1 << (_HALF - 1)
        politics = ((sums + middle) & (2 * middle - 1)) - middle  # the low half, with its sign
        both = np.stack([politics, (sums - politics) >> _HALF]) / np.sqrt(np.maximum(sizes, 1))
        return both * self.scale[:, None] + self.bias[:, None]

    def probabilities(self, margins: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        """The margins as calibrated probabilities."""
        return logistic(self.slope[:, None] * margins + self.offset[:, None]).astype(np.float32)

    def listed_words(self, documents: list[npt.NDArray[np.uint64]]) -> npt.NDArray[np.int64]:
        """How many different words of evidence each document has: [head, document]."""
        hashes = np.concatenate([np.empty(0, np.uint64), *documents])
        place = np.minimum(np.searchsorted(self.listed, hashes), len(self.listed) - 1)
        found = np.flatnonzero(self.listed[place] == hashes)
        ends = np.cumsum([len(document) for document in documents])
        owner = np.searchsorted(ends, found, "right")
        different = np.unique(owner * len(self.listed) + place[found])
        document, word = np.divmod(different, len(self.listed))
        counts = np.zeros((len(HEADS), len(documents)), np.int64)
        np.add.at(counts, (self.listed_for[word], document), 1)
        return counts

    def knows(self, part: Words) -> npt.NDArray[np.int64]:
        """How many of each document's words are words of English news."""
        place = (part.hashes >> np.uint64(44)).view(np.int64)
        known = self.vocabulary[place >> 3] >> (place & 7).astype(np.uint8) & 1
        return np.diff(_running(known)[part.starts])

    def explain(self, title: str, text: str, summary: str = "", top: int = 8) -> list[Contribution]:
        """What decided: the words and pairs that added most to either head, greatest first."""
        parts = [spell(title), spell(summary)[:LIMIT], spell(text)[:LIMIT]]
        if repeats(words([summary]), words([text]))[0]:
            del parts[1]
        names: list[str] = []
        for part in parts:
            names += part + [" ".join(pair) for pair in pairwise(part)]
        made = [words([" ".join(part)]).hashes for part in parts]
        hashes = np.concatenate([np.concatenate([h, mix_neighbours(h, 2)]) for h in made])
        added = self.weights[:, buckets(hashes)] * self.scale[:, None] / max(1, len(hashes)) ** 0.5
        totals: dict[tuple[str, str], float] = {}
        for head, row in zip(HEADS, added.tolist(), strict=True):
            for name, margin in zip(names, row, strict=True):
                totals[name, head] = totals.get((name, head), 0.0) + margin
        ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        return [Contribution(*key, margin) for key, margin in ranked[:top] if margin > 0]

    def save(self, path: Path) -> None:
        """Write the model to one compressed file, the same bytes for the same model."""
        with path.open("wb") as out:
            np.savez_compressed(out, **{name: getattr(self, name) for name in _STORED})

    def _sum(
        self, part: Words, limit: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Each document's packed weights, added up, and the number of its features."""
        size = np.minimum(np.diff(part.starts), limit)
        sums = np.zeros(len(part), np.int64)
        first = 0
        while first < len(part):
            beyond = int(np.searchsorted(part.starts, part.starts[first] + _BLOCK, "right")) - 1
            last = max(first + 1, min(beyond, len(part)))
            sums[first:last] = self._sum_block(part.slice(first, last), size[first:last])
            first = last
        return sums, size + np.maximum(size - 1, 0)

    def _sum_block(self, part: Words, size: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The packed weights of each document's first `size` words and the pairs in them.

        Differences of a running sum: unlike `reduceat` they are right for empty documents, and a
        limit costs nothing. Each word stands for itself and the pair that it begins; the pair that
        the last word begins leads out and is taken back.
        """
        hashes = part.hashes
        values = np.zeros(len(hashes) + 1, np.int64)
        values[1:] = self.packed.take(buckets(hashes))
        pairs = self.packed.take(buckets(mix_neighbours(hashes, 2)))
        values[1 : 1 + len(pairs)] += pairs
        running = np.cumsum(values)
        first, end = part.starts[:-1], part.starts[:-1] + size
        sums = running[end] - running[first]
        leads_out = np.flatnonzero((size > 0) & (end < len(hashes)))
        sums[leads_out] -= pairs[end[leads_out] - 1]
        return sums


_STORED = [f.name for f in fields(Model) if f.init]


@cache
def load_model() -> Model:
    """The model of this package, read once a process."""
    with files("pipelines.tag").joinpath("weights.npz").open("rb") as stored:
        return read_model(stored)


def read_model(stored: object) -> Model:
    """A model from a file that `save` wrote, a path or an open binary file."""
    with np.load(stored, allow_pickle=False) as arrays:  # type: ignore[arg-type]
        return Model(**{name: arrays[name] for name in _STORED})


def logistic(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The probability whose log-odds these are, without overflow."""
    return 1 / (1 + np.exp(np.clip(-value, -80, 80)))


def buckets(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Where a word's or a pair's weights are."""
    return (hashes >> np.uint64(46)).view(np.int64)


def repeats(summary: Words, text: Words) -> npt.NDArray[np.bool_]:
    """Whether a text begins as its summary does: with the same four words, or all of fewer."""
    length = np.diff(summary.starts)
    same = np.diff(text.starts) >= np.minimum(length, 4)
    for k in range(4):
        at = np.flatnonzero(same & (length > k))
        alike = summary.hashes[summary.starts[at] + k] == text.hashes[text.starts[at] + k]
        same[at[~alike]] = False
    return same


def _running(values: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """The sums of the first 0, 1, 2, … values."""
    sums = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values.astype(np.int64), out=sums[1:])  # widening while summing is 20 times slower
    return sums
