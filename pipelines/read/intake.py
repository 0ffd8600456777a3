"""Intake: what one process pulls of a stream's run, holds the leases of, and puts into the graph.

A pulled batch goes through the graph as the path of a file in the run's folder. Whoever commits the
batch acknowledges its messages and removes the file, in whatever process: a file that is still
there is not committed yet. So the files bound how much is under way, and tell which leases to keep.
"""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipelines.patience import Patience
from pipelines.read.arrival import ArrivalClock
from pipelines.read.batches import Places
from pipelines.read.journal import tell
from pipelines.read.leases import Leases
from pipelines.read.messages import Naming, batch
from pipelines.read.pubsub import Subscription
from pipelines.read.pulled import save
from pipelines.read.pulling import QUIET_WINDOWS, Inbox, Pulling

BATCH_MESSAGES = 1_000
BATCH_BYTES = 10_000_000
BATCH_SECONDS = 0.2  # that a batch waits for its last message
INBOX_BYTES = 32 << 20
STOP = "stop"  # the file that ends a run
UNACKNOWLEDGED = "unacknowledged"  # the file that tells of acknowledgements that failed


@dataclass(frozen=True)
class Feed:
    """A subscription, and the folder that the processes of one run share."""

    subscription: str
    topic: str
    folder: str
    deadline_seconds: float = 10.0  # of its leases
    address: str | None = None  # of a server other than Google's, wherever the workers are
    id_attribute: str | None = None
    not_before: int = 0  # the last arrival that the lake had; µs since 1970, UTC
    window_seconds: float = 10.0
    until_caught_up: bool = False
    most_bytes: int = 256 << 20  # pulled by one process and not committed
    most_messages: int = 100_000
    # Prism takes the watermark of whichever reader paused last for that of all, which makes late
    # what the others read. Calls to the server are side by side anyway.
    readers: int = 1

    def connect(self) -> Subscription:
        """A connection of one's own; the server may be away."""
        return Subscription(self.subscription, self.topic, self.address, look_up=False)


class Taken(NamedTuple):
    """A batch that is ready for the graph."""

    path: str
    at: int  # µs since 1970, UTC: when it was taken, by the clock of arrivals


class _UnderWay(NamedTuple):
    source: int
    ack_ids: list[str]
    bytes: int


class Intake:
    """Pulls a feed for the readers of this process. Threads may share it."""

    def __init__(self, feed: Feed) -> None:
        """Begins at once."""
        self.feed = feed
        self._folder = Path(feed.folder)
        self._subscription = feed.connect()
        self._clock = ArrivalClock(feed.not_before)
        self._inbox = Inbox(10 * BATCH_MESSAGES, INBOX_BYTES)
        self._leases = Leases(self._subscription.renew, feed.deadline_seconds)
        naming = Naming(feed.topic, feed.id_attribute)
        self._pulling = Pulling(
            self._subscription, naming, self._inbox, self._leases, self._clock.now, self._complain
        )
        self._under_way: dict[str, _UnderWay] = {}  # by path
        self._attempts: dict[int, str] = {}  # by source
        self._places = Places()
        self._taking = threading.Lock()
        self._leases.start()
        self._pulling.start()
        tell(self._folder, {"pulling": os.getpid()})

    def now(self) -> int:
        """By the clock of arrivals, µs since 1970, UTC; nothing will be taken before it."""
        return self._clock.now()

    def take(self, source: int) -> Taken | None:
        """The next batch, for that source; None if there is none within a moment."""
        until = time.monotonic() + BATCH_SECONDS
        with self._taking:
            self._look_after()
            while not self._is_due():
                left = until - time.monotonic()
                if left <= 0:
                    return None
                self._inbox.wait(left)
            if not self._has_room():
                self._inbox.wait(max(0.0, until - time.monotonic()))
                return None
            return self._take(source)

    @property
    def is_done(self) -> bool:
        """Whether nothing more will come: it was told to stop, or has caught up."""
        if len(self._inbox):
            return False
        if self._is_stopping or self._has_caught_up():
            self._pulling.stop()
            return not len(self._inbox)
        if refusal := self._pulling.refusal:
            tell(self._folder, {"refused": str(refusal)})
            return True
        return False

    def begin(self, source: int, attempt: str) -> None:
        """The first reader of an attempt starts from nothing: what was put into the graph is lost.

        That is so when a cluster starts a job anew and the process lives on. The messages are given
        back, and come again. Another reader of the same attempt goes on where the last one paused.
        """
        with self._taking:
            if self._attempts.get(source) == attempt:
                return
            self._attempts[source] = attempt
            lost = [path for path, lot in self._under_way.items() if lot.source == source]
            for path in lost:
                ack_ids = self._under_way.pop(path).ack_ids
                self._leases.release(ack_ids)
                self._subscription.give_back(ack_ids)
                Path(path).unlink(missing_ok=True)

    @property
    def _is_stopping(self) -> bool:
        return (self._folder / STOP).exists() or not self._folder.exists()

    def _has_caught_up(self) -> bool:
        if not self.feed.until_caught_up or len(self._leases):
            return False
        if (self._folder / UNACKNOWLEDGED).exists():
            (self._folder / UNACKNOWLEDGED).unlink(missing_ok=True)
            self._pulling.has_failed()
        return self._pulling.is_quiet(QUIET_WINDOWS * self.feed.window_seconds)

    def _is_due(self) -> bool:
        first_at = self._inbox.first_at
        if first_at is None:
            return False
        waited = time.monotonic() - first_at
        return len(self._inbox) >= BATCH_MESSAGES or waited >= BATCH_SECONDS or self._inbox.is_full

    def _has_room(self) -> bool:
        messages = sum(len(lot.ack_ids) for lot in self._under_way.values())
        bytes_ = sum(lot.bytes for lot in self._under_way.values())
        return messages < self.feed.most_messages and bytes_ < self.feed.most_bytes

    def _look_after(self) -> None:
        """Let go of the leases of what is committed by now."""
        gone = [path for path in self._under_way if not Path(path).exists()]
        for path in gone:
            self._leases.release(self._under_way.pop(path).ack_ids)

    def _take(self, source: int) -> Taken:
        messages = self._inbox.take(BATCH_MESSAGES, BATCH_BYTES)
        taken = batch(messages, self._places.next(self._clock.now()))
        path = Patience(float("inf")).until(lambda: save(taken, self._folder))
        size = sum(len(message.body) for message in messages)
        self._under_way[path] = _UnderWay(source, taken.ack_ids, size)
        return Taken(path, taken.place.offset)

    def _complain(self, sentence: str) -> None:
        tell(self._folder, {"trouble": sentence})


def intake(feed: Feed) -> Intake:
    """The process's one intake of that feed, begun when first asked for."""
    with _BEGINNING:
        if feed not in _INTAKES:
            _INTAKES[feed] = Intake(feed)
        return _INTAKES[feed]


_BEGINNING = threading.Lock()
_INTAKES: dict[Feed, Intake] = {}
