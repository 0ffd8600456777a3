"""How often a text's language is told."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pipelines.normalize.language import languages
from pipelines.words import words

# Codes for one language: "no" stands for Norwegian in either standard, "nb" for the common one.
_SAME = {"nb": "no", "in": "id", "iw": "he", "fil": "tl"}


def measure(labels: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Score the detection of languages.

    A label holds `text`, and `language`, its code in ISO 639-1.

    - "accuracy": share of the texts with the right language, the mean over the languages
    - "accuracy, all texts": the same, each text counting alike
    - "worst language": that of the language told worst
    - "told": share of the texts that get any language
    """
    rows = [(str(label["text"]), str(label["language"])) for label in labels]
    return scores([code for _, code in rows], told([text for text, _ in rows]))


def told(texts: list[str]) -> list[str | None]:
    """The language of each text, as if it were a story without a title."""
    none = [""] * len(texts)
    return languages(words(none), words(texts), none, texts)


def scores(expected: list[str], found: list[str | None]) -> dict[str, float]:
    """The figures of any detection, by codes."""
    by_language = accuracies(expected, found)
    return {
        "accuracy": sum(by_language.values()) / len(by_language),
        "accuracy, all texts": sum(map(is_same, expected, found)) / len(expected),
        "worst language": min(by_language.values()),
        "told": sum(code is not None for code in found) / len(found),
    }


def accuracies(expected: list[str], found: list[str | None]) -> dict[str, float]:
    """The share of right answers, by language."""
    right = defaultdict(list)
    for code, other in zip(expected, found, strict=True):
        right[code].append(is_same(code, other))
    return {code: sum(answers) / len(answers) for code, answers in sorted(right.items())}


def is_same(code: str, other: str | None) -> bool:
    """Whether two codes name one language."""
    return other is not None and _SAME.get(code, code) == _SAME.get(other, other)
