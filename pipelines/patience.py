"""Waiting for a disk that cannot be written for a while."""

import logging
import os
import time
from collections.abc import Callable
from typing import TypeVar

import structlog

Result = TypeVar("Result")

LONGEST_PAUSE = 10.0  # s, between attempts


class Patience:
    """How long to wait before giving up."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._pause = 0.05  # s

    def wait(self, why: Exception) -> None:
        """Wait a while, longer each time; or raise `why` if time is up."""
        global _waited_until
        if time.monotonic() > self._until:
            raise why
        said = os.strerror(why.errno) if isinstance(why, OSError) and why.errno else str(why)
        _log(said, self._pause)
        # Twice the pause, since the attempt that follows it may be in vain too.
        _waited_until = max(_waited_until, time.monotonic() + 2 * self._pause)
        time.sleep(self._pause)
        self._pause = min(LONGEST_PAUSE, self._pause * 2)

    def until(self, work: Callable[[], Result]) -> Result:
        """What the work returns, tried again as long as the system says no to it.

        Raises:
            OSError: time is up.
        """
        while True:
            try:
                return work()
            except OSError as why:
                self.wait(why)


def is_waited() -> bool:
    """Whether someone in this process waits for a disk, or did a moment ago.

    Who has more for the disk then does well to wait too.
    """
    return time.monotonic() < _waited_until


def _log(why: str, seconds: float) -> None:
    if structlog.is_configured():
        structlog.get_logger().warning("waiting", why=why, seconds=seconds)
    else:  # a cluster's worker, which prints to nobody: Beam brings its logging to the runner
        logging.getLogger(__name__).warning("waiting %.1f s: %s", seconds, why)


_waited_until = 0.0
