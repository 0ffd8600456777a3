"""The gate itself: what it lets through, and what moves a bound."""

import math

import pytest

from benchmarks import pinned
from benchmarks.pinned import Bound, Pins
from benchmarks.tables import table

FLOOR = Bound(0.9, 0.01, "rounding")
CEILING = Bound(0.05, 0.001, "rounding", ceiling=True)


@pytest.mark.parametrize(
    ("bound", "value", "passes"),
    [
        (FLOOR, 0.95, True),
        (FLOOR, 0.895, True),  # within epsilon
        (FLOOR, 0.88, False),
        (FLOOR, math.nan, False),  # a measure of nothing
        (CEILING, 0.01, True),
        (CEILING, 0.06, False),
        (CEILING, math.nan, False),
    ],
)
def test_a_figure_beyond_its_bound_is_a_breach(bound, value, passes):
    """Less than a floor or more than a ceiling, by more than epsilon."""
    assert (pinned.breaches({"F1": bound}, {"F1": value}) == []) is passes


def test_a_figure_that_is_not_measured_is_a_breach():
    """A measure cannot be dropped in silence."""
    assert pinned.breaches({"F1": FLOOR}, {}) == ["F1: not measured"]


def test_a_figure_without_a_bound_is_a_breach():
    """Nor can one be added without being pinned."""
    assert pinned.breaches({}, {"F1": 1.0}) == ["F1: has no bound in the file"]


def test_bounds_move_for_the_better_only():
    """Floors up, ceilings down."""
    bounds = {"F1": FLOOR, "error": CEILING}
    better = pinned.moved(bounds, {"F1": 0.95, "error": 0.02})
    assert [better["F1"].bound, better["error"].bound] == [0.95, 0.02]
    assert pinned.moved(bounds, {"F1": 0.5, "error": 0.5}) == bounds


def test_a_bound_gets_looser_only_where_it_is_named():
    """And no other with it."""
    bounds = {"F1": FLOOR, "recall": FLOOR}
    after = pinned.moved(bounds, {"F1": 0.5, "recall": 0.5}, lower=["F1"])
    assert [after["F1"].bound, after["recall"].bound] == [0.5, 0.9]


def test_pins_survive_their_file(tmp_path):
    """What is written is read back."""
    pins = {"urls": Pins({"a.gz": "00"}, {"F1": FLOOR}, {"error": CEILING})}
    pinned.save(tmp_path / "pins.json", pins)
    assert pinned.load(tmp_path / "pins.json") == pins


def test_other_data_has_other_digests(tmp_path):
    """One byte is enough."""
    (tmp_path / "a").write_bytes(b"1")
    before = pinned.digests(tmp_path, ["a"])
    (tmp_path / "a").write_bytes(b"2")
    assert pinned.digests(tmp_path, ["a"]) != before


def test_a_table_has_ours_the_peers_and_the_bound():
    """A peer without a figure leaves its cell empty."""
    lines = table({"F1": 0.93, "pages": 181.0}, {"peer": {"F1": 0.9}}, {"F1": FLOOR}).splitlines()
    assert lines[2] == "| F1 | **0.9300** | 0.9000 | ≥ 0.9000 |"
    assert lines[3] == "| pages | **181** |  |  |"
