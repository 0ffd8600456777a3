"""`newsbeam stream --runner direct` against a real server: every message in exactly one row.

Each test ends with the same account, printed: what was published, its rows, what is lost, doubled
or not acknowledged.
"""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from deltalake import DeltaTable
from google.pubsub_v1 import PubsubMessage

from pipelines import stream as streaming
from pipelines.lake.audit import audit
from pipelines.lake.errors import Unwritable
from pipelines.lake.writer import Writer
from pipelines.read.pubsub import Subscription
from pipelines.sample.writing import write_sample
from pipelines.stream import Told, stream
from tests.real.streamed import ROOT, Streamed, story

pytestmark = pytest.mark.real


def test_every_message_is_a_row_with_what_pubsub_told(streamed: Streamed) -> None:
    """Rows have the messages' ids, attributes, ordering keys and times; then nothing is left."""
    messages = [story(i, desk=f"desk {i}") for i in range(1_200)]
    messages[0].ordering_key = "a key"
    streamed.publish(messages)
    assert streamed.drain("--window-seconds", "1")["stories"] == 1_200
    streamed.settle()
    attributes = {
        row["publisher_id"].rpartition("#")[2]: row["attributes"] for row in streamed.rows()
    }
    told = json.loads(attributes["0"])
    assert (told["desk"], told["goog_ordering_key"]) == ("desk 0", "a key")
    assert told["goog_publish_time"].startswith("20")
    assert json.loads(attributes["7"])["desk"] == "desk 7"


def test_the_rows_are_those_of_a_run(streamed: Streamed, tmp_path: Path) -> None:
    """Shuffled messages that tell their order make the rows that the same lines in a file make."""
    write_sample(tmp_path / "news.jsonl", 2_000, seed=9)
    lines = (tmp_path / "news.jsonl").read_bytes().splitlines()
    messages = [PubsubMessage(data=line, attributes={"n": str(n)}) for n, line in enumerate(lines)]
    random.Random(3).shuffle(messages)
    streamed.publish(messages)
    streamed.drain("--window-seconds", "3", "--order-attribute", "n")
    streamed.settle()
    run = ["run", tmp_path / "news.jsonl", "--lake", tmp_path / "other"]
    subprocess.run([sys.executable, "-m", "pipelines.commands", *run], cwd=ROOT, check=True)
    table = DeltaTable(tmp_path / "other").to_pyarrow_table(filters=[("kind", "!=", "commit")])
    assert [*verdicts(streamed.rows())] == [*verdicts(table.sort_by("ordinal").to_pylist())]


def verdicts(rows: list[dict[str, Any]]) -> Iterable[tuple]:
    """What was decided of each event, without the names that tell a message from a line."""
    ordinals = {row["event_id"]: row["ordinal"] for row in rows}
    for row in rows:
        of = ordinals.get(row["story_id"])
        yield (
            row["ordinal"],
            row["kind"],
            row["relation"],
            of,
            row["topic"],
            row["reason"],
            row["url"],
        )


