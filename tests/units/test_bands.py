"""The band table holds the four newest values of each bucket, whichever way they came in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.deduplicate.bands import BANDS, BandTable, capacity

POOL = np.random.default_rng(7).integers(0, 1 << 32, (9, BANDS), dtype=np.uint64).astype(np.uint32)


def banded(rng: np.random.Generator, count: int) -> np.ndarray:
    """Bands of made-up texts: some shared with others, some their own."""
    own = rng.integers(0, 1 << 32, (count, BANDS), dtype=np.uint64).astype(np.uint32)
    return np.where(rng.random((count, BANDS)) < 0.3, own, POOL[rng.integers(0, 9, count)])


class Plain:
    """The same in dicts: of each bucket a dict from tag to mark."""

    def __init__(self, buckets: int) -> None:
        self.buckets, self.held = buckets, {}

    def look_up(self, bands: np.ndarray) -> list[int]:
        """Marks found by the bands of one text, with repeats."""
        cells = [self._cell(*cell) for cell in enumerate(bands.tolist())]
        return [self.held[b][tag] for b, tag in cells if tag in self.held.get(b, {})]

    def insert(self, bands: np.ndarray, mark: int) -> None:
        """Take in one story."""
        for band, value in enumerate(bands.tolist()):
            bucket, tag = self._cell(band, value)
            lanes = self.held.setdefault(bucket, {})
            lanes.pop(tag, None)
            if len(lanes) == 4:
                lanes.pop(min(lanes, key=lanes.get))
            lanes[tag] = mark

    def _cell(self, band: int, value: int) -> tuple[tuple[int, int], int]:
        return (band, value * self.buckets >> 32), value & 0xFFFF or 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 32), st.integers(1, 60), st.lists(st.integers(1, 30), max_size=5))
def test_columns_give_what_rows_would(seed: int, rows: int, windows: list[int]) -> None:
    """Looking up and inserting a window gives what one text after another would."""
    rng, mark = np.random.default_rng(seed), 1
    table = BandTable(rows)
    plain = Plain(table.buckets)
    for count in windows:
        bands, is_story = banded(rng, count), rng.random(count) < 0.6
        marks = np.arange(mark, mark + count, dtype=np.uint32)
        lookup = table.look_up(bands, marks)
        found = sorted(zip(*(column.tolist() for column in lookup.pairs(is_story)), strict=True))
        wanted = []
        for row in range(count):
            wanted += [(row, found_mark) for found_mark in plain.look_up(bands[row])]
            if is_story[row]:
                plain.insert(bands[row], mark + row)
        assert found == sorted(wanted)
        lookup.insert(is_story)
        mark += count


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 32), st.integers(1, 90), st.integers(1, 40))
def test_windows_leave_no_trace(seed: int, stories: int, step: int) -> None:
    """Texts find the same stories, whether these came at once, in parts, or again."""
    bands = banded(np.random.default_rng(seed), stories)
    marks = np.arange(1, stories + 1, dtype=np.uint32)
    one, parts = BandTable(60), BandTable(60)
    one.insert(bands, marks)
    for i in range(0, stories, step):
        some = bands[i : i + step], marks[i : i + step]
        for old in reversed(parts.insert(*some)):
            parts.take_back(old)
        assert i or not parts.marks.any()
        parts.insert(*some)
    asked, none = banded(np.random.default_rng(seed + 1), 20), np.zeros(20, bool)
    ahead = np.zeros(20, np.uint32)
    found = [
        sorted(zip(*(c.tolist() for c in t.look_up(asked, ahead).pairs(none)), strict=True))
        for t in (one, parts)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("rows", "horizon", "made_for"),
    [
        (0, 5_000_000, 19_532),  # the first table of a lake
        (19_532, 5_000_000, 19_532),
        (19_533, 5_000_000, 39_063),  # twice as large
        (4_000_000, 5_000_000, 5_000_000),
        (90_000_000, 5_000_000, 5_000_000),  # never larger than the horizon
        (10, 300, 300),  # nor smaller than a small horizon
    ],
)
def test_capacity_follows_from_the_count_of_rows(rows: int, horizon: int, made_for: int) -> None:
    """The table's size is a function of how many rows there are, so that verdicts are too."""
    assert capacity(rows, horizon) == made_for
