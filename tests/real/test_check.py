"""`newsbeam check` against a real server: what it says, and that it leaves everything as it was."""

import json
from typing import Any

import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from click.testing import CliRunner

from pipelines.commands import newsbeam
from tests.real.servers import Feed, PubSubServer
from tests.real.streamed import Streamed, story

pytestmark = pytest.mark.real


def check(subscription: str, lake: Any) -> tuple[int, dict[str, list[str]]]:
    """The exit, and the grades by what they are about."""
    words = ["check", "--subscription", subscription, "--lake", str(lake), "--json"]
    done = CliRunner().invoke(newsbeam, words)
    found: dict[str, list[str]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        found.setdefault(finding["about"], []).append(finding["grade"])
    return done.exit_code, found


def test_a_sound_subscription_is_left_as_it_is(streamed: Streamed) -> None:
    """Nothing is delivered, acknowledged or made; the stream that follows has every message."""
    streamed.publish(story(i) for i in range(30))
    exit_, found = check(streamed.feed.subscription, streamed.lake)
    assert exit_ == 0
    assert found["rights"] == ["note"]  # this server does not know the question
    assert found["dead letters"] == ["ok"]
    assert streamed.server.counts(streamed.feed)["deliveries"] == 0
    assert not streamed.lake.exists()
    assert streamed.drain("--window-seconds", "0.5")["stories"] == 30
    assert check(streamed.feed.subscription, streamed.lake)[1]["clock"] == ["ok", "note"]
    streamed.settle()


def test_a_subscription_that_does_not_suit_is_told(pubsub_server: PubSubServer, tmp_path) -> None:
    """Ordering and exactly-once are notes, a dead-letter topic with few attempts is a problem."""
    dead = pubsub_server.create("dead")
    odd: Feed = pubsub_server.create(
        "odd",
        ack_deadline_seconds=600,
        enable_message_ordering=True,
        enable_exactly_once_delivery=True,
        dead_letter_policy={"dead_letter_topic": dead.topic, "max_delivery_attempts": 5},
    )
    exit_, found = check(odd.subscription, tmp_path / "lake")
    assert exit_ == 1
    assert {about: found[about] for about in ("ack deadline", "ordering", "exactly once")} == {
        "ack deadline": ["note"],
        "ordering": ["note"],
        "exactly once": ["note"],
    }
    assert found["dead letters"] == ["problem"]


def test_what_is_not_there_is_a_problem(pubsub_server: PubSubServer, tmp_path) -> None:
    """No such subscription, then no server."""
    missing = "projects/newsbeam/subscriptions/missing"
    assert check(missing, tmp_path)[1]["subscription"] == ["problem"]
    with pubsub_server.outage():
        assert check(missing, tmp_path)[0] == 1
