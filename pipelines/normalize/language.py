"""What language a story is written in: py3langid's answer, a batch at a time.

English, most of what arrives, is told by its stop words. All else goes through py3langid's own
automaton, every document one byte on at each step, and its own naive Bayes table
(Lui & Baldwin, "langid.py", ACL 2012): the same answers as `py3langid.classify`, but that the
languages of most news have a head start.
"""

import math
import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipelines.batch import Words
from pipelines.words import words

_CHARACTERS = 300  # of title and text together: more changes few answers and costs in proportion


def languages(
    title_words: Words, text_words: Words, titles: list[str], texts: list[str]
) -> list[str | None]:
    """ISO 639-1 code of each story, a function of the story alone.

    None where title and text together are too short to tell (see `_ENOUGH`), hold no language,
    or are in one that has no such code. The words must be those of the titles and texts.
    """
    answers: list[str | None] = [None] * len(titles)
    samples = _samples(titles, texts)
    rest: list[int] = []
    encoded: list[bytes] = []
    for i, english in enumerate(_english(title_words, text_words, samples)):
        if english:
            answers[i] = "en"
        elif _ENOUGH.match(samples[i]):
            rest.append(i)
            encoded.append(_encoded(samples[i]))
    for i, code in zip(rest, _classify(encoded) if rest else [], strict=True):
        answers[i] = code
    return answers


def english_by_stop_words(
    title_words: Words, text_words: Words, titles: list[str], texts: list[str]
) -> list[bool]:
    """Which stories `languages` takes for English without a closer look; arguments as there."""
    return _english(title_words, text_words, _samples(titles, texts))


def _samples(titles: list[str], texts: list[str]) -> list[str]:
    return [
        f"{title} {text[:_CHARACTERS]}"[:_CHARACTERS]
        for title, text in zip(titles, texts, strict=True)
    ]


def _english(title_words: Words, text_words: Words, samples: list[str]) -> list[bool]:
    found = _has_english_words(title_words, text_words).tolist()
    return [known and _mostly_ascii(sample) for known, sample in zip(found, samples, strict=True)]


# Letters: with 30 to 40 of a headline py3langid gets 91 % (English) and 97 % (others) right, with
# 20 to 30 only 81 % and 91 %. Scripts from Hebrew on tell more: each is of few languages.
_ENOUGH = re.compile(
    r"(?:[\W\d_]*[^\W\d_]){30}|(?:[^\u0590-\uffff]*[\u0590-\u1fff\u2c00-\ud7ff]){10}"
)

# Words that are frequent in English and rare or unknown elsewhere; and those that are frequent
# elsewhere too, as "is", "of" and "was" are in Dutch, "for" and "have" in Danish, "to" in Polish,
# "he" in Maori.
_ENGLISH = (
    "about again against although and are around because been before being between both but could "
    "did does down during each every few first from having his how into it its just made many "
    "more much near new not now off only other our out own people said same says she should since "
    "some than that the their them then there these they this those three through two until up "
    "very were what when where which while whose why with would year years you your"
)
_SHARED = (
    "after all also as at be by for had has have he here if in is of on one over so to was we who "
    "will"
)
# Enough are: so many of either, this share of all words, so many of the first kind. Long Dutch ones
# have 0.05 to 0.1, "New York" among them, where English texts have 0.3.
_ENOUGH_WORDS = ((4, 0.15, 2), (2, 0.2, 1))
_MOST_FOREIGN = 0.03  # of the characters


def _has_english_words(*columns: Words) -> npt.NDArray[np.bool_]:
    size = np.zeros(len(columns[0]), np.int64)
    found = np.zeros_like(size)
    for column in columns:
        size += np.diff(column.starts)
        found += _english_words_in(column)
    english, either = found >> _BOTH, found & ((1 << _BOTH) - 1)
    enough = np.zeros(len(size), np.bool_)
    for fewest, share, fewest_english in _ENOUGH_WORDS:
        enough |= (either >= fewest) & (either >= share * size) & (english >= fewest_english)
    return enough


_BOTH = 32  # bits: counts of both kinds below, of English alone above
_TOP = np.uint64(48)


def _english_words_in(column: Words) -> npt.NDArray[np.int64]:
    """How many stop words each document has, by a table over the hashes' top bits."""
    slots, hashes, worth = _stop_words()
    slot = slots[column.hashes >> _TOP]
    before = np.zeros(len(slot) + 1, np.int64)
    np.cumsum(worth[slot] * (hashes[slot] == column.hashes), out=before[1:])
    return np.diff(before[column.starts])


@cache
def _stop_words() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    hashes = words([f"{_ENGLISH} {_SHARED}"]).hashes
    worth = np.ones(len(hashes), np.int64)
    worth[: len(_ENGLISH.split())] += 1 << _BOTH
    slots = np.zeros(1 << 16, np.uint8)
    slots[hashes >> _TOP] = np.arange(len(hashes))
    return slots, hashes, worth


# Letters, not punctuation: curly quotes and dashes are as English as straight ones.
_FOREIGN = re.compile("[^\x00-\x7f\u2000-\u206f\u20a0-\u20bf\u00a0-\u00bf]")


