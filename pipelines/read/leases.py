"""Leases: a server waits with redelivering a message as long as someone says that it is at work.

One thread a process says so for every message that was pulled and is not committed yet. When the
process dies the leases run out, and the messages come again: so the deadline is short, and renewed
often. Where a round of renewals takes long (a busy machine, a slow server) a longer deadline is
asked for, lest what was renewed first runs out before its next turn. A lease is renewed up to a
cap, so that a process that hangs does not keep messages for ever.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

RENEWALS_A_DEADLINE = 3
CAP_SECONDS = 3_600.0
ROUNDS_A_DEADLINE = 4  # that a round may be slower than the last and still be in time
LONGEST_DEADLINE = 60.0  # s; after a crash its messages wait for so long


class Leases:
    """The deliveries that are held, by their ack ids. Threads may share it."""

    def __init__(
        self,
        renew: Callable[[Sequence[str], float], None],
        deadline_seconds: float,
        cap_seconds: float = CAP_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`renew` asks the server for so many seconds; that it fails means redelivery, no more."""
        self._renew = renew
        self.deadline_seconds = self._asked = deadline_seconds
        self._pause = deadline_seconds / RENEWALS_A_DEADLINE
        self._cap_seconds = cap_seconds
        self._monotonic = monotonic
        self._held: dict[str, float] = {}  # since when
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)

    def __len__(self) -> int:
        return len(self._held)

    def start(self) -> None:
        """Begin renewing, in a thread that ends with the process."""
        self._thread.start()

    def stop(self) -> None:
        """Renew no more; what is held is left to run out."""
        self._done.set()

    def hold(self, ack_ids: Iterable[str]) -> None:
        """These deliveries were pulled just now."""
        now = self._monotonic()
        with self._lock:
            self._held.update(dict.fromkeys(ack_ids, now))

    def release(self, ack_ids: Iterable[str]) -> None:
        """These are to be acknowledged, or given back."""
        with self._lock:
            for ack_id in ack_ids:
                self._held.pop(ack_id, None)

    def renew(self) -> list[str]:
        """Renew once all that are held, after letting go of those that reached the cap.

        Returns those let go.
        """
        oldest = self._monotonic() - self._cap_seconds
        with self._lock:
            lapsed = [ack_id for ack_id, since in self._held.items() if since < oldest]
            for ack_id in lapsed:
                del self._held[ack_id]
            held = list(self._held)
        if held:
            started = self._monotonic()
            self._renew(held, self._asked)
            safe = ROUNDS_A_DEADLINE * (self._monotonic() - started)
            self._asked = max(self.deadline_seconds, min(safe, LONGEST_DEADLINE))
        return lapsed

    def _keep(self) -> None:
        while not self._done.wait(self._pause):
            self.renew()
