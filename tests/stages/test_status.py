"""How a lake is doing, and when that is bad."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from pipelines.commands.status import _size, _span, command
from pipelines.lake.reader import read_lake
from pipelines.lake.status import status

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def seen(lake, now=NOON):
    """The status at that moment."""
    with read_lake(lake.path) as reader:
        return status(reader, now)


def run(lake, *flags):
    """The command's result."""
    return CliRunner().invoke(command, ["--lake", str(lake.path), *flags])


def test_an_empty_lake_has_nothing_to_say_but_its_settings(small_lake):
    """Nothing arrived, nothing divides by zero."""
    now = seen(small_lake)
    assert (now.received, now.last_arrival, now.arrival_age, now.events_per_second) == (
        0,
        None,
        None,
        None,
    )
    assert now.live_files == {}
    assert now.settings["horizon_days"] == "31"
    assert "never" in run(small_lake).stdout


def test_numbers_come_from_the_commit_rows(small_lake):
    """Totals, the rate, the last hour and day, the last compaction."""
    two_days, hour = NOON - timedelta(days=2), NOON - timedelta(minutes=50)
    for begin, stories in ((two_days, 1), (hour, 3)):
        times = {"first_arrival": begin, "last_arrival": begin, "committed_at": begin}
        small_lake.commit(stories=[{}] * stories, row=times)
    empty = {"first_arrival": None, "last_arrival": None, "committed_at": NOON}
    small_lake.commit(row={"action": "compact", **empty})
    now = seen(small_lake, NOON + timedelta(seconds=1))
    assert (now.received, now.received_last_hour, now.received_last_day) == (4, 3, 3)
    assert now.last_commit["action"] == "compact"
    assert now.last_compaction == NOON
    assert now.events_per_second == pytest.approx(4 / (hour - two_days).total_seconds())
    assert now.arrival_age == 50 * 60 + 1
    assert now.live_files == {"commit": 3, "story": 2}
    assert now.live_bytes == sum(f.stat().st_size for f in small_lake.path.rglob("*.parquet"))


def test_a_date_to_come_does_not_make_a_lake_fresh(small_lake):
    """Publishers' clocks are wrong now and then."""
    small_lake.commit(
        stories=[
            {"published_at": NOON - timedelta(hours=3)},
            {"published_at": NOON + timedelta(days=400)},
        ]
    )
    assert seen(small_lake).published_age == 3 * 3600


def test_max_age_is_exit_1_when_the_last_event_is_older(small_lake):
    """A watchdog reads the exit, people the sentence, programs the one object."""
    small_lake.commit(stories=[{}], row={"last_arrival": datetime.now(UTC) - timedelta(hours=2)})
    assert run(small_lake, "--max-age", "7300").exit_code == 0
    stale = run(small_lake, "--max-age", "60", "--json")
    assert stale.exit_code == 1
    assert "arrived 2 h ago; --max-age is 1 min" in stale.stderr
    assert json.loads(stale.stdout)["received"] == 1


def test_a_lake_where_nothing_ever_arrived_is_too_old(small_lake):
    """Never is longer ago than any age."""
    result = run(small_lake, "--max-age", "1000000")
    assert result.exit_code == 1
    assert "arrived never" in result.stderr


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (3_725, "1 h 2 min"), (90_000, "1 d 1 h")],
)
def test_spans_have_two_units_at_most(seconds, said):
    """People read the large unit first."""
    assert _span(seconds) == said


@pytest.mark.parametrize(("size", "said"), [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 KB")])
def test_sizes_are_decimal(size, said):
    """As disks are sold."""
    assert _size(size) == said
