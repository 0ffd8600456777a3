"""Labelled events as the stages take them."""

from collections.abc import Sequence

from pipelines.batch import Place, RawBatch, TaggedBatch
from pipelines.decode.decode import decode
from pipelines.normalize.normalize import normalize
from pipelines.tag.tag import tag

EVENTS_AT_ONCE = 1_000
NOON = 1_795_521_600_000_000  # µs: 2026-11-24 12:00 UTC; all events arrive in one day


def tagged(bodies: Sequence[bytes], first: int = 0) -> TaggedBatch:
    """Events, each the JSON that `newsbeam run` takes, after Decode, Normalize and Tag.

    The event of number *i* of all is called `label/<i>`; `first` is the number of the first here.
    """
    ids = [f"label/{first + i}" for i in range(len(bodies))]
    raw = RawBatch.of_messages(Place(0, first), NOON, [], ids, [None] * len(ids), list(bodies))
    return tag(normalize(decode(raw)))
