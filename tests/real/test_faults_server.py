"""Streams whose server is away or silent, delivers again, or delivers in its own order."""

import time
from collections import defaultdict

import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")


from tests.real.faults import EVERY_RUNNER_AND_FORM, hooked, redelivered
from tests.real.running import until
from tests.real.streamed import Streamed, story

pytestmark = EVERY_RUNNER_AND_FORM

ORDERED = {"enable_message_ordering": True}
EXACTLY_ONCE = {"enable_exactly_once_delivery": True}


@pytest.mark.on_prism
def test_the_server_is_away_for_a_while(streamed: Streamed, long: bool) -> None:
    """The stream says that the server is gone, and that it is back, and goes on."""
    streamed.publish(story(i) for i in range(300))
    running = streamed.start("--window-seconds", "1")
    streamed.wait_for_deliveries(300)
    with streamed.server.outage():
        time.sleep(60 if long else 4)
    streamed.publish(story(i) for i in range(300, 600))
    streamed.wait_for_deliveries(600)
    streamed.wait_for_acknowledgements()
    running.stop()
    print(running.said, running.complaints)
    assert running.complaints.count("does not answer") == 1
    assert running.complaints.count("is back after") == 1
    streamed.settle()


def test_the_server_is_restarted_again_and_again(streamed: Streamed, long: bool) -> None:
    """Connections that break while messages come cost nothing but time."""
    restarts = 30 if long else 4
    running = streamed.start("--window-seconds", "0.5")
    for restart in range(restarts):
        streamed.publish(story(i) for i in range(restart * 200, restart * 200 + 200))
        streamed.wait_for_deliveries(restart * 200 + 1)
        time.sleep(0.3)
        streamed.server.restart()
        time.sleep(1)
    streamed.wait_for_acknowledgements()
    running.stop()
    streamed.settle()


def test_silence_is_not_the_end_of_a_backlog(hasty: Streamed, long: bool) -> None:
    """A network that loses every packet looks like a server that has nothing, for a while."""
    hasty.publish(story(i) for i in range(300))
    calls = {} if long else {"pipelines.read.pubsub:CALL_SECONDS": 1.0}
    running = hasty.start(
        "--until-caught-up", "--window-seconds", "1", environment=hooked(set=calls)
    )
    hasty.wait_for_deliveries(300)
    hasty.publish(story(i) for i in range(300, 600))
    with hasty.server.silence():
        time.sleep(60 if long else 8)
        assert running.runs, "the stream took silence for an answer"
    assert running.wait(60) == 0
    print(running.said, running.complaints)
    assert running.complaints.count("does not answer") == 1
    hasty.settle()


def test_every_message_is_delivered_three_times(hasty: Streamed, long: bool) -> None:
    """Messages whose acknowledgements are lost twice come again, and add no row."""
    count = 20_000 if long else 700
    hasty.server.lose_acknowledgements(2)
    hasty.publish(story(i) for i in range(count))
    running = hasty.start("--window-seconds", "1")
    hasty.wait_for_acknowledgements(120)
    running.stop()
    print(running.said)
    assert redelivered(running) >= 2 * count
    hasty.settle()


@pytest.mark.parametrize("streamed", [ORDERED], ids=["ordered"], indirect=True)
def test_an_ordered_subscription_keeps_its_order(streamed: Streamed, long: bool) -> None:
    """Of each key one message at a time is delivered: each key's messages stay in order."""
    keys, each = (50, 20) if long else (50, 3)
    for i in range(keys * each):
        message = story(i)
        message.ordering_key = f"desk {i % keys}"
        streamed.publish([message])
    streamed.drain("--window-seconds", "1")
    numbers = defaultdict(list)
    for row in streamed.rows():
        number = int(row["publisher_id"].rpartition("#")[2])
        numbers[number % keys].append(number)
    assert all(numbers[key] == list(range(key, keys * each, keys)) for key in range(keys))
    streamed.settle()


@pytest.mark.parametrize("hasty", [EXACTLY_ONCE], ids=["exactly once"], indirect=True)
def test_old_ack_ids_are_refused(hasty: Streamed, long: bool) -> None:
    """With exactly-once delivery a lease that ran out is refused; what comes again is known."""
    rounds = 10 if long else 2
    short = hooked(set={"pipelines.read.leases:ROUNDS_A_DEADLINE": 0})  # whatever a round takes
    running = hasty.start("--window-seconds", "6", environment=short)  # to be paused within
    for round_ in range(rounds):
        deliveries = hasty.counts()["deliveries"]
        hasty.publish(story(i) for i in range(round_ * 200, round_ * 200 + 200))
        hasty.wait_for_deliveries(deliveries + 200)
        with running.paused():
            time.sleep(1.5)  # the leases run out, and others get the messages
            request = {"subscription": hasty.feed.subscription}
            others = hasty.server.subscriber.pull(request | {"max_messages": 1_000})
            ack_ids = [each.ack_id for each in others.received_messages]
            request |= {"ack_ids": ack_ids, "ack_deadline_seconds": 0}
            hasty.server.subscriber.modify_ack_deadline(request)
        until(lambda: hasty.unacknowledged() == 0, "acknowledgements of what came again", 60)
    running.stop()
    assert "not acknowledged" in running.said
    hasty.settle()
