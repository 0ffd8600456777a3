"""A feed, a lake, and streams between the two, with the account that every test ends with."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from google.pubsub_v1 import PubsubMessage

from pipelines.lake.audit import audit
from pipelines.stream import Streaming
from tests.real.servers import Feed, PubSubServer

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60


def story(i: int, **attributes: str) -> PubsubMessage:
    """A story of its own."""
    text = f"The town of Number {i} has opened a bridge with {i} lamps over the river {i * 7}."
    body = json.dumps({"id": str(i), "title": f"Bridge {i} opens", "text": text}).encode()
    return PubsubMessage(data=body, attributes=attributes)


class Streamed:
    """A feed, a lake, and streams between the two."""

    def __init__(self, server: PubSubServer, lake: Path, **options: Any) -> None:
        self.server = server
        self.lake = lake
        self.feed: Feed = server.create(**options)
        self.expected: list[str] = []

    def publish(self, messages: Iterable[PubsubMessage]) -> None:
        """Publish them; each is expected in a row of its own."""
        ids = self.server.publish(self.feed, messages)
        self.expected += [f"{self.feed.topic}/{id_}" for id_ in ids]

    def job(self, **settings: Any) -> Streaming:
        """A stream in this process that drains the feed."""
        given = {"window_seconds": 0.5, "until_caught_up": True, **settings}
        return Streaming(self.feed.subscription, self.lake, **given)

    def start(
        self, *flags: str, program: Iterable[str] = ("-m", "pipelines.commands")
    ) -> subprocess.Popen:
        """A stream in a process of its own."""
        words = ["stream", "--subscription", self.feed.subscription, "--lake", str(self.lake)]
        return subprocess.Popen(
            [sys.executable, *program, *words, *flags],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def drain(self, *flags: str) -> dict[str, Any]:
        """What a stream says that ends by itself."""
        process = self.start("--until-caught-up", "--json", *flags)
        said, complaints = process.communicate(timeout=180)
        assert process.returncode == 0, complaints
        return json.loads(said)

    def wait_for_deliveries(self, count: int) -> None:
        """Until so many messages have been delivered."""
        until = time.monotonic() + READY_SECONDS
        while self.server.counts(self.feed)["deliveries"] < count:
            assert time.monotonic() < until, "nothing was pulled"
            time.sleep(0.1)

    def rows(self) -> list[dict[str, Any]]:
        """The events' rows, in the lake's order."""
        table = DeltaTable(self.lake).to_pyarrow_table(filters=[("kind", "!=", "commit")])
        return table.sort_by("ordinal").to_pylist()

    def settle(self) -> None:
        """Print the account, and have it right."""
        rows = Counter(row["event_id"] for row in self.rows())
        lost = [id_ for id_ in self.expected if id_ not in rows]
        doubled = [id_ for id_, count in rows.items() if count > 1]
        left = self.server.unacknowledged(self.feed)
        deliveries = self.server.counts(self.feed)["deliveries"]
        print(
            f"\npublished {len(self.expected):,} · rows {rows.total():,} · lost {len(lost)}"
            f" · doubled {len(doubled)} · unacknowledged {left} · deliveries {deliveries:,}"
        )
        assert (lost, doubled, left) == ([], [], 0)
        assert set(rows) == set(self.expected)
        assert audit(self.lake).findings == []
