"""Scores of language detection: the mean over languages, and the worst of them."""

import pytest

from benchmarks.quality.languages import LENGTH, cut, sentences
from pipelines.evaluate.languages import is_same, measure, scores


def test_each_language_counts_alike():
    """A language with many texts does not hide one with few."""
    assert scores(["en", "en", "en", "fr"], ["en", "en", "en", None]) == {
        "accuracy": 0.5,
        "accuracy, all texts": 0.75,
        "worst language": 0,
        "told": 0.75,
    }


@pytest.mark.parametrize(
    ("code", "other", "same"),
    [
        ("no", "nb", True),  # Norwegian, by its common standard
        ("he", "iw", True),  # the code of old
        ("nn", "no", False),
        ("en", None, False),
    ],
)
def test_codes_of_one_language_are_the_same(code, other, same):
    """Old codes and those of a standard count for the language."""
    assert is_same(code, other) is same


def test_our_sentences_are_told():
    """Thirty languages in a hundred characters each, all but a few by their right name."""
    labels = sentences()
    assert len(dict(labels)) == 30
    assert all(len(text) == LENGTH for _, text in labels)
    figures = measure([{"text": text, "language": code} for code, text in labels])
    assert figures["accuracy"] >= 0.98


def test_short_sentences_are_joined():
    """Texts are as long as asked for, whatever the sentences are."""
    assert cut(["abc", "def ", "ghij", "klmno"], 5) == ["abc d", "ghij "]
