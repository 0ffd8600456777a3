"""A feed as an unbounded source: parts that differ, and a watermark that is true."""

import pickle
from typing import Any

import pytest
from apache_beam.io.unbounded_source import (
    _UnboundedSourceRestriction,
    _UnboundedSourceRestrictionTracker,
)
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp

from pipelines.read import unbounded as reading
from pipelines.read.intake import Feed, Taken
from pipelines.read.unbounded import FeedSource
from pipelines.unbounded import _last_line


class Intake:
    """Hands out what it is given, a batch or none a call, at a time that the test sets."""

    def __init__(self, *taken: Taken | None) -> None:
        self.taken = list(taken)
        self.time = 0
        self.begun: list[tuple[int, str]] = []

    def begin(self, source: int, attempt: str) -> None:
        self.begun.append((source, attempt))

    def now(self) -> int:
        return self.time

    def take(self, source: int) -> Taken | None:
        return self.taken.pop(0)

    @property
    def is_done(self) -> bool:
        return not self.taken


@pytest.fixture
def intake(monkeypatch: pytest.MonkeyPatch) -> Intake:
    """Two batches with a pause between them, and then the end."""
    made = Intake(Taken("one", 100), None, Taken("two", 300), None)
    monkeypatch.setattr(reading, "intake", lambda feed: made)
    return made


def source(**settings: Any) -> FeedSource:
    """A source of nothing that is there."""
    return FeedSource(Feed("projects/p/subscriptions/s", "t", "folder", **settings))


def test_parts_differ() -> None:
    """A runner keeps waiting readers by their source: equal parts would close each other's."""
    parts = list(source(readers=3).split(20))
    assert len({pickle.dumps(part) for part in parts}) == 3
    assert len(list(source(readers=30).split(20))) == 20


def test_no_batch_is_earlier_than_the_watermark_before_it(intake: Intake) -> None:
    """What is late would be committed alone, after the window that it belongs to."""
    reader = source().create_reader(None, None)
    intake.time = 90
    assert reader.start()
    assert (reader.get_current(), reader.get_current_timestamp()) == ("one", Timestamp(micros=100))
    assert reader.get_watermark() == Timestamp(micros=100)
    intake.time = 200
    assert not reader.advance()
    assert reader.get_watermark() == Timestamp(micros=200)
    intake.time = 290
    assert reader.advance()
    assert reader.get_watermark() == Timestamp(micros=300)


def test_a_part_that_is_done_ends(intake: Intake) -> None:
    """The watermark at its end closes every window."""
    reader = source().create_reader(None, None)
    for _ in range(4):
        reader.advance()
    assert reader.get_watermark() == MAX_TIMESTAMP


def test_a_bundle_leaves_nothing_to_finalize(intake: Intake) -> None:
    """Flink would never do it, and keep for ever what each bundle ran."""
    restriction = _UnboundedSourceRestriction(source())
    tracker = _UnboundedSourceRestrictionTracker(restriction)
    assert tracker.try_claim([None])
    done, rest = tracker.try_split(0)
    assert done.finalization_checkpoint_mark is None
    assert rest.checkpoint_mark is None


def test_readers_tell_the_attempt_that_they_belong_to(intake: Intake) -> None:
    """A job that is started anew splits anew; a part that is split again is the same part."""
    first, again = (list(source(readers=2).split(20)) for _ in range(2))
    assert list(first[0].split(20)) == [first[0]]
    for part in [*first, first[0], again[0]]:
        part.create_reader(None, None)
    sources, attempts = zip(*intake.begun, strict=True)
    assert sources == (0, 1, 0, 0)
    assert attempts[0] == attempts[1] == attempts[2] != attempts[3]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("job failed:Traceback:\\n  File x\\nIndexError: list [while running 'Commit']", None),
        ("job failed:\nTraceback:\n File x\nIndexError: list [while running 'Commit']\n", None),
        ("", "ValueError"),
    ],
)
def test_a_failure_is_told_in_one_line(said: str, told: str | None) -> None:
    """A runner's message is full of tracebacks, whose last line says what it was."""
    expected = told or "IndexError: list [while running 'Commit']"
    assert _last_line(ValueError(said)) == expected
