"""Measuring what a bucket should keep: both policies, and the truth they are held to."""

import numpy as np
import pytest

from benchmarks.quality.buckets import POLICIES, Held, near_stories
from pipelines.deduplicate.minhash import BANDS


@pytest.mark.parametrize(("name", "marks"), [("newest one", {6}), ("newest four", {3, 4, 5, 6})])
def test_policies_keep_what_they_say(name, marks):
    """Of six stories with the same bands the newest is found, or the newest four."""
    policy, bands = POLICIES[name](), np.full((6, BANDS), 77, np.uint32)
    policy.insert(bands, 1)
    rows, found = policy.find(bands[:1])
    assert {*rows.tolist()} == {0}
    assert {*found[found > 0].tolist()} == marks


@pytest.mark.parametrize("name", POLICIES)
def test_other_bands_are_not_found(name):
    """A story is a candidate by its bands alone."""
    policy = POLICIES[name]()
    policy.insert(np.full((1, BANDS), 77, np.uint32), 1)
    assert not (policy.find(np.full((1, BANDS), 78 << 16, np.uint32))[1] > 0).any()


def test_near_stories_are_told_by_comparing():
    """Earlier ones with enough word pairs in common, or within one another, and no others."""
    text = np.arange(40, dtype=np.uint32)
    edited = text.copy()
    edited[7] = 99
    words = [text, text + np.uint32(500), edited, text[:20], text[::-1].copy()]
    held = Held(np.zeros((5, BANDS), np.uint32), words)
    assert near_stories(held, np.arange(5)) == [set(), set(), {0}, {0, 2}, set()]
