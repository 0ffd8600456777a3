"""Messages of a Pub/Sub subscription: what each is called, and how they become batches.

Nothing here speaks to a server. A message is what `google.pubsub_v1` delivers, as plain protobuf.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_64_hexdigest

from pipelines.batch import Place, RawBatch
from schemas.tables import TIME

# Pub/Sub refuses attributes whose names begin with "goog", so these are nobody else's.
PUBLISH_TIME = "goog_publish_time"
ORDERING_KEY = "goog_ordering_key"


class Message(NamedTuple):
    """A message as it was pulled, with all that Pub/Sub told of it."""

    ack_id: str  # of this delivery
    event_id: str
    body: bytes
    attributes: str  # a JSON object: the publisher's, the publish time and the ordering key
    sent_at: int  # when it was published; µs since 1970, UTC
    arrived_at: int  # when it was pulled; µs since 1970, UTC
    order: int  # messages of a slice are taken in this order


@dataclass(frozen=True)
class Naming:
    """How messages of one subscription are named and ordered.

    Two subscriptions of one topic bring the same events, so a message is named after the topic. A
    publisher that sends an event twice makes two messages; where it names its events in an
    attribute, `id_attribute` makes the two one event, as long as their bodies are equal.
    """

    topic: str
    id_attribute: str | None = None
    order_attribute: str | None = None  # holds whole numbers; instead of the publish time

    def message(self, received: Any, arrived_at: int) -> Message:
        """The message in a `ReceivedMessage`."""
        message = received.message
        body, attributes = message.data, message.attributes
        sent_at = message.publish_time.seconds * 1_000_000 + message.publish_time.nanos // 1_000
        named = attributes.get(self.id_attribute) if self.id_attribute else None
        event_id = (
            f"{named}:{xxh3_64_hexdigest(body)}" if named else f"{self.topic}/{message.message_id}"
        )
        told = {PUBLISH_TIME: _written(sent_at)}  # first, where `sent_at` looks for it
        told.update((k, v) for k, v in attributes.items() if k != PUBLISH_TIME)
        if message.ordering_key:
            told[ORDERING_KEY] = message.ordering_key
        return Message(
            received.ack_id,
            event_id,
            body,
            json.dumps(told, ensure_ascii=False),
            sent_at,
            arrived_at,
            self._order(attributes, sent_at),
        )

    def _order(self, attributes: Any, sent_at: int) -> int:
        given = attributes.get(self.order_attribute, "") if self.order_attribute else ""
        try:
            return int(given)
        except ValueError:
            return sent_at


def batches(
    messages: Sequence[Message], first: int = 0, records: int = 1_000, bytes_: int = 10_000_000
) -> Iterator[RawBatch]:
    """The messages of a slice in their order, in batches of so many records and bytes at most.

    A server delivers in any order; within a slice it is put right. `first` is the number of
    messages that the stream has had before.
    """
    ordered = sorted(messages, key=lambda message: message.order)
    batch: list[Message] = []
    size = arrived_at = 0
    for message in ordered:
        if batch and (len(batch) == records or size + len(message.body) > bytes_):
            arrived_at = max(arrived_at, *(m.arrived_at for m in batch), 0)
            yield _batch(batch, first, arrived_at)
            first, batch, size = first + len(batch), [], 0
        batch.append(message)
        size += len(message.body)
    if batch:
        yield _batch(batch, first, max(arrived_at, *(m.arrived_at for m in batch), 0))


def sent_at(rows: pa.RecordBatch) -> pa.Array:
    """When the events of a window were published; when they arrived where that is not told.

    `rows` has the columns `attributes` and `arrived_at`; the answer is µs, UTC.
    """
    told = pc.struct_field(pc.extract_regex(rows["attributes"], _TOLD), "time")
    return pc.coalesce(told.cast(TIME), rows["arrived_at"])


_TOLD = rf'^\{{"{PUBLISH_TIME}": "(?P<time>[0-9TZ:.-]{{27}})"'


def _written(micros: int) -> str:
    seconds, rest = divmod(micros, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06}Z"


def _batch(messages: Iterable[Message], offset: int, arrived_at: int) -> RawBatch:
    ack_ids, event_ids, bodies, attributes, *_ = map(list, zip(*messages, strict=True))
    return RawBatch(
        place=Place(0, offset),
        arrived_at=arrived_at,
        spans=[],
        ack_ids=ack_ids,
        dead=[],
        position=list(range(len(bodies))),
        event_ids=event_ids,
        attributes=attributes,
        payloads=bodies,
    )
