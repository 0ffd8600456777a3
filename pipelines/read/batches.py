"""Raw messages into batches, closed when full or when the oldest has waited long enough."""

import time
from collections.abc import Callable

from xxhash import xxh3_128_hexdigest

from pipelines.batch import Place, RawBatch
from pipelines.read import arrival


def body_id(body: bytes) -> str:
    """An event id for messages that bring none: equal bodies are one event."""
    return f"body:{xxh3_128_hexdigest(body)}"


class Gathering:
    """A batch that fills, message by message, in order of arrival.

    Its place is `source` and the arrival of its first message, so places grow as time does.
    """

    def __init__(
        self,
        source: int = 0,
        dialect: str = "auto",
        event_id: Callable[[bytes], str] = body_id,
        records: int = 1_000,
        bytes_: int = 10_000_000,
        seconds: float = 0.2,
        monotonic: Callable[[], float] = time.monotonic,
    ):
        self._source = source
        self._dialect = dialect
        self._event_id = event_id
        self._records = records
        self._bytes = bytes_
        self._seconds = seconds
        self._monotonic = monotonic
        self._last = 0  # the last batch's offset
        self._begin()

    def add(self, body: bytes) -> RawBatch | None:
        """Takes a message; the batch, if that closes it."""
        if not self._bodies:
            self._since = self._monotonic()
        self._bodies.append(body)
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
        bodies = self._bodies
        if not bodies:
            return None
        self._begin()
        arrived_at = arrival.now()
        self._last = max(arrived_at, self._last + 1)
        return RawBatch(
            place=Place(self._source, self._last),
            arrived_at=arrived_at,
            spans=[],
            ack_ids=[],
            dead=[],
            position=list(range(len(bodies))),
            event_ids=[self._event_id(body) for body in bodies],
            attributes=[None] * len(bodies),
            payloads=bodies,
            dialect=self._dialect,
        )

    def _begin(self) -> None:
        self._bodies: list[bytes] = []
        self._held = 0
        self._since = 0.0
