"""Scores of date reading: to the second, to the day, and what must get none."""

import pytest

from pipelines.evaluate.dates import measure, scores

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("label", "figures"),
    [
        ({"raw": "5 Jan 2022 10:00 GMT", "at": "2022-01-05T10:00:00Z"}, {"exact": 1, "day": 1}),
        ({"raw": "2022-01-05T10:00+02:00", "at": "2022-01-05T08:00"}, {"exact": 1, "day": 1}),
        ({"raw": "2022-01-05", "at": "2022-01-05T10:00:00Z"}, {"exact": 0, "day": 1}),
        ({"raw": "soon", "at": "2022-01-05"}, {"exact": 0, "day": 0}),
        ({"raw": "soon", "at": None}, {"refused": 1}),
        ({"raw": "2022-01-05", "at": None}, {"refused": 0}),
        ({"raw": "2 hours ago", "at": "2022-01-05T08:00", "now": "2022-01-05T10:00"}, {"exact": 1}),
        ({"raw": "2022-01-07T11:00", "at": None, "now": "2022-01-05T10:00"}, {"refused": 1}),
    ],
)
def test_a_label_counts_for_its_figures(label, figures):
    """A date counts to the second and to the day, one that means none for being refused."""
    measured = measure([label])
    assert {name: measured.get(name) for name in figures} == figures


def test_moments_are_compared_by_whole_seconds_and_days():
    """A fraction of a second is no fault; the next day is."""
    assert scores([DAY, DAY, DAY], [DAY + 1, 2 * DAY - 1, None]) == {"exact": 1 / 3, "day": 2 / 3}
