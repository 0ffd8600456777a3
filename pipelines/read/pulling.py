"""Pulling: several calls side by side, into one inbox that holds no more than a slice.

A full inbox is all the flow control there is: who has no room does not ask, and what is not asked
for stays with the server.
"""

import threading
import time
from collections.abc import Callable, Sequence
from itertools import accumulate

from pipelines import patience
from pipelines.read.leases import Leases
from pipelines.read.messages import Message, Naming
from pipelines.read.pubsub import MOST_MESSAGES, Refused, Subscription, Unreachable

LONGEST_PAUSE = 10.0  # s, between attempts to reach a server that is gone
QUIET_WINDOWS = 2  # without a message, and a backlog has been drained
REFUSED_SECONDS = 60.0  # a subscription that was there may be made again, or rights come back


class Inbox:
    """Messages that were pulled and not taken yet. Threads may share it."""

    def __init__(self, messages: int, bytes_: int) -> None:
        """It is full when it holds so many messages, or bytes; one pull more may still come in."""
        self.most_messages = messages
        self._bytes = bytes_
        self._held: list[Message] = []
        self._size = 0
        self._typical = 10_000.0  # bytes of a message, as the last ones were
        self._changed = threading.Condition()
        self.first_at: float | None = None  # when the oldest came; monotonic, s
        self.last_at = time.monotonic()  # when any came

    def __len__(self) -> int:
        return len(self._held)

    @property
    def is_full(self) -> bool:
        """Whether there is no room."""
        return len(self._held) >= self.most_messages or self._size >= self._bytes

    def room(self) -> int:
        """How many messages may be asked for at once; none when it is full."""
        fitting = int((self._bytes - self._size) / self._typical)
        left = self.most_messages - len(self._held)
        return 0 if self.is_full else max(1, min(MOST_MESSAGES, left, fitting))

    def put(self, messages: Sequence[Message]) -> None:
        """Take these in."""
        size = sum(len(message.body) for message in messages)
        with self._changed:
            self.last_at = time.monotonic()
            if not self._held:
                self.first_at = self.last_at
            self._held += messages
            self._size += size
            self._typical = (self._typical + size / max(len(messages), 1)) / 2
            self._changed.notify_all()

    def take(self, messages: int | None = None, bytes_: int | None = None) -> list[Message]:
        """All of them, or the first so many, of so many bytes at most (but one at least)."""
        with self._changed:
            count = len(self._held) if messages is None else min(messages, len(self._held))
            if bytes_ is not None:
                sizes = accumulate(len(message.body) for message in self._held[:count])
                count = max(min(count, 1), sum(size <= bytes_ for size in sizes))
            taken, self._held = self._held[:count], self._held[count:]
            self._size -= sum(len(message.body) for message in taken)
            self.first_at = self.first_at if self._held else None
            self._changed.notify_all()
        return taken

    def wait(self, seconds: float) -> None:
        """Until something changes, or for so long."""
        with self._changed:
            self._changed.wait(seconds)


class Pulling:
    """Threads that pull a subscription into an inbox, and hold the leases of what they pull."""

    def __init__(
        self,
        subscription: Subscription,
        naming: Naming,
        inbox: Inbox,
        leases: Leases,
        now: Callable[[], int],
        say: Callable[[str], None],
        side_by_side: int = 4,
    ) -> None:
        """`now` tells arrivals; `say` is told, in sentences, when the server goes and is back."""
        self._subscription = subscription
        self._naming = naming
        self._inbox = inbox
        self._leases = leases
        self._now = now
        self._say = say
        self._stopped = threading.Event()
        self._going = threading.Event()
        self._going.set()
        self._lock = threading.Lock()
        self._gone_since: float | None = None
        self._answered_at = float("-inf")  # when the last call was made that was answered
        self._failed_at = float("-inf")  # when the last call failed; both monotonic, s
        self.refusal: Refused | None = None  # why there is nothing more to be had
        self._threads = [
            threading.Thread(target=self._pull, name=f"pull {n}", daemon=True)
            for n in range(side_by_side)
        ]

    def start(self) -> None:
        """Begin; the threads end with the process."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask for nothing more, and give back what is on its way."""
        self._stopped.set()
        self._going.set()

    def pause(self) -> None:
        """Ask for nothing until `resume`."""
        self._going.clear()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._going.set()

    def has_failed(self) -> None:
        """Note that a call to the server was of no avail: its messages come again in a while."""
        self._failed_at = time.monotonic()

    def is_quiet(self, seconds: float) -> bool:
        """Whether nothing came for so long, although the server answers.

        After a call that failed that is not told before the leases of its messages have run out.
        """
        again_at = self._failed_at + self._leases.deadline_seconds
        quiet = max(self._inbox.last_at, again_at) + seconds
        return min(time.monotonic(), self._answered_at) >= quiet

    def _pull(self) -> None:
        pause = 0.2
        while not self._stopped.is_set():
            self._going.wait()
            room = 0 if patience.is_waited() else self._inbox.room()
            if not room:
                self._inbox.wait(0.2)
                continue
            asked_at = time.monotonic()
            try:
                received = self._subscription.pull(room)
            except (Unreachable, Refused) as why:
                if self._stopped.is_set() or self._gone(why):
                    return
                self._stopped.wait(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
                continue
            except ValueError:  # the connection was closed, which ends with us
                return
            pause = 0.2
            self._answered(asked_at)
            if received:
                self._take_in(received)

    def _take_in(self, received: Sequence) -> None:
        ack_ids = [message.ack_id for message in received]
        if self._stopped.is_set():
            self._subscription.give_back(ack_ids)
            return
        self._leases.hold(ack_ids)
        arrived_at = self._now()
        self._inbox.put([self._naming.message(each, arrived_at) for each in received])

    def _gone(self, why: Unreachable | Refused) -> bool:
        """Notes that the server is gone, and says so once; whether that is for good."""
        self.has_failed()
        with self._lock:
            now = time.monotonic()
            if self._gone_since is None:
                self._gone_since = now
                self._say(f"{why}; trying again, every {LONGEST_PAUSE:.0f} s at least")
            if isinstance(why, Refused) and now - self._gone_since > REFUSED_SECONDS:
                self.refusal = why
            return self.refusal is not None

    def _answered(self, asked_at: float) -> None:
        with self._lock:
            self._answered_at = max(self._answered_at, asked_at)
            if self._gone_since is not None:
                seconds = time.monotonic() - self._gone_since
                self._gone_since = None
                self.has_failed()  # what it still delivers to calls long given up comes again
                self._say(f"the server of {self._subscription.name} is back after {seconds:.0f} s")
