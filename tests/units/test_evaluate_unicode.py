"""Scores of Unicode repair: broken text mended, good text left alone."""

import pytest

from pipelines.evaluate.unicode import measure, scores


@pytest.mark.parametrize(
    ("raw", "clean", "figures"),
    [
        ("The cafÃ© reopened", "The café reopened", {"mended": 1, "right": 1}),
        ("The cafÃ© reopened", "The cafe reopened", {"mended": 0, "right": 0}),
        ("The café reopened", "The café reopened", {"left alone": 1, "right": 1}),
        ("cafe\u0301", "caf\u00e9", {"left alone": 1, "right": 1}),  # composed or not
    ],
)
def test_a_text_counts_as_broken_or_as_good(raw, clean, figures):
    """What should read otherwise counts for mending, what is right for being left alone."""
    assert measure([{"raw": raw, "clean": clean}]) == figures


def test_a_repair_that_does_too_much_is_seen():
    """Changing good text costs, though all that is broken gets mended."""
    pairs = [("a", "b"), ("b", "b"), ("c", "c")]
    assert scores(pairs, ["b", "b", "b"]) == {"mended": 1, "left alone": 0.5, "right": 2 / 3}
