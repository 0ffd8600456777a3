"""Messages: their names, what is kept of them, and the batches that they make."""

import json
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from pipelines.read.messages import Message, Naming, batches, order, sent_at
from schemas.tables import TIME

TOPIC = "projects/p/topics/news"
AT = 1_764_000_000_123_456  # µs


def delivered(body: bytes = b"{}", key: str = "", **attributes: str) -> Any:
    """A message as the client brings it."""
    time = SimpleNamespace(seconds=AT // 1_000_000, nanos=AT % 1_000_000 * 1_000)
    message = SimpleNamespace(
        data=body, attributes=attributes, message_id="7", publish_time=time, ordering_key=key
    )
    return SimpleNamespace(ack_id="7:1", message=message)


def made(number: int, body: bytes = b"", arrived_at: int = AT) -> Message:
    """A message with only what batches look at."""
    return Message(f"ack {number}", f"event {number}", body, "{}", arrived_at)


def rows_of(*attributes: str | None) -> pa.RecordBatch:
    """Events with these attributes that arrived at 1, 2, 3 … µs."""
    arrived_at = pa.array(range(1, len(attributes) + 1), TIME)
    return pa.record_batch({"attributes": pa.array(attributes), "arrived_at": arrived_at})


def test_a_message_is_named_after_its_topic() -> None:
    """Without an attribute to name events, each message is one."""
    assert Naming(TOPIC).message(delivered(), 0).event_id == f"{TOPIC}/7"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (delivered(b"a", name="x"), delivered(b"a", name="x"), True),
        (delivered(b"a", name="x"), delivered(b"b", name="x"), False),  # other content
        (delivered(b"a", name="x"), delivered(b"a", name="y"), False),  # another name
    ],
)
def test_an_attribute_names_the_event_together_with_the_body(
    first: Any, second: Any, same: bool
) -> None:
    """What is sent twice is one event only if name and bytes are equal."""
    naming = Naming(TOPIC, id_attribute="name")
    ids = [naming.message(each, 0).event_id for each in (first, second)]
    assert (ids[0] == ids[1]) is same


def test_a_message_without_that_attribute_is_named_after_its_topic() -> None:
    """A publisher that forgets the attribute loses nothing."""
    assert Naming(TOPIC, id_attribute="name").message(delivered(), 0).event_id == f"{TOPIC}/7"


def test_messages_without_an_id_are_named_after_their_bodies() -> None:
    """No two events share a name for want of one; equal bodies are one event."""
    naming = Naming(TOPIC)
    ids = []
    for body in (b"a", b"b", b"b"):
        message = delivered(body).message
        message.message_id = None
        ids.append(naming.described(message, None)[0])
    assert ids[0] != ids[1] == ids[2]


def test_attributes_keep_all_that_pubsub_told() -> None:
    """The publisher's attributes, the publish time and the ordering key, and no forged time."""
    sent = delivered(key="k", desk='Ä "x"', goog_publish_time="forged")
    told = json.loads(Naming(TOPIC).message(sent, 0).attributes)
    assert told == {
        "goog_publish_time": "2025-11-24T16:00:00.123456Z",
        "goog_ordering_key": "k",
        "desk": 'Ä "x"',
    }


def test_the_publish_time_is_found_again_in_the_rows() -> None:
    """What is not told, or told otherwise, is taken for sent when it arrived."""
    told = Naming(TOPIC).message(delivered(desk="x"), 0).attributes
    rows = rows_of(told, None, '{"goog_publish_time": "soon"}')
    assert sent_at(rows).cast(pa.int64()).to_pylist() == [AT, 2, 3]


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ("1764000000123", 1_764_000_000_123_000),  # milliseconds
        ("2025-11-24T17:00:00+01:00", 1_764_000_000_000_000),
        ("2025-11-24T16:00:00.123456Z", AT),
        ("2025-11-24T16:00:00", 1),  # of no time zone: not told
        ("2025-02-30T16:00:00Z", 1),
        ("9" * 400, 1),
        ("soon", 1),
        ("", 1),
        ('"sent": "5', 1),  # a quote within a value
    ],
)
def test_an_attribute_may_tell_when_an_event_was_sent(told: str, sent: int) -> None:
    """As Beam's timestamp attribute does; whatever else stands there counts as not told."""
    rows = rows_of(json.dumps({"at": told}))
    assert sent_at(rows, "at").cast(pa.int64()).to_pylist() == [sent]


def test_an_attribute_may_tell_the_order() -> None:
    """A whole number orders, anything else leaves it to the publish time."""
    told = [Naming(TOPIC).message(delivered(**{'n "': n}), 0).attributes for n in ("12", "twelve")]
    assert order(rows_of(*told, None), 'n "').to_pylist() == [12, AT, 3]
    assert order(rows_of(*told, None)).to_pylist() == [AT, AT, 3]


def test_batches_hold_every_message_in_order() -> None:
    """Messages leave as they came; places and arrivals never go back."""
    messages = [made(number, b"12345", AT - number) for number in range(5)]
    cut = list(batches(messages, first=100, records=2))
    assert [batch.event_ids for batch in cut] == [
        ["event 0", "event 1"],
        ["event 2", "event 3"],
        ["event 4"],
    ]
    assert [batch.ack_ids[0] for batch in cut] == ["ack 0", "ack 2", "ack 4"]
    assert [batch.place for batch in cut] == [(0, 100), (0, 102), (0, 104)]
    assert [batch.arrived_at for batch in cut] == [AT, AT, AT]


def test_a_batch_closes_by_bytes() -> None:
    """A message larger than a batch may be is a batch of its own."""
    messages = [made(0, b"12"), made(1, b"1234567"), made(2, b"12"), made(3, b"12")]
    sizes = [len(batch.payloads) for batch in batches(messages, bytes_=5)]
    assert sizes == [1, 1, 2]


def test_no_message_makes_no_batch() -> None:
    """An empty slice is none."""
    assert list(batches([])) == []
