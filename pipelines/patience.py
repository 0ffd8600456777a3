"""Waiting for a disk that cannot be written for a while."""

import time

import structlog


class Patience:
    """How long to wait before giving up."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._pause = 0.05  # s

    def wait(self, why: Exception) -> None:
        """Wait a while, longer each time, up to ten seconds; or raise `why` if time is up."""
        if time.monotonic() > self._until:
            raise why
        _LOG.warning("waiting", why=str(why), seconds=self._pause)
        time.sleep(self._pause)
        self._pause = min(10.0, self._pause * 2)


_LOG = structlog.get_logger()
