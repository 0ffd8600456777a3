"""How good the tagger is on sources that it has not seen, and the calibration that follows.

Each source in turn is left out, a model is taught by the others and measured on it. The probability
of a margin is fitted on margins of that kind too, since a model is sure of what it was taught.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.evaluate.tags import auc, calibration_error, f1
from pipelines.tag.corpora import Corpus
from pipelines.tag.model import HEADS, Model, logistic
from pipelines.tag.train import lesson, train, word_list_model

BAND = 0.3  # margins nearer to 0 abstain
SHARE = 0.2  # of stories about a topic, for which probabilities are calibrated

Margins = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Measures:
    """The figures of one source; `nan` where it has no say in one."""

    accuracy: float  # of sports against politics, for documents that are one of them
    balanced: float  # the same, both topics counting alike
    f1_politics: float  # among all documents, those about neither included
    f1_sports: float
    auc_politics: float
    auc_sports: float
    error_politics: float  # expected calibration error over ten bins
    error_sports: float
    coverage: float  # share of documents outside the abstain band
    confident: float  # how often their topic is right


def leave_one_out(
    corpora: Sequence[Corpus], progress: Callable[[str], None] = lambda name: None
) -> dict[str, Margins]:
    """Each corpus' margins by a model that was taught by the others alone."""
    margins = {}
    lessons = [lesson(corpus) for corpus in corpora]
    for corpus in corpora:
        progress(corpus.name)
        model = train([one for one in lessons if one.corpus is not corpus])
        margins[corpus.name] = _margins(model, corpus)
    return margins


def measure_all(corpora: Sequence[Corpus], margins: Mapping[str, Margins]) -> dict[str, Measures]:
    """The figures of each source, its probabilities calibrated on the other sources."""
    measured = {}
    for corpus in corpora:
        others = [other for other in corpora if other is not corpus]
        slope, offset = calibrate(others, margins)
        measured[corpus.name] = _measure(corpus, margins[corpus.name], slope, offset)
    return measured


def measure_word_lists(corpora: Sequence[Corpus]) -> dict[str, Measures]:
    """The same figures for the word lists alone, which need no teaching."""
    model = word_list_model()
    return measure_all(corpora, {c.name: _margins(model, c) for c in corpora})


def means(measured: Mapping[str, Measures]) -> dict[str, float]:
    """Each figure's mean over the sources that have a say in it."""
    columns = {
        name: np.array([getattr(one, name) for one in measured.values()])
        for name in Measures.__dataclass_fields__
    }
    return {
        name: float(values[~np.isnan(values)].mean()) if not np.isnan(values).all() else np.nan
        for name, values in columns.items()
    }


def calibrate(
    corpora: Sequence[Corpus], margins: Mapping[str, Margins]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Slope and offset of each head's logistic, every source counting alike.

    Sports gets both (Platt); for politics, whose share differs most between sources, the slope
    alone is fitted (temperature): a half is where the topic changes. Each source's stories count as
    if `SHARE` of them were about the topic, whatever its editors chose to label.
    """
    from scipy.optimize import minimize

    slope, offset = np.ones(len(HEADS)), np.zeros(len(HEADS))
    for head, free in enumerate((1, 2)):
        usable = [c for c in corpora if c.name not in _NO_SAY[head]]
        pairs = [_known(c.labels, margins[c.name], head) for c in usable]

        def loss(at: npt.NDArray[np.float64], pairs: list[tuple[Labels, Margins]] = pairs) -> float:
            shift = at[1] if len(at) > 1 else 0.0
            return sum(_loss(y, at[0] * m + shift) for y, m in pairs)

        found = minimize(loss, np.array([3.0, 0.0])[:free], method="Nelder-Mead").x
        slope[head] = found[0]
        offset[head] = found[1] if free == 2 else 0.0
    return slope, offset


def _loss(label: Labels, odds: Margins) -> float:
    """Log loss, those about the topic counting `SHARE` together; all alike if there are none."""
    loss = np.logaddexp(0, -label * odds)
    about = label == 1
    if about.all() or not about.any():
        return float(loss.mean())
    return float(SHARE * loss[about].mean() + (1 - SHARE) * loss[~about].mean())


# Whose labels say nothing about a head: AllSides has next to nothing but politics, and AG News'
# "World" stands in for politics only where it is told from sports.
_NO_SAY = ({"allsides", "agnews"}, {"allsides"})


def _margins(model: Model, corpus: Corpus) -> Margins:
    return model.margins(corpus.title, corpus.summary, corpus.text)


def _known(labels: Labels, margins: Margins, head: int) -> tuple[Labels, Margins]:
    known = labels[0] != 0  # where politics is unknown, the whole document is masked
    return labels[head, known], margins[head, known]


def _measure(
    corpus: Corpus,
    margins: Margins,
    slope: npt.NDArray[np.float64],
    offset: npt.NDArray[np.float64],
) -> Measures:
    one = (corpus.labels[0] != 0) & ((corpus.labels == 1).sum(0) == 1)
    sports = corpus.labels[1, one] == 1
    right = (margins[1, one] > margins[0, one]) == sports
    figures: dict[str, float] = {}
    for head, name in enumerate(HEADS):
        label, margin = _known(corpus.labels, margins, head)
        true = label == 1
        silent = corpus.name in _NO_SAY[head]
        probability = logistic(slope[head] * margin + offset[head])
        figures["f1_" + name] = np.nan if silent else f1(true, margin > 0)
        figures["auc_" + name] = np.nan if silent else auc(true, margin)
        figures["error_" + name] = np.nan if silent else calibration_error(true, probability)
    coverage, confident = _beyond_band(corpus.labels, margins)
    return Measures(
        accuracy=np.nan if corpus.name in _NO_SAY[1] else float(right.mean()),
        balanced=float(right[sports].mean() + right[~sports].mean()) / 2,
        coverage=coverage,
        confident=confident,
        **figures,
    )


def _beyond_band(labels: Labels, margins: Margins) -> tuple[float, float]:
    single = (labels[0] != 0) & ((labels == 1).sum(0) < 2)
    labels, margins = labels[:, single], margins[:, single]
    sure = (np.abs(margins) >= BAND).all(0) & (margins <= 0).any(0)
    right = ((margins > 0) == (labels == 1)).all(0)
    return float(sure.mean()), float(right[sure].mean()) if sure.any() else np.nan
