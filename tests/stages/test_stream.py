"""The loop of a stream, with a subscription of the test's own: no server, no waiting for leases."""

import json
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from pipelines import stream as streaming
from pipelines.commands import newsbeam
from pipelines.errors import InputError, RunFailed
from pipelines.read import pulling
from pipelines.read.pubsub import Refused, Subscription, Unreachable, _calls
from pipelines.read.pulling import Inbox
from pipelines.stream import stream
from pipelines.streaming import Slice, Streaming, Told

NAME = "projects/p/subscriptions/s"


class Feed:
    """A subscription that delivers what it is given, each message once, and notes the rest."""

    topic = "projects/p/topics/t"
    deadline_seconds = 10

    def __init__(self, count: int) -> None:
        self.waiting = [self._message(i) for i in range(count)]
        self.acknowledged: list[str] = []
        self.given_back: list[str] = []
        self.failure: Exception | None = None
        self._lock = threading.Lock()

    def pull(self, most: int) -> list[Any]:
        if self.failure:
            raise self.failure
        with self._lock:
            some, self.waiting = self.waiting[:most], self.waiting[most:]
        time.sleep(0 if some else 0.02)
        return some

    def acknowledge(self, ack_ids: list[str]) -> int:
        self.acknowledged += ack_ids
        return 0

    def give_back(self, ack_ids: list[str]) -> None:
        self.given_back += ack_ids

    def renew(self, ack_ids: list[str], seconds: float) -> None:
        pass

    def close(self) -> None:
        pass

    @staticmethod
    def _message(i: int) -> Any:
        text = f"The town of Number {i} has opened a bridge with {i} lamps over river {i * 7}."
        body = json.dumps({"id": str(i), "title": f"Bridge {i} opens", "text": text}).encode()
        published = SimpleNamespace(seconds=int(time.time()), nanos=i)
        message = SimpleNamespace(
            data=body, attributes={}, message_id=str(i), publish_time=published, ordering_key=""
        )
        return SimpleNamespace(ack_id=f"ack {i}", message=message)


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Two hundred messages."""
    made = Feed(200)
    monkeypatch.setattr(streaming, "Subscription", lambda name, topic: made)
    return made


def test_what_is_committed_is_acknowledged_in_slices(feed: Feed, tmp_path: Path) -> None:
    """Each slice is told of, and every message acknowledged once; nothing stays in staging."""
    slices: list[Slice] = []
    stopping = threading.Event()
    feed.waiting, later = feed.waiting[:80], feed.waiting[80:]

    def committed(slice_: Slice) -> None:
        slices.append(slice_)
        feed.waiting += later if len(slices) == 1 else []
        if len(feed.acknowledged) == 200:
            stopping.set()

    job = Streaming(NAME, tmp_path, window_seconds=0.2)
    outcome = stream(job, stopping, Told(committed=committed))
    assert (outcome.received, outcome.stories) == (200, 200)
    assert sum(slice_.counts.received for slice_ in slices) == 200
    assert len(slices) >= 2
    assert sorted(feed.acknowledged) == sorted(f"ack {i}" for i in range(200))
    assert list((tmp_path / "_staging").iterdir()) == []


def test_stopping_with_a_lake_that_stays_full_gives_everything_back(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is acknowledged that no commit holds; the sentence says what stands in the way."""
    stopping = threading.Event()

    def full(*_: Any) -> str:
        stopping.set()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(streaming, "save", full)
    monkeypatch.setattr(streaming, "STOP_SECONDS", 0.1)
    with pytest.raises(RunFailed, match=r"No space left.*given back"):
        stream(Streaming(NAME, tmp_path, window_seconds=0.1), stopping)
    assert feed.acknowledged == []
    assert sorted(feed.given_back) == sorted(f"ack {i}" for i in range(200))


def test_a_graph_that_fails_ends_the_stream_and_acknowledges_nothing(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours does not pass by waiting: the stream ends, and the messages come again."""
    monkeypatch.setattr(streaming, "save", lambda batch, folder: str(folder.joinpath("\0")))
    with pytest.raises(RunFailed, match="comes again"):
        stream(Streaming(NAME, tmp_path, window_seconds=0.1), threading.Event())
    assert feed.acknowledged == []


def test_a_subscription_that_stays_refused_ends_the_stream(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was deleted meanwhile is waited for, said once, and then a failure."""
    feed.failure = Refused("there is no subscription")
    monkeypatch.setattr(pulling, "REFUSED_SECONDS", 0.3)
    troubles: list[str] = []
    with pytest.raises(InputError, match="there is no subscription"):
        stream(Streaming(NAME, tmp_path), threading.Event(), Told(trouble=troubles.append))
    assert len(troubles) == 1


def test_a_server_that_does_not_answer_is_not_a_drained_one(feed: Feed, tmp_path: Path) -> None:
    """`until_caught_up` wants an answer that there is nothing, not silence."""
    feed.failure = Unreachable("away")
    stopping = threading.Event()
    threading.Timer(1.5, stopping.set).start()
    started = time.monotonic()
    job = Streaming(NAME, tmp_path, window_seconds=0.1, until_caught_up=True)
    assert stream(job, stopping).received == 0
    assert time.monotonic() - started >= 1.4


def test_an_inbox_asks_for_what_it_has_room_for() -> None:
    """Room shrinks with messages and with their bytes, and comes back when they are taken."""
    message = SimpleNamespace(body=b"x" * 1_000)
    inbox = Inbox(messages=1_500, bytes_=1_000_000)
    inbox._typical = 500.0
    assert inbox.room() == 1_000  # a call's most
    inbox.put([message] * 700)
    assert inbox.room() == 400  # 300,000 bytes of 750 each
    inbox.put([message] * 300)
    assert (inbox.is_full, inbox.room()) == (True, 0)
    assert len(inbox.take()) == 1_000
    assert (inbox.is_full, inbox.first_at) == (False, None)


def test_acknowledgements_fit_into_a_call() -> None:
    """At most 1,000 ids and half a megabyte a call, every id in one of them."""
    ids = [str(i) * 200 for i in range(2_500)]
    calls = list(_calls(ids))
    assert [id_ for call in calls for id_ in call] == ids
    assert max(map(len, calls)) <= 1_000
    assert max(sum(map(len, call)) for call in calls) <= 400_000


def test_a_name_that_is_no_subscription_is_refused() -> None:
    """The form is shown."""
    with pytest.raises(InputError, match="projects/PROJECT/subscriptions/NAME"):
        Subscription("news")


def test_without_the_extra_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client is no dependency of who reads files only."""
    monkeypatch.setitem(__import__("sys").modules, "google.pubsub_v1", None)
    done = CliRunner().invoke(newsbeam, ["stream", "--subscription", NAME, "--lake", str(tmp_path)])
    assert isinstance(done.exception, InputError)
    assert "newsbeam[gcp]" in str(done.exception)
