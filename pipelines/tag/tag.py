"""Tag: what a story is about, by a linear model over the words that Normalize found."""

from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import numpy.typing as npt

from pipelines.batch import NormalizedBatch, TaggedBatch, Words
from pipelines.tag.model import LIMIT, Model, load_model
from pipelines.words import words
from schemas.topic import Topic

_TOPICS = np.array([topic.value for topic in Topic], object)
_POLITICS, _SPORTS, _BOTH, _OTHER = range(len(Topic))  # both heads' order, then the rest
_REACH = 1.0  # how far below 0 words for both topics can lift the lesser one
_OPENING = 30  # words of the summary, or else of the text, that are read for such words


def tag(batch: NormalizedBatch) -> TaggedBatch:
    """Give each story its topic, the heads' probabilities, and whether the topic is sure.

    All four are missing (None; NaN for the probabilities) where the model cannot read the language:
    where it is known and not English, or unknown and the words are not those of English news.
    """
    model = load_model()
    title = batch.title_words or words(batch.title)
    summary = batch.summary_words or words(batch.summary)
    text = batch.text_words or words(batch.text)
    margins = model.margins(title, summary, text)
    topic, confident = _decide(model, margins, title, summary, text)
    scores = model.probabilities(margins)
    unread = np.flatnonzero(~_readable(model, batch.language, (title, summary, text)))
    scores[:, unread] = np.nan
    topics, sure = topic.tolist(), confident.tolist()
    for i in unread:
        topics[i] = sure[i] = None
    return TaggedBatch(
        **{f.name: getattr(batch, f.name) for f in fields(batch)},
        topic=topics,
        politics_score=scores[0],
        sports_score=scores[1],
        topic_confident=sure,
    )


def _decide(
    model: Model,
    margins: npt.NDArray[np.float64],
    title: Words,
    summary: Words,
    text: Words,
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """Topic and certainty of each document, as if all were readable."""
    on = margins > 0
    topic = np.where(on.any(0), margins.argmax(0), _OTHER)
    sure = np.abs(margins) >= model.band[:, None]
    confident = sure.all(0) & ~on.all(0)
    maybe = np.flatnonzero(on.any(0) & (margins > -_REACH).all(0))
    near = (margins[:, maybe] > -model.band[:, None]).all(0)
    both = maybe[_of_both(model, near, *(_each(part, maybe) for part in (title, summary, text)))]
    topic[both] = _BOTH
    confident[both] = sure[:, both].all(0)
    return _TOPICS[topic], confident


_Hashes = Iterator[npt.NDArray[np.uint64]]  # a document's each


def _of_both(
    model: Model, near: npt.NDArray[np.bool_], titles: _Hashes, summaries: _Hashes, texts: _Hashes
) -> npt.NDArray[np.bool_]:
    """Whether the words at a story's beginning show that it is of both topics.

    Either the title has words for each; or title and opening do together, two for each, or three in
    all where both margins are `near` 0 or above it, and the title has at least one of them.
    """
    heads = list(titles)
    in_title = model.listed_words(heads)
    begun = [
        np.concatenate([head, (summary if len(summary) else text)[:_OPENING]])
        for head, summary, text in zip(heads, summaries, texts, strict=True)
    ]
    in_all = model.listed_words(begun)
    each = in_all.min(0)
    together = (each >= 2) | (near & (each >= 1) & (in_all.sum(0) >= 3))
    return (in_title.min(0) >= 1) | (together & (in_title.sum(0) >= 1))


def _each(part: Words, of: npt.NDArray[np.int64]) -> _Hashes:
    ends = np.minimum(part.starts[of + 1], part.starts[of] + LIMIT)
    return (part.hashes[a:b] for a, b in zip(part.starts[of].tolist(), ends.tolist(), strict=True))


def _readable(
    model: Model, language: list[str | None], parts: tuple[Words, Words, Words]
) -> npt.NDArray[np.bool_]:
    """Whether the model can read each document's language."""
    readable = np.array([code == "en" for code in language], bool)
    unsure = np.array([code is None for code in language], bool)
    if unsure.any():
        known = sum(model.knows(part) for part in parts)
        size = sum(np.diff(part.starts) for part in parts)
        readable |= unsure & (known >= 2) & (2 * known >= size)
    return readable
