"""Teaching the tagger: squared hinge over many views of labelled news, then eight bits a weight.

Each document is shown whole and in crops as short as news items are, and each view again with half
of its features gone (feature dropout), so that no head rests on few words. The words of a list
share a weight on top of their own. Sources share the say by the root of their size. Everything is
seeded by source: the same data gives the same weights, whatever stands beside it.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.tag.corpora import Corpus
from pipelines.tag.lists import evidence, foreign, ties, word_list_weights
from pipelines.tag.model import BUCKETS, HEADS, Model
from pipelines.tag.views import examples

PER_CLASS = 20_000  # documents of one cell of one source, at most
CELLS = {"politics": 1.0, "sports": 1.0, "other": 2.5, "masked": 0.3}  # their say
PENALTY = 2e-5
ITERATIONS = 60
KNOWN_FROM = 50  # times that a word occurs before the vocabulary has it


@dataclass(slots=True)
class Lesson:
    """What one source teaches: rows of features, and of each row its document's labels and cell."""

    corpus: Corpus
    rows: Any  # scipy.sparse.csr_array, float32
    labels: npt.NDArray[np.int8]  # [head, row]
    cell: npt.NDArray[np.int64]  # index in CELLS
    share: npt.NDArray[np.float64]  # of a row in its cell's say: all views of a document, one share
    sizes: npt.NDArray[np.int64]  # documents in each cell


def lesson(corpus: Corpus) -> Lesson:
    """The views of a source's documents. Costly; good for any number of `train`.

    Raises ImportError, with a sentence, where SciPy is missing.
    """
    require_scipy()
    random = np.random.default_rng([20220801, zlib.crc32(corpus.name.encode())])
    labels = corpus.taught
    politics, sports = labels
    cell = np.select([politics == 1, sports == 1, politics == -1], [0, 1, 2], 3)
    chosen = _choose(cell, random)
    shown = examples(corpus, chosen, random)
    sizes = np.bincount(cell[chosen], minlength=len(CELLS))
    row = cell[shown.document]
    views = np.bincount(shown.document, minlength=len(corpus))[shown.document]
    share = 1 / views / np.maximum(sizes, 1)[row]
    return Lesson(corpus, shown.rows, labels[:, shown.document], row, share, sizes)


def train(lessons: Sequence[Lesson]) -> Model:
    """A model without calibration: probability is the logistic of the margin, and no band."""
    return _pack(*_fit(lessons), [one.corpus for one in lessons])


def word_list_model() -> Model:
    """The baseline: the word lists alone."""
    return _pack(*word_list_weights(), [])


def require_scipy() -> None:
    """Say what to install where SciPy is missing, before minutes of work."""
    try:
        import scipy.optimize  # noqa: F401
    except ImportError as missing:
        raise ImportError("training needs SciPy: pip install 'newsbeam[dev]'") from missing


def _choose(cell: npt.NDArray[np.int64], random: np.random.Generator) -> npt.NDArray[np.int64]:
    kept = [random.permutation(np.flatnonzero(cell == c))[:PER_CLASS] for c in range(len(CELLS))]
    return np.sort(np.concatenate(kept))


def _say(lessons: Sequence[Lesson]) -> npt.NDArray[np.float64]:
    """The weight of each row: its cell's, shared among sources by √n, then among documents."""
    roots = np.sqrt([one.sizes for one in lessons])
    worth = np.array(list(CELLS.values())) / sum(CELLS.values())
    by_cell = worth * roots / np.maximum(roots.sum(0), 1)
    mine = zip(by_cell, lessons, strict=True)
    return np.concatenate([cells[one.cell] * one.share for cells, one in mine])


def _fit(lessons: Sequence[Lesson]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Weights [head, bucket], the lists' weights folded in, and biases [head]."""
    from scipy.sparse import vstack

    rows = vstack([one.rows for one in lessons], format="csr")
    labels = np.concatenate([one.labels for one in lessons], 1)
    say = _say(lessons)
    weights = np.zeros((len(HEADS), BUCKETS))
    biases = np.zeros(len(HEADS))
    for head in range(len(HEADS)):
        known = np.flatnonzero(labels[head])
        weights[head], biases[head] = _solve(rows[known], labels[head, known], say[known])
    return weights, biases


def _solve(
    rows: Any, label: npt.NDArray[np.int8], say: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], float]:
    """Minimise the squared hinge over the weights, then one more a list, then the bias."""
    from scipy.optimize import minimize

    lists = ties()
    sign = label.astype(np.float32)
    flipped = rows.T

    def folded(at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        weights = at[:BUCKETS].copy()
        for k, members in enumerate(lists):
            weights[members] += at[BUCKETS + k]
        return weights

    def loss(at: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        margin = rows @ folded(at).astype(np.float32) + np.float32(at[-1])
        slack = np.maximum(0, 1 - sign * margin)
        value = float(say @ slack.astype(np.float64) ** 2) + PENALTY * float(at[:-1] @ at[:-1])
        push = (-2 * say * sign * slack).astype(np.float32)
        slope = np.empty_like(at)
        slope[:BUCKETS] = flipped @ push
        for k, members in enumerate(lists):
            slope[BUCKETS + k] = slope[members].sum()
        slope[-1] = push.sum(dtype=np.float64)
        slope[:-1] += 2 * PENALTY * at[:-1]
        return value, slope

    start = np.zeros(BUCKETS + len(lists) + 1)
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS, "maxcor": 10}
    ).x
    return folded(found), found[-1]


def _pack(
    weights: npt.NDArray[np.float64], biases: npt.NDArray[np.float64], corpora: Sequence[Corpus]
) -> Model:
    """Eight bits a weight, one scale a head; the few weights beyond its reach are cut."""
    scale = np.abs(weights).max(1) / 127
    listed, listed_for = evidence()
    small = np.clip(np.rint(weights / scale[:, None]), -127, 127).astype(np.int8)
    return Model(
        weights=small,
        scale=scale,
        bias=biases,
        slope=np.ones(len(HEADS)),
        offset=np.zeros(len(HEADS)),
        band=np.zeros(len(HEADS)),
        listed=listed,
        listed_for=listed_for,
        vocabulary=_vocabulary(corpora),
    )


def _vocabulary(corpora: Sequence[Corpus]) -> npt.NDArray[np.uint8]:
    parts = [part for c in corpora for part in (c.title, c.summary, c.text)]
    hashes = np.concatenate([np.empty(0, np.uint64), *(part.hashes for part in parts)])
    found, times = np.unique(hashes, return_counts=True)
    bits = np.zeros(1 << 20, np.uint8)
    known = np.setdiff1d(found[times >= KNOWN_FROM], foreign())
    bits[(known >> np.uint64(44)).view(np.int64)] = 1
    return np.packbits(bits, bitorder="little")
