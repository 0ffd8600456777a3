"""Messages of a Pub/Sub subscription: what each is called, and how they become batches.

Nothing here speaks to a server. A message is what `google.pubsub_v1` delivers, as plain protobuf.
"""

import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_64_hexdigest

from pipelines.batch import Place, RawBatch
from pipelines.read.batches import body_id
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
    arrived_at: int  # when it was pulled; µs since 1970, UTC


@dataclass(frozen=True)
class Naming:
    """How messages of one subscription are named.

    Two subscriptions of one topic bring the same events, so a message is named after the topic. A
    publisher that sends an event twice makes two messages; where it names its events in an
    attribute, `id_attribute` makes the two one event, as long as their bodies are equal.
    """

    topic: str
    id_attribute: str | None = None

    def message(self, received: Any, arrived_at: int) -> Message:
        """The message in a `ReceivedMessage`."""
        message, at = received.message, received.message.publish_time
        event_id, attributes = self.described(message, at.seconds * 1_000_000 + at.nanos // 1_000)
        return Message(received.ack_id, event_id, message.data, attributes, arrived_at)

    def described(self, message: Any, published: int | None) -> tuple[str, str]:
        """A message's event id, and its attributes with all that Pub/Sub told, as a JSON object.

        `message` is Pub/Sub's or Beam's; `published` is µs since 1970, or None where not told. A
        message without an id of its own, as a source other than Pub/Sub may make, is named after
        its body: no two events share a name for want of one.
        """
        body, attributes = message.data, message.attributes or {}
        if named := attributes.get(self.id_attribute) if self.id_attribute else None:
            event_id = f"{named}:{xxh3_64_hexdigest(body)}"
        elif message.message_id:
            event_id = f"{self.topic}/{message.message_id}"
        else:
            event_id = body_id(body)
        told = {} if published is None else {PUBLISH_TIME: _written(published)}
        told.update((k, v) for k, v in attributes.items() if k != PUBLISH_TIME)
        if message.ordering_key:
            told[ORDERING_KEY] = message.ordering_key
        return event_id, json.dumps(told, ensure_ascii=False)


def batches(
    messages: Sequence[Message], first: int = 0, records: int = 1_000, bytes_: int = 10_000_000
) -> Iterator[RawBatch]:
    """The messages as they came, in batches of so many records and bytes at most.

    A server delivers in any order; the commit puts that right (see `order`). `first` is the number
    of messages that the stream has had before.
    """
    waiting: list[Message] = []
    size = arrived_at = 0
    for message in messages:
        if waiting and (len(waiting) == records or size + len(message.body) > bytes_):
            made = batch(waiting, Place(0, first), arrived_at)
            yield made
            arrived_at = made.arrived_at
            first, waiting, size = first + len(waiting), [], 0
        waiting.append(message)
        size += len(message.body)
    if waiting:
        yield batch(waiting, Place(0, first), arrived_at)


def batch(messages: Sequence[Message], place: Place, not_before: int = 0) -> RawBatch:
    """One batch of these messages, of which there is one at least; it arrived with the last."""
    arrived_at = max(not_before, *(message.arrived_at for message in messages))
    ack_ids, event_ids, bodies, attributes, _ = map(list, zip(*messages, strict=True))
    return RawBatch.of_messages(place, arrived_at, ack_ids, event_ids, attributes, bodies)


def sent_at(rows: pa.RecordBatch, attribute: str | None = None) -> pa.Array:
    """When the events of a window were sent; when they arrived where that is not told.

    That is when they were published, unless an `attribute` tells it: RFC 3339, or milliseconds
    since 1970, as Beam's `timestamp_attribute`. `rows` has the columns `attributes` and
    `arrived_at`; the answer is µs, UTC.
    """
    published = _told(rows, PUBLISH_TIME, _AS_WE_WRITE_IT).cast(TIME)
    if not attribute:
        return pc.coalesce(published, rows["arrived_at"])
    sent = pa.array(map(_instant, _told(rows, attribute, r'[^"\\]*').to_pylist()), TIME)
    return pc.coalesce(sent, published, rows["arrived_at"])


def order(rows: pa.RecordBatch, attribute: str | None = None) -> pa.Array:
    """What the events of a window are ordered by: int64.

    A whole number in that attribute; where there is none, when the event was published (µs).
    """
    published = sent_at(rows).cast(pa.int64())
    if not attribute:
        return published
    return pc.coalesce(_told(rows, attribute, "-?[0-9]{1,18}").cast(pa.int64()), published)


def freshness(sent_at: Sequence[int]) -> tuple[float, float]:
    """How old events are by now that were sent at those times (µs): their median and the 99th
    percentile, in seconds.
    """
    median, late = np.percentile(time.time() - np.array(sent_at) / 1e6, (50, 99)).tolist()
    return median, late


def micros(moment: datetime) -> int:
    """A moment, which is aware of its time zone, as µs since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


_AS_WE_WRITE_IT = "[0-9TZ:.-]{27}"


def _told(rows: pa.RecordBatch, attribute: str, form: str) -> pa.Array:
    """The attribute's values, as texts, where they have that form.

    In JSON no value can look like a member, since its quotes are escaped.
    """
    name = re.escape(json.dumps(attribute, ensure_ascii=False))
    found = pc.extract_regex(rows["attributes"], rf'[{{ ]{name}: "(?P<told>{form})"[,}}]')
    return pc.struct_field(found, "told")


def _instant(written: str | None) -> int | None:
    """The µs since 1970 that a text means, None where it means none."""
    try:
        if not written or written.isdecimal():
            return int(written) * 1_000 if written and len(written) <= _LONGEST_MILLIS else None
        moment = datetime.fromisoformat(written)
        return None if moment.tzinfo is None else micros(moment)
    except ValueError:
        return None


_EPOCH = datetime.fromtimestamp(0, UTC)
_LONGEST_MILLIS = 13  # digits: until the year 2286


def _written(micros: int) -> str:
    seconds, rest = divmod(micros, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06}Z"
