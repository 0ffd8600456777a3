"""When an event arrived: a clock that never goes back.

A wall clock that is set back would put new events before old ones, and everything that waits for
time to pass (windows, horizons) would stand still.
"""

import time
from collections.abc import Callable


class ArrivalClock:
    """Tells time from one look at the wall clock, and from the monotonic clock ever after."""

    def __init__(
        self,
        not_before: int = 0,
        wall: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ):
        """`not_before` is the last arrival that is known, in µs since 1970, UTC."""
        self._monotonic = monotonic
        self._started = monotonic()
        self._start = max(wall() // 1_000, not_before)

    def now(self) -> int:
        """µs since 1970, UTC."""
        return self._start + (self._monotonic() - self._started) // 1_000


_clock: ArrivalClock | None = None


def now() -> int:
    """The arrival of what is read at this moment, by this process's clock; µs since 1970, UTC."""
    global _clock
    if _clock is None:
        _clock = ArrivalClock()
    return _clock.now()
