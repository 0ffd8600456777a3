"""The servers that other tests stand on do what the real ones do."""

import time
from pathlib import Path

import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from google.api_core.exceptions import NotFound, ServiceUnavailable
from google.pubsub_v1 import PubsubMessage, ReceivedMessage

from pipelines.sample.writing import write_sample
from tests.real.batch_graph import rows
from tests.real.servers import Feed, PubSubServer

pytestmark = pytest.mark.real


def pull(server: PubSubServer, feed: Feed, most: int = 1_000) -> list[ReceivedMessage]:
    """What one call brings, at once or after half a second."""
    answer = server.subscriber.pull(subscription=feed.subscription, max_messages=most)
    return list(answer.received_messages)


def acknowledge(server: PubSubServer, feed: Feed, messages: list[ReceivedMessage]) -> None:
    """Acknowledge these deliveries."""
    ids = [message.ack_id for message in messages]
    server.subscriber.acknowledge(subscription=feed.subscription, ack_ids=ids)


def test_what_is_published_is_delivered_until_acknowledged(pubsub_server: PubSubServer) -> None:
    """Every message comes once, with its attributes, and none comes again once acknowledged."""
    feed = pubsub_server.create()
    payloads = [f"story {n}".encode() for n in range(1_201)]
    sent = [PubsubMessage(data=each, attributes={"from": "a desk"}) for each in payloads]
    ids = pubsub_server.publish(feed, sent)
    assert len(set(ids)) == 1_201
    assert pubsub_server.unacknowledged(feed) == 1_201
    got = pull(pubsub_server, feed, 2_000)
    assert sorted(each.message.data for each in got) == sorted(payloads)
    assert {each.message.attributes["from"] for each in got} == {"a desk"}
    acknowledge(pubsub_server, feed, got)
    assert pubsub_server.unacknowledged(feed) == 0
    assert pull(pubsub_server, feed) == []


def test_a_message_comes_again_after_its_deadline(pubsub_server: PubSubServer) -> None:
    """A lease that runs out means redelivery; the old ack id then acknowledges nothing."""
    feed = pubsub_server.create(ack_deadline_seconds=1)
    pubsub_server.publish(feed, [b"story"])
    first = pull(pubsub_server, feed)
    assert pull(pubsub_server, feed) == []
    time.sleep(1)
    second = pull(pubsub_server, feed)
    assert [each.message.message_id for each in second] == [first[0].message.message_id]
    acknowledge(pubsub_server, feed, first)
    assert pubsub_server.unacknowledged(feed) == 1
    acknowledge(pubsub_server, feed, second)
    expected = {"published": 1, "acknowledged": 1, "deliveries": 2}
    assert pubsub_server.counts(feed) == expected


def test_a_message_of_nine_megabytes_goes_through(pubsub_server: PubSubServer) -> None:
    """Messages up to what Pub/Sub takes arrive whole."""
    feed = pubsub_server.create()
    large = b"word " * 1_800_000
    pubsub_server.publish(feed, [b"small", large, large])
    got: list[ReceivedMessage] = []
    while more := pull(pubsub_server, feed):
        got += more
    assert sorted(len(each.message.data) for each in got) == [5, len(large), len(large)]


def test_a_restart_loses_no_message_and_no_lease(pubsub_server: PubSubServer) -> None:
    """After a restart at the same address, leases hold and what waited is delivered."""
    feed = pubsub_server.create(ack_deadline_seconds=60)
    pubsub_server.publish(feed, [b"one", b"two"])
    leased = pull(pubsub_server, feed, 1)
    address = pubsub_server.address
    with pubsub_server.outage(), pytest.raises(ServiceUnavailable):
        pubsub_server.subscriber.pull(
            subscription=feed.subscription, max_messages=1, retry=None, timeout=5
        )
    assert pubsub_server.address == address
    time.sleep(1)  # the channel tries again at most half a second later
    waited = pull(pubsub_server, feed)
    assert {each.message.data for each in leased + waited} == {b"one", b"two"}
    acknowledge(pubsub_server, feed, leased + waited)
    assert pubsub_server.unacknowledged(feed) == 0


def test_a_killed_server_starts_empty_at_the_same_address(pubsub_server: PubSubServer) -> None:
    """`kill -9` takes everything with it; the next server answers where the last one did."""
    feed = pubsub_server.create()
    address = pubsub_server.address
    pubsub_server.kill()
    pubsub_server.start()
    assert pubsub_server.address == address
    time.sleep(1)
    with pytest.raises(NotFound):
        pull(pubsub_server, feed)
    pubsub_server.create()


def test_the_batch_graph_makes_the_same_rows_on_prism(prism: Path, tmp_path: Path) -> None:
    """A sample's stories, duplicates and dead letters are the same, and in the same order."""
    news = write_sample(tmp_path / "news.jsonl", 3_000, seed=7, dialect="story").events
    expected = rows(news, tmp_path, "direct")
    assert sum(map(len, expected.values())) == 3_000
    assert all(expected.values())
    assert rows(news, tmp_path, "prism", f"--prism_location={prism}") == expected
