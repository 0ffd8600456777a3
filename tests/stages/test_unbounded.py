"""A feed as an unbounded source: parts that differ, and a watermark that is true."""

import pickle
from typing import Any

import pytest
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
        self.begun: list[int] = []

    def begin(self, source: int) -> None:
        self.begun.append(source)

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


def test_only_a_reader_without_a_mark_begins_anew(intake: Intake) -> None:
    """One that goes on where another of its part paused has lost nothing."""
    reader = source().create_reader(None, None)
    mark = reader.get_checkpoint_mark()
    source().create_reader(None, mark)
    assert intake.begun == [0]


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
