"""How a lake is doing, and when that is bad."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from pipelines.commands.status import _size, _span, command
from pipelines.lake.reader import read_lake
from pipelines.lake.status import status
from pipelines.read.backlog import Backlog

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


def sent(before: float) -> dict:
    """An event that Pub/Sub had so many seconds before noon."""
    told = {"goog_publish_time": f"{NOON - timedelta(seconds=before):%Y-%m-%dT%H:%M:%S.%f}Z"}
    return {"attributes": json.dumps({**told, "desk": "x"})}


def test_freshness_is_from_publish_to_commit_where_messages_told_it(small_lake):
    """Of all kinds of rows; events that came without a publish time do not count then."""
    row = {"committed_at": NOON + timedelta(seconds=1)}
    small_lake.commit([sent(1), sent(3)], [sent(5)], [sent(9), {}], row=row)
    fresh = seen(small_lake).freshness
    assert (fresh.since, fresh.events, fresh.median) == ("publish", 4, 5.0)
    assert 9.8 < fresh.late < 10


def test_freshness_is_from_arrival_to_commit_for_files(small_lake):
    """Nobody told when they were sent."""
    small_lake.commit(stories=[{}] * 3, row={"committed_at": NOON + timedelta(seconds=4)})
    fresh = seen(small_lake).freshness
    assert (fresh.since, fresh.events, fresh.median, fresh.late) == ("arrival", 3, 4.0, 4.0)


def test_freshness_is_of_the_newest_commits_that_brought_events(small_lake):
    """A backlog of yesterday says nothing about today, nor do repeats and compaction."""
    small_lake.commit(stories=[sent(80_000)])
    for _ in range(10):
        small_lake.commit(stories=[sent(1)], row={"committed_at": NOON})
        small_lake.commit(redelivered=3, row={"committed_at": NOON})
        small_lake.commit(row={"action": "compact"})
    fresh = seen(small_lake).freshness
    assert (fresh.events, fresh.late) == (10, 1.0)


def test_freshness_of_a_stamp_that_is_none_is_not_told(small_lake):
    """A publisher's own attribute of that name, in a file, may hold anything."""
    small_lake.commit(
        stories=[{"attributes": '{"goog_publish_time": "9999-99-99T99:99:99.999999Z"}'}]
    )
    assert seen(small_lake).freshness.since == "arrival"


def test_what_is_pulled_and_not_committed_waits(small_lake):
    """It stands in the lake's staging folder, where its age tells a stream that is stuck."""
    assert seen(small_lake).waiting.batches == 0
    run_folder = small_lake.path / "_staging" / "a run"
    run_folder.mkdir(parents=True)
    for number, age in enumerate((7, 90)):
        file = run_folder / f"{number}.pulled"
        file.write_bytes(b"12345")
        os.utime(file, (NOON.timestamp() - age,) * 2)
    (run_folder / "0.arrow").touch()
    waiting = seen(small_lake).waiting
    assert (waiting.batches, waiting.bytes, waiting.oldest_age) == (2, 10, 90)
    assert "10 bytes pulled and not committed" in run(small_lake).stdout


def test_a_backlog_is_shown_where_one_is_asked_for(small_lake, monkeypatch):
    """A figure with its time; or why there is none, which is no failure."""
    told = Backlog(1_234, 75.0, NOON)
    monkeypatch.setattr("pipelines.commands.status.backlog", lambda *_: told)
    flags = ("--subscription", "projects/p/subscriptions/s")
    assert (
        "1,234 messages wait, the oldest for 1 min 15 s, as of 12:00 UTC"
        in run(small_lake, *flags).stdout
    )
    assert json.loads(run(small_lake, *flags, "--json").stdout)["backlog"]["messages"] == 1_234
    told = Backlog(untold="no rights")
    assert "not told: no rights" in run(small_lake, *flags).stdout
    assert "Backlog" not in run(small_lake).stdout


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
