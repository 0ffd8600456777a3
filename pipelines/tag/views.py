"""What a document shows of itself in training: all of it, and crops as short as news items are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.tag.corpora import Corpus
from pipelines.tag.model import BUCKETS, LIMIT, buckets, repeats
from pipelines.words import mix_neighbours


@dataclass(slots=True)
class Examples:
    """Rows to learn from: features over the buckets, and each row's document in its corpus.

    They are already divided by the root of each row's number of features, as the model does it.
    """

    rows: Any  # scipy.sparse.csr_array, float32
    document: npt.NDArray[np.int64]


def examples(
    corpus: Corpus, chosen: npt.NDArray[np.int64], random: np.random.Generator
) -> Examples:
    """The views of the chosen documents: each whole, its crops, and each again half blind."""
    return _encode(corpus, _segments(corpus, chosen, random), random)


def _segments(
    corpus: Corpus, chosen: npt.NDArray[np.int64], random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Rows of (view, document, first, last): places in title, summary and text put in a line."""
    at_summary = len(corpus.title.hashes)
    at_text = at_summary + len(corpus.summary.hashes)
    dropped = repeats(corpus.summary, corpus.text)
    made: list[tuple[int, int, int, int]] = []
    view = 0
    for i in chosen.tolist():
        title = (int(corpus.title.starts[i]), int(corpus.title.starts[i + 1]))
        summary = corpus.summary.starts[i : i + 2] + at_summary
        text = corpus.text.starts[i : i + 2] + at_text
        body = [(int(text[0]), int(min(text[1], text[0] + LIMIT)))]
        if not dropped[i]:
            body.insert(0, (int(summary[0]), int(min(summary[1], summary[0] + LIMIT))))
        made += [(view, i, first, last) for first, last in (title, *body)]
        view += 1
        longest = max(body, key=lambda part: part[1] - part[0])
        for _ in range(1 + (longest[1] - longest[0]) // 80):
            made += [(view, i, *part) for part in _crop(title, longest, random)]
            view += 1
    return np.array(made, np.int64)


def _crop(
    title: tuple[int, int], body: tuple[int, int], random: np.random.Generator
) -> list[tuple[int, int]]:
    """Title alone, the first words, words from anywhere, or the title and some words."""
    first, last = body
    dice = random.random()
    if dice < 0.25:
        return [title]
    if dice < 0.45:
        return [(first, min(last, first + int(random.integers(8, 31))))]
    size = int(random.integers(12, 46)) if dice < 0.85 else int(random.integers(10, 41))
    start = int(random.integers(first, max(first, last - size) + 1))
    piece = (start, min(last, start + size))
    return [piece] if dice < 0.85 else [title, piece]


def _encode(
    corpus: Corpus, segments: npt.NDArray[np.int64], random: np.random.Generator
) -> Examples:
    from scipy.sparse import csr_array

    hashes = np.concatenate([corpus.title.hashes, corpus.summary.hashes, corpus.text.hashes])
    features = np.concatenate([buckets(hashes), buckets(mix_neighbours(hashes, 2))])

    view, document, first, last = segments.T
    spans = np.stack([first, last, first + len(hashes), np.maximum(first, last - 1) + len(hashes)])
    begins, ends = spans[[0, 2]].T.reshape(-1), spans[[1, 3]].T.reshape(-1)
    place, owner = _ranges(begins, ends), np.repeat(np.repeat(view, 2), ends - begins)
    views = int(view[-1]) + 1
    document = document[np.searchsorted(view, np.arange(views))]

    seen = random.random(len(place)) < 0.5  # of the half-blind copy
    place = np.concatenate([place, place[seen]])
    owner = np.concatenate([owner, owner[seen] + views])
    counts = np.bincount(owner, minlength=2 * views)
    root = 1 / np.sqrt(np.maximum(counts, 1))
    rows = csr_array(
        (
            np.repeat(root, counts).astype(np.float32),
            features[place].astype(np.int32),
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        ),
        shape=(2 * views, BUCKETS),
    )
    return Examples(rows, np.tile(document, 2))


def _ranges(begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """All the integers of many ranges, one range after the other."""
    sizes = ends - begins
    shift = np.repeat(begins - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    return np.arange(len(shift)) + shift
