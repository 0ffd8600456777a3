"""Batches of messages, and the clock that stamps them."""

import pytest

from pipelines.read import arrival
from pipelines.read.arrival import ArrivalClock
from pipelines.read.batches import Gathering, Places, body_id


class Clock:
    """A monotonic clock that a test sets."""

    now = 0.0

    def __call__(self):
        return self.now


def gathered(bodies, **limits):
    """The batches of these bodies, the last one closed by hand."""
    gathering = Gathering(monotonic=Clock(), **limits)
    batches = [batch for body in bodies if (batch := gathering.add(body))]
    last = gathering.close()
    return [*batches, last] if last else batches


@pytest.mark.parametrize(
    ("limits", "sizes"),
    [
        ({"records": 2}, [2, 2, 1]),
        ({"bytes_": 6}, [2, 2, 1]),  # three bytes each
        ({"bytes_": 1}, [1, 1, 1, 1, 1]),  # a batch has a message, however large
        ({}, [5]),
    ],
)
def test_a_batch_closes_by_count_and_by_bytes(limits, sizes):
    """Every message is in one batch, in order of arrival."""
    bodies = [b"m%d" % i + b"." for i in range(5)]
    batches = gathered(bodies, **limits)
    assert [len(batch.payloads) for batch in batches] == sizes
    assert [body for batch in batches for body in batch.payloads] == bodies


def test_a_batch_closes_by_the_time_its_first_message_waited():
    """Not by the time since the last one."""
    clock = Clock()
    gathering = Gathering(seconds=0.2, monotonic=clock)
    assert gathering.add(b"a") is None
    clock.now = 0.15
    assert gathering.add(b"b") is None
    clock.now = 0.21
    assert gathering.is_due()
    assert gathering.add(b"c").payloads == [b"a", b"b", b"c"]
    assert not gathering.is_due()


def test_places_rise():
    """Also where the clock stands still."""
    places = [batch.place for batch in gathered([b"x"] * 50, records=1)]
    assert places == sorted(set(places))


def test_gatherings_that_share_places_have_none_twice():
    """Windows are gathered side by side, and a place names the batch's file."""
    places = Places(source=7)
    batches = [Gathering(places=places) for _ in range(20)]
    for gathering in batches:
        gathering.add(b"x")
    closed = [gathering.close().place for gathering in batches]
    assert len(set(closed)) == 20
    assert {place.source for place in closed} == {7}


def test_a_message_may_bring_its_id_and_attributes():
    """One that brings none is named after its body."""
    gathering = Gathering()
    gathering.add(b"a", "an id", '{"desk": "x"}')
    gathering.add(b"b")
    batch = gathering.close()
    assert batch.event_ids == ["an id", body_id(b"b")]
    assert batch.attributes == ['{"desk": "x"}', None]


def test_event_ids_are_given_by_a_function():
    """By default equal bodies are one event."""
    (batch,) = gathered([b"a", b"a", b"b"])
    assert batch.event_ids == [body_id(b"a"), body_id(b"a"), body_id(b"b")]
    assert batch.event_ids[1] != batch.event_ids[2]
    (batch,) = gathered([b"a"], event_id=lambda body: body.decode())
    assert batch.event_ids == ["a"]


def test_nothing_gathered_is_no_batch():
    """An idle source makes no rows."""
    assert Gathering().close() is None


def test_arrival_follows_the_monotonic_clock():
    """A wall clock that is set back, or forward, changes no arrival after the first."""
    wall, monotonic = iter([5_000_000_000]), iter([100_000, 300_000, 900_000])
    clock = ArrivalClock(wall=lambda: next(wall), monotonic=lambda: next(monotonic))
    assert [clock.now(), clock.now()] == [5_000_200, 5_000_800]


def test_arrival_does_not_go_behind_the_last_one_known():
    """A machine whose clock is behind goes on where the lake ended."""
    clock = ArrivalClock(9_000_000, wall=lambda: 5_000_000_000, monotonic=lambda: 0)
    assert clock.now() == 9_000_000


def test_a_process_has_one_clock():
    """Its arrivals never go back."""
    first = arrival.now()
    assert first <= arrival.now()
    assert first > 1_700_000_000_000_000
