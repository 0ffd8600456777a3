"""What reaches a terminal: whole tables, one JSON object, nothing that steers it."""

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from pipelines.terminal import aligned, fitted, plain, print_table, printable, shown


@pytest.mark.parametrize(
    ("wanted", "total", "widths"),
    [
        ([3, 5], 80, [3, 5]),  # all fit
        ([200, 5, 10], 60, [45, 5, 10]),  # one wide column takes what is left
        ([200, 300, 10], 60, [25, 25, 10]),  # two share it
        ([9, 9, 9], 2, [1, 1, 1]),  # a terminal too narrow for anything
        ([], 80, []),
    ],
)
def test_narrow_columns_keep_their_width(wanted, total, widths):
    """A long title must not squeeze a number out of the table."""
    assert fitted(wanted, total) == widths


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00Z"),
        (datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:00:00Z"),
        (date(2026, 1, 2), "2026-01-02"),
        (b"a\xff", "a\\xff"),
        (Decimal("1.50"), "1.50"),
        ({"a": [b"x", (1, True)]}, {"a": ["x", [1, True]]}),
    ],
)
def test_values_become_jsons_own(value, expected):
    """Whatever DuckDB answers, `json.dumps` takes it, strictly."""
    assert plain(value) == expected
    json.dumps(plain(value), allow_nan=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "true"), (0.1 + 0.2, "0.3"), (12, "12"), ([1, "a"], '[1, "a"]')],
)
def test_values_are_shown_as_one_line(value, text):
    """People read short numbers, and nothing for nothing."""
    assert shown(value) == text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain – text…", "plain – text…"),
        ("\x1b[31mred", r"\x1b[31mred"),  # a colour, or worse
        ("a\rb\nc\td", r"a\rb\nc\td"),  # overwriting the line
        ("abc\u202egnp", r"abc\u202egnp"),  # turning it around
        ("\x9b1m", r"\x9b1m"),  # C1 controls are escapes of one byte
        ("\u2066x", r"\u2066x"),
    ],
)
def test_control_and_direction_characters_are_escaped(text, safe):
    """A title must not steer the terminal that shows it."""
    assert printable(text) == safe


def test_printable_leaves_every_script_alone():
    """Joiners and unusual spaces are spelling, not control."""
    text = "नमस्ते क्‍ष می‌خواهم 👩‍🚀 50\u202f%"
    assert printable(text) == text


def test_null_is_said_in_a_table(capsys):
    """An empty cell would read as the one above it, or as an empty text."""
    print_table(["topic", "title"], [["sports", "a"], [None, ""]])
    assert capsys.readouterr().out.splitlines()[2].split() == ["null"]


def test_columns_are_aligned_numbers_to_the_right():
    """Two spaces apart, no trailing space."""
    assert aligned([["topic", "n"], ["a", "10"], ["long one", "9"]], [False, True]) == [
        "topic      n",
        "a         10",
        "long one   9",
    ]


def test_a_table_without_rows_is_its_header(capsys):
    """An empty answer is an answer."""
    print_table(["topic", "n"], [])
    assert capsys.readouterr().out == "topic  n\n"


def test_a_terminal_gets_a_table_that_fits(monkeypatch, capsys):
    """Long values end in an ellipsis, brackets are no markup."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    print_table(["title", "n"], [["[bold]" + "x" * 100, 12_345]])
    out = capsys.readouterr().out
    lines = re.sub(r"\x1b\[\d+m", "", out).splitlines()
    assert max(map(len, lines)) <= 40
    assert "[bold]xxx" in out
    assert "…" in out
    assert "12345" in out
