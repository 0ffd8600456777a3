"""Streams killed, and streams stopped and woken: every message in exactly one row all the same."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from tests.real.faults import (
    AFTER_IT,
    BEFORE_THE_APPEND,
    EVERY_RUNNER_AND_FORM,
    OF_A_COMPACTION,
    Publisher,
    Steps,
    redelivered,
)
from tests.real.running import until
from tests.real.streamed import Streamed, story

pytestmark = EVERY_RUNNER_AND_FORM


@pytest.mark.on_prism
def test_killed_at_random_moments(streamed: Streamed, long: bool) -> None:
    """`kill -9`, again and again, while messages come at a steady rate."""
    kills, count, rate, longest = (10, 100_000, 1_000, 12) if long else (3, 10_000, 700, 3)
    dice = random.Random()
    with Publisher(streamed, rate):
        running = streamed.start("--window-seconds", "1")
        for kill in range(kills):
            streamed.wait_for_deliveries(streamed.counts()["deliveries"] + 1)
            time.sleep(dice.uniform(0, longest))
            before = streamed.counts()
            killed = running.kill_one(dice)
            print(f"\nkill {kill + 1}: {killed}, at {before}", running.said, sep="\n")
            if not running.runs:
                running = streamed.start("--window-seconds", "1")
        until(lambda: len(streamed.expected) >= count, f"{count} messages", count / rate)
    streamed.wait_for_acknowledgements(120)
    running.stop()
    streamed.settle()


@pytest.mark.parametrize("step", BEFORE_THE_APPEND + AFTER_IT)
def test_killed_at_any_step_of_a_commit(hasty: Streamed, step: str, tmp_path: Path) -> None:
    """Killed before the append nothing is there, after it everything; the next stream goes on."""
    hasty.publish(story(i) for i in range(300))
    steps = Steps(tmp_path / "steps", [step], signal.SIGKILL)
    died = hasty.start("--window-seconds", "0.3", environment=steps.environment)
    steps.wait_for(0)
    died.kill()
    held = len(hasty.ids())
    assert (held == 0) == (step in BEFORE_THE_APPEND)
    assert hasty.unacknowledged() == 300
    again = hasty.drain("--window-seconds", "0.7")
    assert (again["stories"], again["redelivered"]) == (300 - held, held)
    hasty.settle()


@pytest.mark.parametrize("subscriptions", [1, 2], ids=["one subscription", "two subscriptions"])
def test_one_of_two_pipelines_is_stopped_and_woken(
    hasty: Streamed, subscriptions: int, long: bool, tmp_path: Path
) -> None:
    """Two on one lake; one stops at each step, and goes on once the other has committed.

    With one subscription its leases run out meanwhile, and what it holds goes to the other; with
    two of one topic everything goes to both.
    """
    names = BEFORE_THE_APPEND + AFTER_IT + OF_A_COMPACTION
    # From the last to the first, so that the rest of a commit is done at once after each.
    names = names[::-1] + names + names[::-1] if long else names[::-1]
    often = {"pipelines.lake.writer:COMMITS_A_COMPACTION": 1, "pipelines.lake.compact:FANOUT": 2}
    steps = Steps(tmp_path / "steps", names, signal.SIGSTOP, **often)
    feeds = [hasty.feed, hasty.feed]
    if subscriptions == 2:
        feeds[1] = hasty.subscribe_again(ack_deadline_seconds=1)
    with Publisher(hasty, rate=200):
        flags = ("--window-seconds", "0.3")
        woken = hasty.start(*flags, feed=feeds[0], environment=steps.environment)
        other = hasty.start(*flags, feed=feeds[1])
        for number, name in enumerate(names):
            with other.paused():  # or it might leave nothing new to commit
                pid = steps.wait_for(number)
            stopped = hasty.version
            time.sleep(1.5)  # the leases run out
            hasty.wait_for_version(hasty.version + 2)  # with what they were for
            print(f"{name}: stopped at version {stopped}, woken at {hasty.version}")
            os.kill(pid, signal.SIGCONT)
    hasty.wait_for_acknowledgements()
    woken.stop()
    other.stop()
    twice = redelivered(woken) + redelivered(other)
    print(f"{twice:,} of {len(hasty.expected):,} came to both")
    assert twice >= (len(hasty.expected) if subscriptions == 2 else 1)
    hasty.settle()
