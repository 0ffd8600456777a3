"""Streams on a machine whose disk is full or read-only, or whose clock jumps."""

import time
from pathlib import Path

import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from tests.real.faults import EVERY_RUNNER_AND_FORM, Clock, fill, read_only, small_disk
from tests.real.running import Running
from tests.real.streamed import Streamed, named, story

pytestmark = EVERY_RUNNER_AND_FORM

HOUR = 3_600
DAY = 24 * HOUR


@pytest.mark.on_prism
def test_the_disk_is_full_for_a_while(hasty: Streamed, long: bool, tmp_path: Path) -> None:
    """The stream says so, pulls no more than it holds, keeps its leases, and goes on."""
    with small_disk(tmp_path / "disk", 64 << 20) as disk:
        hasty.lake = disk / "lake"
        running = hasty.start("--window-seconds", "0.5")
        begin(hasty)
        ballast = fill(disk)
        hold_out(hasty, running, "o space", 60 if long else 5)
        ballast.unlink()
        go_on(hasty, running)


def test_the_lake_is_read_only_for_a_while(hasty: Streamed, long: bool) -> None:
    """So it does where the disk has become read-only."""
    running = hasty.start("--window-seconds", "0.5")
    begin(hasty)
    with read_only(hasty.lake):
        hold_out(hasty, running, "ead-only file system", 60 if long else 5)
    go_on(hasty, running)


def begin(streamed: Streamed) -> None:
    """Something is in the lake."""
    streamed.publish(story(i) for i in range(300))
    streamed.wait_for_deliveries(300)
    streamed.wait_for_acknowledgements()


def hold_out(streamed: Streamed, running: Running, words: str, seconds: float) -> None:
    """While the lake cannot be written the stream waits, and nothing is delivered twice."""
    streamed.publish(story(i) for i in range(300, 600))
    running.wait_for(words)
    time.sleep(2)  # pulls that were waiting then may bring something yet
    deliveries = streamed.counts()["deliveries"]
    streamed.publish(story(i) for i in range(600, 900))
    time.sleep(seconds)
    assert running.runs, running.complaints
    assert streamed.unacknowledged() == 600
    print(running.complaints)
    assert streamed.counts()["deliveries"] == deliveries, "it pulls what it cannot put anywhere"


def go_on(streamed: Streamed, running: Running) -> None:
    """Once it can be written everything goes in."""
    streamed.wait_for_acknowledgements(90)
    running.stop()
    print(running.said)
    streamed.settle()


def test_the_clock_jumps(streamed: Streamed, long: bool, tmp_path: Path) -> None:
    """An hour back, or two forward: commits go on, and arrivals never go back, restarts or not."""
    clock = Clock(tmp_path / "clock")
    jumps = [-HOUR, HOUR, 0, 2 * HOUR, -HOUR] * (4 if long else 1)
    for number, ahead in enumerate([0, *jumps]):
        if number % 2 == 0:
            running = streamed.start("--window-seconds", "0.5", environment=clock.environment)
        clock.set(ahead)
        first = number * 200
        published_at = time.monotonic()
        streamed.publish(story(i) for i in range(first, first + 200))
        streamed.wait_for_acknowledgements(30)
        print(f"{ahead:+6d} s: acknowledged after {time.monotonic() - published_at:.1f} s")
        if number % 2:
            running.stop()
    arrivals = [row["arrived_at"] for row in streamed.rows()]
    assert arrivals == sorted(arrivals)
    streamed.settle()


def test_a_message_of_last_week_is_remembered(streamed: Streamed, tmp_path: Path) -> None:
    """Sent again a week later it is known: the index remembers a day, so the lake itself is asked.

    The first stream runs with a clock that is seven days behind.
    """
    clock = Clock(tmp_path / "clock")
    clock.set(-7 * DAY)
    sent_at = str(int((time.time() - 7 * DAY) * 1000))
    messages = [story(i, key=f"event {i}", sent=sent_at) for i in range(200)]
    flags = ("--window-seconds", "1", "--id-attribute", "key", "--timestamp-attribute", "sent")
    once = ("--horizon-days", "1")
    streamed.publish(messages)
    before = streamed.drain(*flags, *once, environment=clock.environment)
    assert (before["stories"], before["redelivered"]) == (200, 0)
    now = str(int(time.time() * 1000))
    today = [story(i, key=f"event {i}", sent=now) for i in range(200, 300)]
    streamed.publish(today)
    assert streamed.drain(*flags)["stories"] == 100
    streamed.publish(messages)
    after = streamed.drain(*flags)
    assert (after["stories"], after["redelivered"]) == (0, 200)
    streamed.expected = [named(message, "key") for message in messages + today]
    streamed.settle()
