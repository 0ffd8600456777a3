"""Scores of URL keys: what is merged, what is kept apart."""

import pytest

from pipelines.evaluate.urls import measure, scores

PAGE = "https://example.com/a-1"


@pytest.mark.parametrize(
    ("labels", "figures"),
    [
        ([(PAGE, PAGE + "/", True)], {"merged": 1}),
        ([(PAGE, PAGE + "?id=1", False)], {"kept apart": 1}),
        ([(PAGE, PAGE + "/", False)], {"kept apart": 0}),  # it does merge them
        ([(PAGE, "nowhere", True)], {"merged": 0}),  # what has no key shares none
        ([("nowhere", "nowhere", True)], {"merged": 0}),
    ],
)
def test_each_pair_counts_on_its_side(labels, figures):
    """Pairs of one page count for merging, pairs of two for keeping apart, and for nothing else."""
    assert measure([{"a": a, "b": b, "same": same} for a, b, same in labels]) == figures


def test_precision_and_f1_follow_from_both():
    """Two of three pairs found and one wrong: two thirds each."""
    pairs = [("a", "a", True), ("b", "b", True), ("a", "b", True), ("c", "c", False)]
    assert scores(pairs, str) == pytest.approx(
        {"merged": 2 / 3, "kept apart": 0, "precision": 2 / 3, "F1": 2 / 3}
    )
