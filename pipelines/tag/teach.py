"""The whole lesson: read the sources, measure with each left out, teach the model that is kept."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from pipelines.tag.card import figures_table, model_card
from pipelines.tag.corpora import Corpus, read_corpora
from pipelines.tag.evaluate import (
    BAND,
    Measures,
    calibrate,
    leave_one_out,
    measure_all,
    measure_word_lists,
)
from pipelines.tag.model import HEADS, Model
from pipelines.tag.train import lesson, require_scipy, train


@dataclass(frozen=True, slots=True)
class Taught:
    """A model with what is known about it."""

    model: Model
    corpora: list[Corpus]  # that taught it
    measured: dict[str, Measures]  # of models like it, on the source that each left out
    baseline: dict[str, Measures]  # of the word lists alone

    def figures(self) -> list[str]:
        """Lines of a Markdown table."""
        return figures_table(self.measured, self.baseline)

    def card(self, day: date) -> str:
        """The model card."""
        return model_card(self.model, self.corpora, self.measured, self.baseline, day)


def teach(data: Path, progress: Callable[[str], None] = lambda what: None) -> Taught:
    """Teach a model from a folder of labelled news.

    The model that is kept is taught by the training sources only; the development sources take part
    in measuring and in calibrating.

    Raises FileNotFoundError when a source is missing, ImportError without SciPy.
    """
    require_scipy()
    corpora, development = read_corpora(data)
    everyone = corpora + development
    margins = leave_one_out(everyone, lambda name: progress(f"measuring on {name}"))
    progress("teaching")
    slope, offset = calibrate(everyone, margins)
    band = np.full(len(HEADS), BAND)
    model = replace(train([lesson(c) for c in corpora]), slope=slope, offset=offset, band=band)
    measured = measure_all(everyone, margins)
    return Taught(model, corpora, measured, measure_word_lists(everyone))