def _mostly_ascii(sample: str) -> bool:
    if sample.isascii():
        return True
    most = _MOST_FOREIGN * len(sample)
    at_most = len(sample.encode("utf-8", "surrogatepass")) - len(sample)  # a byte more for each
    return at_most <= most or len(_FOREIGN.findall(sample)) <= most


def _encoded(sample: str) -> bytes:
    """The bytes that py3langid reads: capitals alone say nothing, accents are composed."""
    if sample.isupper():
        sample = sample.lower()
    if not sample.isascii():
        sample = unicodedata.normalize("NFC", sample)
    return sample.encode("utf-8", "surrogatepass")


# py3langid takes its 140 languages for about equally likely. Nearly all news is in these thirty,
# which dates.py reads, too: say 97 %, and 3 % in the hundred and ten others. So one of these is a
# hundred times as likely, before a word is read; fifty, to be careful: a feed may be all Malay.
_OF_MOST_NEWS = {
    *("ar", "bn", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hu", "id"),
    *("it", "ja", "ko", "nl", "no", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh"),
}
_HEAD_START = math.log(50)


class _Model(NamedTuple):
    rows: npt.NDArray[np.int64]  # by state: where its row of 256 next states begins
    next_states: npt.NDArray[np.uint32]
    features: npt.NDArray[np.int32]  # by state: the feature seen there, or -1
    weights: npt.NDArray[np.float32]  # feature × class: log probabilities
    priors: npt.NDArray[np.float32]
    codes: list[str | None]  # by class
    aliases: list[tuple[int, int]]  # classes of one language: the second counts as the first


@cache
def _model() -> _Model:
    from py3langid.langid import MODEL_DIR, MODEL_FILE
    from py3langid.modelio import load_model

    weights, priors, classes, next_states, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    first = {name: i for i, name in reversed(list(enumerate(classes)))}
    head_start = [_HEAD_START * (name in _OF_MOST_NEWS) for name in classes]
    return _Model(
        np.asarray(rows).astype(np.int64) << 8,
        np.asarray(next_states),
        np.asarray(features, np.int32),
        weights.astype(np.float32),  # once: it costs more than all else, document by document
        np.asarray(priors) + np.array(head_start, np.float32),
        [name if len(name) == 2 else _PARTS_OF.get(name) for name in classes],
        [(first[name], i) for i, name in enumerate(classes) if first[name] != i],
    )


# Languages without an ISO 639-1 code of their own that are part of one that has it (ISO 639-3).
_PARTS_OF = {
    "ary": "ar",
    "arz": "ar",
    "fuv": "ff",
    "gug": "gn",
    "kik": "ki",
    "pcm": "en",  # Nigerian Pidgin: what English headlines full of names are mistaken for
    "sdh": "ku",
    "uzs": "uz",
    "wuu": "zh",
    "yue": "zh",
}


def _classify(samples: list[bytes]) -> list[str | None]:
    """The best class of each sample, as a code; None where py3langid finds no feature."""
    model = _model()
    documents, features = _walk(samples, model)
    keys, counts = np.unique(documents * len(model.weights) + features, return_counts=True)
    documents, features = np.divmod(keys, len(model.weights))
    damped = np.log1p(counts.astype(np.float32))
    ends = np.searchsorted(documents, np.arange(len(samples) + 1)).tolist()
    scores = np.empty((len(samples), len(model.codes)), np.float32)
    for row, (start, end) in zip(scores, pairwise(ends), strict=True):
        # One product a document, as py3langid does: the sums then never depend on the batch.
        np.matmul(damped[start:end], model.weights.take(features[start:end], axis=0), out=row)
    scores += model.priors
    for kept, alias in model.aliases:
        np.maximum(scores[:, kept], scores[:, alias], out=scores[:, kept])
        scores[:, alias] = -np.inf
    best = scores.argmax(axis=1).tolist()
    return [
        model.codes[answer] if start < end else None
        for answer, (start, end) in zip(best, pairwise(ends), strict=True)
    ]


def _walk(
    samples: list[bytes], model: _Model
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """All features met, with the sample that each was met in.

    The longest samples come first, so that those still being read are always a beginning.
    """
    lengths = np.array([len(sample) for sample in samples])
    order = np.argsort(-lengths, kind="stable")
    longest = int(lengths.max())
    padded = b"".join(samples[i].ljust(longest) for i in order)
    steps = np.frombuffer(padded, np.uint8).reshape(len(samples), longest).T.copy()
    reading = np.searchsorted(-lengths[order], -np.arange(longest), side="left")
    states = np.zeros((longest, len(samples)), np.uint32)
    place = np.zeros(len(samples), np.int64)
    state = np.zeros(len(samples), np.uint32)
    for step, many in enumerate(reading.tolist()):
        model.rows.take(state[:many], out=place[:many], mode="clip")
        place[:many] += steps[step, :many]
        state = states[step]
        model.next_states.take(place[:many], out=state[:many], mode="clip")
    found = model.features.take(states)
    found[np.arange(len(samples)) >= reading[:, None]] = -1
    step_of, document_of = np.nonzero(found >= 0)
    return order[document_of], found[step_of, document_of]
