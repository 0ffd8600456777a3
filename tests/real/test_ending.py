"""What a stream does when it is told to end, and its supervisor when it cannot go on."""

import os
import signal
import time

import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from tests.real.faults import hooked
from tests.real.running import is_there, until
from tests.real.streamed import Streamed, story

pytestmark = pytest.mark.real

ON_PRISM = pytest.mark.parametrize("runner", ["prism"], indirect=True)
EVERYWHERE = pytest.mark.parametrize("runner", ["direct", "prism"], indirect=True)


@EVERYWHERE
def test_sigterm_commits_what_was_pulled(streamed: Streamed) -> None:
    """Told to stop in the middle of a window, it commits, acknowledges, and exits 0."""
    streamed.publish(story(i) for i in range(500))
    running = streamed.start("--window-seconds", "600")
    streamed.wait_for_deliveries(500)
    time.sleep(1)
    told_at = time.monotonic()
    running.stop(30)
    print(f"\nstopped {time.monotonic() - told_at:.1f} s after SIGTERM")
    assert running.complaints == ""
    assert "500 messages" in running.said
    streamed.settle()


@EVERYWHERE
def test_the_second_interrupt_ends_all_at_once(streamed: Streamed) -> None:
    """After two SIGINTs nothing of it is left, exit 130, and the next stream has everything."""
    streamed.publish(story(i) for i in range(500))
    running = streamed.start("--window-seconds", "600")
    streamed.wait_for_deliveries(500)
    family = running.family()
    running.signal(signal.SIGINT)
    time.sleep(0.1)
    running.signal(signal.SIGINT)
    assert running.wait(5) == 130
    until(lambda: not any(map(is_there, family)), "the end of all that it started", 10)
    assert "Stopped at once" in running.complaints
    streamed.drain("--window-seconds", "6")
    streamed.settle()


@ON_PRISM
def test_nothing_outlives_a_supervisor_that_is_killed_with_its_job(streamed: Streamed) -> None:
    """Prism would wait for its next job for good."""
    running = streamed.start("--window-seconds", "1")
    streamed.publish(story(i) for i in range(10))
    streamed.wait_for_acknowledgements()
    family = running.family()
    supervisor, job, *_ = family
    for process in (supervisor, job):
        os.kill(process, signal.SIGKILL)
    running.wait(5)
    until(lambda: not any(map(is_there, family)), "the end of Prism", 10)
    streamed.settle()


@ON_PRISM
def test_a_subscription_that_is_deleted_ends_it(streamed: Streamed) -> None:
    """What will not come back by waiting is exit 1 and a sentence."""
    soon = hooked(set={"pipelines.read.pulling:REFUSED_SECONDS": 1.0})
    running = streamed.start("--window-seconds", "1", environment=soon)
    streamed.publish(story(i) for i in range(10))
    streamed.wait_for_acknowledgements()
    streamed.server.subscriber.delete_subscription(subscription=streamed.feed.subscription)
    assert running.wait(60) == 1
    assert "Error: there is no subscription" in running.complaints
