"""A feed, a lake, and streams between the two, with the account that every test ends with."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from deltalake import DeltaTable
from google.pubsub_v1 import PubsubMessage
from xxhash import xxh3_64_hexdigest

from pipelines.lake.audit import audit
from pipelines.streaming import Streaming
from tests.real.running import ROOT, Running, until
from tests.real.servers import Feed, PubSubServer

__all__ = ["DIRECT", "ROOT", "Account", "Runner", "Streamed", "named", "story"]


@dataclass(frozen=True)
class Runner:
    """Where a stream runs: what stands after `--runner`, and what after `--`."""

    name: str
    beam_flags: tuple[str, ...] = ()


DIRECT = Runner("direct")


class Account(NamedTuple):
    """What a test of a stream came to; all but the messages should be 0."""

    fault: str
    runner: str
    messages: int
    lost: int
    doubled: int
    unacknowledged: int


def story(i: int, **attributes: str) -> PubsubMessage:
    """A story of its own."""
    text = f"The town of Number {i} has opened a bridge with {i} lamps over the river {i * 7}."
    body = json.dumps({"id": str(i), "title": f"Bridge {i} opens", "text": text}).encode()
    return PubsubMessage(data=body, attributes=attributes)


def named(message: PubsubMessage, attribute: str) -> str:
    """The event id of a message that is named by an attribute."""
    return f"{message.attributes[attribute]}:{xxh3_64_hexdigest(message.data)}"


class Streamed:
    """A feed, a lake, and streams between the two."""

    def __init__(
        self,
        server: PubSubServer,
        lake: Path,
        runner: Runner = DIRECT,
        fault: str = "none",
        note: Callable[[Account], Any] = lambda account: None,
        **options: Any,
    ) -> None:
        """`fault` names the account, which `note` is told; `options` are the subscription's."""
        self.server = server
        self.lake = lake
        self.runner = runner
        self.fault = fault
        self._note = note
        self.feed: Feed = server.create(**options)
        self.expected: list[str] = []
        self._started: list[Running] = []
        self._logs = lake.with_name("logs")

    def publish(self, messages: Iterable[PubsubMessage]) -> None:
        """Publish them; each is expected in a row of its own."""
        ids = self.server.publish(self.feed, messages)
        self.expected += [f"{self.feed.topic}/{id_}" for id_ in ids]

    def subscribe_again(self, **options: Any) -> Feed:
        """A second subscription of the same topic."""
        feed = Feed(self.feed.topic, f"{self.feed.subscription}-again")
        request = {"name": feed.subscription, "topic": feed.topic, **options}
        self.server.subscriber.create_subscription(request=request)
        return feed

    def job(self, **settings: Any) -> Streaming:
        """A stream in this process that drains the feed."""
        given = {"window_seconds": 0.5, "until_caught_up": True, **settings}
        return Streaming(self.feed.subscription, self.lake, **given)

    def start(
        self, *flags: str, feed: Feed | None = None, environment: Mapping[str, str] | None = None
    ) -> Running:
        """A stream in a process of its own."""
        subscription = (feed or self.feed).subscription
        words = ["stream", "--subscription", subscription, "--lake", str(self.lake)]
        words += ["--runner", self.runner.name, *flags]
        words += ["--", *self.runner.beam_flags] if self.runner.beam_flags else []
        self._logs.mkdir(exist_ok=True)
        log = self._logs / f"{len(self._started)}"
        command = [sys.executable, "-m", "pipelines.commands", *words]
        self._started.append(Running(command, log, environment))
        return self._started[-1]

    def drain(self, *flags: str, **how: Any) -> dict[str, Any]:
        """What a stream says that ends by itself; `how` as for `start`."""
        running = self.start("--until-caught-up", "--json", *flags, **how)
        assert running.wait(180) == 0, running.complaints
        return json.loads(running.said)

    def close(self) -> None:
        """End every stream that still runs."""
        for running in self._started:
            running.kill()

    def wait_for_deliveries(self, count: int) -> None:
        """Until so many messages have been delivered."""
        until(lambda: self.counts()["deliveries"] >= count, f"{count} deliveries")

    def wait_for_acknowledgements(self, seconds: float = 60) -> None:
        """Until nothing is left."""
        until(lambda: not self.unacknowledged(), "all acknowledgements", seconds)

    def wait_for_version(self, version: int) -> None:
        """Until the lake has it."""
        until(lambda: self.version >= version, f"version {version}")

    def counts(self) -> dict[str, int]:
        """The server's counts of the topic."""
        return self.server.counts(self.feed)

    def unacknowledged(self) -> int:
        """How many messages some subscription has not acknowledged."""
        return self.server.unacknowledged(self.feed)

    @property
    def version(self) -> int:
        """The lake's; -1 where there is none yet."""
        return DeltaTable(self.lake).version() if DeltaTable.is_deltatable(str(self.lake)) else -1

    def ids(self) -> list[str]:
        """The events' ids, one a row; none where there is no lake yet."""
        return [] if self.version < 0 else self._events(["event_id"])["event_id"].to_pylist()

    def rows(self) -> list[dict[str, Any]]:
        """The events' rows, in the lake's order."""
        return self._events().sort_by("ordinal").to_pylist()

    def commits(self) -> list[dict[str, Any]]:
        """The commit rows, in order."""
        table = DeltaTable(self.lake).to_pyarrow_table(filters=[("kind", "=", "commit")])
        return table.sort_by("commit").to_pylist()

    def settle(self) -> None:
        """Print the account, and have it right."""
        rows, expected = Counter(self.ids()), set(self.expected)
        lost = sum(id_ not in rows for id_ in expected)
        doubled = sum(count > 1 for count in rows.values())
        left = self.unacknowledged()
        deliveries = self.counts()["deliveries"]
        messages = self.counts()["published"]
        self._note(Account(self.fault, self.runner.name, messages, lost, doubled, left))
        print(
            f"\npublished {messages:,} · rows {rows.total():,} · lost {lost}"
            f" · doubled {doubled} · unacknowledged {left} · deliveries {deliveries:,}"
        )
        assert (lost, doubled, left) == (0, 0, 0)
        assert set(rows) == expected
        assert audit(self.lake).findings == []

    def _events(self, columns: list[str] | None = None) -> Any:
        return DeltaTable(self.lake).to_pyarrow_table(
            filters=[("kind", "!=", "commit")], columns=columns
        )
