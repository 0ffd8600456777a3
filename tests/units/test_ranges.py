"""Ranges: stretches of a column, picked out end to end."""

import numpy as np
import pytest

from pipelines.deduplicate.ranges import ranges


@pytest.mark.parametrize(
    ("begins", "counts", "found"),
    [
        ([3, 10], [2, 3], [3, 4, 10, 11, 12]),
        ([10, 3], [1, 2], [10, 3, 4]),  # in whatever order
        ([5, 5, 5], [2, 0, 1], [5, 6, 5]),  # empty ones leave nothing
        ([0, 7, 9], [0, 0, 2], [9, 10]),
        ([4], [0], []),
        ([], [], []),
    ],
)
def test_ranges(begins, counts, found):
    """Each begins where it should and is as long as it should."""
    assert ranges(np.array(begins, np.int64), np.array(counts, np.int64)).tolist() == found