def test_every_message_delivered_three_times_is_one_row(
    hasty: Streamed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages whose acknowledgements are lost twice come again, and add no row."""
    denied: Counter[str] = Counter()
    acknowledge = Subscription.acknowledge

    def lossy(self: Subscription, ack_ids: list[str]) -> int:
        """pstest's ack ids are `<message id>:<delivery>`."""
        passed = [ack for ack in ack_ids if denied[ack.rpartition(":")[0]] == 2]
        denied.update(ack.rpartition(":")[0] for ack in set(ack_ids) - set(passed))
        acknowledge(self, passed)
        return len(ack_ids) - len(passed)

    monkeypatch.setattr(Subscription, "acknowledge", lossy)
    hasty.publish(story(i) for i in range(700))
    outcome = stream(hasty.job(window_seconds=1.0), threading.Event())
    assert (outcome.stories, outcome.redelivered) == (700, 1_400)
    assert outcome.balances
    hasty.settle()


def test_killed_three_times_nothing_is_lost_or_doubled(streamed: Streamed) -> None:
    """`kill -9` at random moments while 3,000 messages come."""
    dice = random.Random(11)

    def publish() -> None:
        for start in range(0, 3_000, 100):
            streamed.publish(story(i) for i in range(start, start + 100))
            time.sleep(0.4)

    publisher = threading.Thread(target=publish)
    publisher.start()
    for _ in range(3):
        process = streamed.start("--window-seconds", "1")
        time.sleep(dice.uniform(2.5, 5.0))
        process.kill()
        print("\n", process.communicate()[0], "killed")
    publisher.join()
    print(streamed.drain("--window-seconds", "6"))
    streamed.settle()


# Runs the command, and dies as by `kill -9` when its writer first comes to that step.
DYING = """
import os, signal, sys
from pipelines.commands import main
from pipelines.lake.writer import Writer
from pipelines.read.pubsub import Subscription

stop = sys.argv.pop(1)
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if stop == "acknowledging":
    Subscription.acknowledge = die
init = Writer.__init__

def dying(self, *words, **settings):
    init(self, *words, **settings)
    self.at = lambda at: die() if at == stop else None

Writer.__init__ = dying
main()
"""
BEFORE_THE_APPEND = ("followed", "decided", "written", "appending")
AFTER_IT = ("appended", "synced", "merged", "acknowledging")


@pytest.mark.parametrize("stop", BEFORE_THE_APPEND + AFTER_IT)
def test_killed_at_any_step_of_a_commit(hasty: Streamed, stop: str) -> None:
    """Killed before the append nothing is there, after it everything; the next stream goes on."""
    hasty.publish(story(i) for i in range(300))
    died = hasty.start("--window-seconds", "0.5", program=["-c", DYING, stop])
    died.communicate(timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert hasty.server.unacknowledged(hasty.feed) == 300
    again = hasty.drain("--window-seconds", "1")
    fresh = {"stories": 300, "redelivered": 0}
    known = {"stories": 0, "redelivered": 300}
    expected = fresh if stop in BEFORE_THE_APPEND else known
    assert {name: again[name] for name in expected} == expected
    hasty.settle()


def test_sigterm_commits_what_was_pulled(streamed: Streamed) -> None:
    """Told to stop in the middle of a window, a stream commits, acknowledges, and exits 0."""
    streamed.publish(story(i) for i in range(500))
    process = streamed.start("--window-seconds", "60")
    streamed.wait_for_deliveries(500)
    time.sleep(0.5)
    told_at = time.monotonic()
    process.send_signal(signal.SIGTERM)
    said, complaints = process.communicate(timeout=30)
    print(f"\nstopped {time.monotonic() - told_at:.1f} s after SIGTERM")
    assert (process.returncode, complaints) == (0, "")
    assert "500 messages" in said
    streamed.settle()


def test_the_second_interrupt_ends_at_once(streamed: Streamed) -> None:
    """After two SIGINTs the process is gone, exit 130, and the next stream has everything."""
    streamed.publish(story(i) for i in range(500))
    process = streamed.start("--window-seconds", "60")
    streamed.wait_for_deliveries(500)
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    complaints = process.communicate(timeout=5)[1]
    assert process.returncode == 130
    assert "Stopped at once" in complaints
    streamed.drain("--window-seconds", "6")
    streamed.settle()


def test_poison_is_half_of_it_and_nothing_stops(streamed: Streamed) -> None:
    """What is no story becomes a dead letter with its bytes; the stories beside it are stories."""
    poison = [b"", b"\xff\xfe", b"{", b"[]", b'{"title": 7}', b"null", b'{"id": "1"}', b"\0" * 99]
    streamed.publish(
        story(i) if i % 2 else PubsubMessage(data=poison[i // 2 % 8], attributes={"i": str(i)})
        for i in range(1_000)
    )
    outcome = streamed.drain("--window-seconds", "1")
    assert (outcome["stories"], sum(outcome["dead_letters"].values())) == (500, 500)
    streamed.settle()
    payloads = {row["payload"] for row in streamed.rows() if row["kind"] == "dead_letter"}
    assert payloads == set(poison)


def test_a_drained_subscription_ends_at_once_and_commits_nothing(streamed: Streamed) -> None:
    """With nothing there `--until-caught-up` waits two windows, and exits 0 without a commit."""
    assert streamed.drain("--window-seconds", "0.5")["received"] == 0
    streamed.settle()


def test_an_attribute_that_repeats_names_one_event(streamed: Streamed) -> None:
    """Equal bodies under one name are one event; another body under that name is another."""
    for _ in range(3):
        streamed.publish(story(i % 100, key=f"event {i % 50}") for i in range(200))
    outcome = streamed.drain("--window-seconds", "1", "--id-attribute", "key")
    assert (outcome["received"], outcome["redelivered"]) == (600, 500)
    ids = [row["event_id"] for row in streamed.rows()]
    assert len(ids) == len(set(ids)) == 100
    assert {id_.rpartition(":")[0] for id_ in ids} == {f"event {i}" for i in range(50)}
    assert streamed.server.unacknowledged(streamed.feed) == 0
    assert audit(streamed.lake).findings == []


def test_a_large_message_comes_through(streamed: Streamed) -> None:
    """One message of 9 MB among small ones is a row like them."""
    streamed.publish(story(i) for i in range(50))
    large = {"id": "large", "title": "Long", "text": "A long story it is. " * 450_000}
    streamed.publish([PubsubMessage(data=json.dumps(large).encode())])
    assert streamed.drain("--window-seconds", "1")["stories"] == 51
    streamed.settle()


def test_a_server_that_is_away_for_a_while_is_waited_for(streamed: Streamed) -> None:
    """The stream says that the server is gone, and that it is back, and goes on."""
    streamed.publish(story(i) for i in range(300))
    process = streamed.start("--window-seconds", "1")
    streamed.wait_for_deliveries(300)
    with streamed.server.outage():
        time.sleep(4)
    streamed.publish(story(i) for i in range(300, 600))
    streamed.wait_for_deliveries(600)
    process.send_signal(signal.SIGTERM)
    complaints = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert complaints.count("does not answer") == 1
    assert complaints.count("is back after") == 1
    streamed.drain("--window-seconds", "6")
    streamed.settle()


@pytest.mark.parametrize("where", ["staging", "commit"])
def test_a_lake_that_cannot_be_written_is_waited_for(
    hasty: Streamed, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk is full the stream says so, pulls nothing, keeps its leases, and goes on."""
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(hasty.lake))
    left = [3]
    owner, name = (streaming, "save") if where == "staging" else (Writer, "write")
    works = getattr(owner, name)

    def fails_at_first(*words: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise full if where == "staging" else Unwritable.because(hasty.lake, full)
        return works(*words)

    monkeypatch.setattr(owner, name, fails_at_first)
    monkeypatch.setattr(streaming, "WRITE_PATIENCE_SECONDS", 0.0)
    hasty.publish(story(i) for i in range(300))
    troubles: list[str] = []
    outcome = stream(hasty.job(), threading.Event(), Told(trouble=troubles.append))
    assert len(troubles) == 3
    assert all("o space left" in each or "no space" in each for each in troubles)
    assert (outcome.stories, outcome.redelivered) == (300, 0)
    assert hasty.server.counts(hasty.feed)["deliveries"] == 300  # leases of 1 s held over 3.5 s
    hasty.settle()


def test_a_subscription_that_is_not_there_is_named(streamed: Streamed) -> None:
    """A wrong name is a sentence and exit 1."""
    words = ["stream", "--subscription", "projects/p/subscriptions/s", "--lake", streamed.lake]
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.commands", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "Error: there is no subscription projects/p/subscriptions/s\n"
