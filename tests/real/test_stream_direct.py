"""`newsbeam stream --runner direct` against a real server: every message in exactly one row.

Each test ends with the same account, printed: what was published, its rows, what is lost, doubled
or not acknowledged.
"""

import errno
import json
import os
import subprocess
import sys
import threading
from typing import Any

import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")


from pipelines import stream as streaming
from pipelines.lake.errors import Unwritable
from pipelines.lake.writer import Writer
from pipelines.stream import stream
from pipelines.streaming import Told
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


def test_a_drained_subscription_ends_at_once_and_commits_nothing(streamed: Streamed) -> None:
    """With nothing there `--until-caught-up` waits two windows, and exits 0 without a commit."""
    assert streamed.drain("--window-seconds", "0.5")["received"] == 0
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
