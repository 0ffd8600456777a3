"""Teaching the tagger: squared hinge over many views of labelled news, then eight bits a weight.

Each document is shown whole and in crops as short as news items are, and each view again with half
of its features gone (feature dropout), so that no head rests on few words. Sources share the say
by the root of their size. Everything is seeded: the same data gives the same weights.
"""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.tag.corpora import Corpus
from pipelines.tag.model import BUCKETS, HEADS, Model, buckets
from pipelines.tag.views import Examples, examples
from pipelines.words import words

PER_CLASS = 20_000  # documents of one cell of one source, at most
CELLS = {"politics": 1.0, "sports": 1.0, "other": 1.5, "masked": 0.3}  # their say
PENALTY = 1.5e-5
ITERATIONS = 60
KNOWN_FROM = 50  # times that a word occurs before the vocabulary has it


def train(corpora: Sequence[Corpus]) -> Model:
    """A model without calibration: probability is the logistic of the margin, and no band.

    Raises ImportError, with a sentence, where SciPy is missing.
    """
    require_scipy()
    random = np.random.default_rng(20220801)
    listed = word_lists()
    seen: list[Examples] = []
    labels: list[npt.NDArray[np.int8]] = []
    say: list[npt.NDArray[np.float64]] = []
    cells = [_cells(corpus) for corpus in corpora]
    for corpus, cell in zip(corpora, cells, strict=True):
        chosen = _choose(cell, random)
        shown = examples(corpus, chosen, [words([text]).hashes for text in listed], random)
        seen.append(shown)
        labels.append(corpus.labels[:, shown.document])
        say.append(_say(cell, chosen, shown.document, cells))
    return _pack(*_fit(seen, np.concatenate(labels, 1), np.concatenate(say), listed), corpora)


def word_list_model() -> Model:
    """The baseline: each listed word speaks for its topic, all alike, and nothing else does."""
    weights = np.zeros((len(HEADS), BUCKETS))
    for head, text in enumerate(word_lists()):
        weights[head, buckets(words([text]).hashes)] = 1
    return _pack(weights, np.full(len(HEADS), -0.05), [])


def word_lists(*names: str) -> list[str]:
    """The named lists of words, each as one text; without a name, each head's."""
    lists = tomllib.loads(files("pipelines.tag").joinpath("word_lists.toml").read_text("utf-8"))
    return [lists[name] for name in names or HEADS]


def require_scipy() -> None:
    """Say what to install where SciPy is missing, before minutes of work."""
    try:
        import scipy.optimize  # noqa: F401
    except ImportError as missing:
        raise ImportError("training needs SciPy: pip install 'newsbeam[dev]'") from missing


def _cells(corpus: Corpus) -> npt.NDArray[np.int64]:
    """Which of CELLS each document is in."""
    politics, sports = corpus.labels
    return np.select([politics == 1, sports == 1, politics == -1], [0, 1, 2], 3)


def _choose(cell: npt.NDArray[np.int64], random: np.random.Generator) -> npt.NDArray[np.int64]:
    kept = [random.permutation(np.flatnonzero(cell == c))[:PER_CLASS] for c in range(len(CELLS))]
    return np.sort(np.concatenate(kept))


def _say(
    cell: npt.NDArray[np.int64],
    chosen: npt.NDArray[np.int64],
    document: npt.NDArray[np.int64],
    everyone: Sequence[npt.NDArray[np.int64]],
) -> npt.NDArray[np.float64]:
    """The weight of each row: its cell's, shared among sources by √n, then evenly among rows."""
    say = np.zeros(len(document))
    for c, weight in enumerate(CELLS.values()):
        roots = [min(PER_CLASS, np.count_nonzero(other == c)) ** 0.5 for other in everyone]
        mine = np.count_nonzero(cell[chosen] == c) ** 0.5
        if mine:
            rows = cell[document] == c
            views = np.bincount(document[rows], minlength=len(cell))[document[rows]]
            say[rows] = weight * mine / sum(roots) / views / mine**2
    return say / sum(CELLS.values())


def _fit(
    seen: Sequence[Examples],
    labels: npt.NDArray[np.int8],
    say: npt.NDArray[np.float64],
    listed: Sequence[str],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Weights [head, bucket], the lists' columns folded in, and biases [head]."""
    from scipy.sparse import vstack

    rows = vstack([shown.rows for shown in seen], format="csr")
    columns = np.concatenate([shown.columns for shown in seen])
    weights = np.zeros((len(HEADS), BUCKETS))
    biases = np.zeros(len(HEADS))
    for head in range(len(HEADS)):
        known = np.flatnonzero(labels[head])
        solved = _solve(rows[known], columns[known], labels[head, known], say[known])
        weights[head] = solved[:BUCKETS]
        for k, text in enumerate(listed):
            np.add.at(weights[head], buckets(np.unique(words([text]).hashes)), solved[BUCKETS + k])
        biases[head] = solved[-1]
    return weights, biases


def _solve(
    rows: Any,
    columns: npt.NDArray[np.float32],
    label: npt.NDArray[np.int8],
    say: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Minimise the squared hinge: weights, then one a column, then the bias."""
    from scipy.optimize import minimize

    width = rows.shape[1]
    sign = label.astype(np.float32)
    flipped = rows.T

    def loss(at: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        small = at.astype(np.float32)
        margin = rows @ small[:width] + columns @ small[width:-1] + small[-1]
        slack = np.maximum(0, 1 - sign * margin)
        value = float(say @ slack.astype(np.float64) ** 2) + PENALTY * float(at[:-1] @ at[:-1])
        push = (-2 * say * sign * slack).astype(np.float32)
        slope = np.empty_like(at)
        slope[:width] = flipped @ push
        slope[width:-1] = push @ columns
        slope[-1] = push.sum(dtype=np.float64)
        slope[:-1] += 2 * PENALTY * at[:-1]
        return value, slope

    start = np.zeros(width + columns.shape[1] + 1)
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS, "maxcor": 10}
    )
    return found.x


def _pack(
    weights: npt.NDArray[np.float64], biases: npt.NDArray[np.float64], corpora: Sequence[Corpus]
) -> Model:
    """Eight bits a weight, one scale a head; the few weights beyond its reach are cut."""
    scale = np.abs(weights).max(1) / 127
    listed, listed_for = _evidence()
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


def _evidence() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int8]]:
    """The listed words, and the head that each speaks for, turned negative where figurative."""
    lists = [np.unique(words([text]).hashes) for text in word_lists()]
    hashes = np.concatenate(lists)
    head = np.repeat(np.arange(len(HEADS)), [len(found) for found in lists])
    figurative = np.isin(hashes, words(word_lists("figurative")).hashes)
    order = np.argsort(hashes)
    return hashes[order], np.where(figurative, -1 - head, head)[order].astype(np.int8)


def _vocabulary(corpora: Sequence[Corpus]) -> npt.NDArray[np.uint8]:
    parts = [part for c in corpora for part in (c.title, c.summary, c.text)]
    hashes = np.concatenate([np.empty(0, np.uint64), *(part.hashes for part in parts)])
    found, times = np.unique(hashes, return_counts=True)
    bits = np.zeros(1 << 20, np.uint8)
    known = np.setdiff1d(found[times >= KNOWN_FROM], words(word_lists("foreign")).hashes)
    bits[(known >> np.uint64(44)).view(np.int64)] = 1
    return np.packbits(bits, bitorder="little")
