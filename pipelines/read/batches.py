"""Raw messages into batches, closed when full or when the oldest has waited long enough."""

import threading
import time
from collections.abc import Callable

from xxhash import xxh3_128_hexdigest

from pipelines.batch import Place, RawBatch
from pipelines.read import arrival


def body_id(body: bytes) -> str:
    """An event id for messages that bring none: equal bodies are one event."""
    return f"body:{xxh3_128_hexdigest(body)}"


class Places:
    """Places for the batches of one source, that grow as time does. Threads may share it."""

    def __init__(self, source: int = 0) -> None:
        self._source = source
        self._last = 0
        self._lock = threading.Lock()

    def next(self, arrived_at: int) -> Place:
        """A place that no other batch of the source has."""
        with self._lock:
            self._last = max(arrived_at, self._last + 1)
            return Place(self._source, self._last)


class Gathering:
    """A batch that fills, message by message, in order of arrival."""

    def __init__(
        self,
        places: Places | None = None,
        dialect: str = "auto",
        event_id: Callable[[bytes], str] = body_id,
        records: int = 1_000,
        bytes_: int = 10_000_000,
        seconds: float = 0.2,
        monotonic: Callable[[], float] = time.monotonic,
    ):
        self._places = places or Places()
        self._dialect = dialect
        self._event_id = event_id
        self._records = records
        self._bytes = bytes_
        self._seconds = seconds
        self._monotonic = monotonic
        self._begin()

    def add(
        self, body: bytes, event_id: str | None = None, attributes: str | None = None
    ) -> RawBatch | None:
        """Takes a message; the batch, if that closes it. Without an id its body names the event."""
        if not self._bodies:
            self._since = self._monotonic()
        self._bodies.append(body)
        self._event_ids.append(event_id or self._event_id(body))
        self._attributes.append(attributes)
        self._held += len(body)
        return self.close() if self.is_due() else None

    def is_due(self) -> bool:
        """Whether the batch is full, or its first message has waited long enough."""
        return bool(self._bodies) and (
            len(self._bodies) >= self._records
            or self._held >= self._bytes
            or self._monotonic() - self._since >= self._seconds
        )

    def close(self) -> RawBatch | None:
        """The batch as it stands, None where it is empty; another begins."""
        if not self._bodies:
            return None
        bodies, event_ids, attributes = self._bodies, self._event_ids, self._attributes
        self._begin()
        arrived_at = arrival.now()
        place = self._places.next(arrived_at)
        return RawBatch.of_messages(
            place, arrived_at, [], event_ids, attributes, bodies, self._dialect
        )

    def _begin(self) -> None:
        self._bodies: list[bytes] = []
        self._event_ids: list[str] = []
        self._attributes: list[str | None] = []
        self._held = 0
        self._since = 0.0
