"""Streams of messages that are poison, long, or sent twice."""

import json
from itertools import product

import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from google.pubsub_v1 import PubsubMessage

from tests.real.faults import EVERY_RUNNER_AND_FORM
from tests.real.streamed import Streamed, named, story

pytestmark = EVERY_RUNNER_AND_FORM


def test_half_of_it_is_poison(streamed: Streamed, long: bool) -> None:
    """What is no story becomes a dead letter with its bytes; the stories beside it are stories."""
    count = 20_000 if long else 1_000
    poison = [b"", b"\xff\xfe", b"{", b"[]", b'{"title": 7}', b"null", b'{"id": "1"}', b"\0" * 99]
    streamed.publish(
        story(i) if i % 2 else PubsubMessage(data=poison[i // 2 % 8], attributes={"i": str(i)})
        for i in range(count)
    )
    outcome = streamed.drain("--window-seconds", "1")
    assert (outcome["stories"], sum(outcome["dead_letters"].values())) == (count / 2, count / 2)
    payloads = {row["payload"] for row in streamed.rows() if row["kind"] == "dead_letter"}
    assert payloads == set(poison)
    streamed.settle()


def test_an_attribute_that_repeats_names_one_event(streamed: Streamed, long: bool) -> None:
    """Equal bodies under one name are one event; another body under that name is another."""
    times, count = (30 if long else 3), 200
    messages = [story(i % 100, key=f"event {i % 50}") for i in range(count)]
    for _ in range(times):
        streamed.publish(messages)
    outcome = streamed.drain("--window-seconds", "1", "--id-attribute", "key")
    assert outcome["received"] >= times * count
    assert outcome["received"] - outcome["redelivered"] == 100
    streamed.expected = [
        named(story(i + 50 * other, key=f"event {i}"), "key")
        for i, other in product(range(50), range(2))
    ]
    streamed.settle()


def test_a_large_message_comes_through(streamed: Streamed) -> None:
    """One message of 9 MB among small ones is a row like them."""
    streamed.publish(story(i) for i in range(50))
    large = {"id": "large", "title": "Long", "text": "A long story it is. " * 450_000}
    streamed.publish([PubsubMessage(data=json.dumps(large).encode())])
    assert streamed.drain("--window-seconds", "1")["stories"] == 51
    streamed.settle()
