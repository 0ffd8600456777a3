"""The index is a function of the lake's rows in their order, however it came to know them."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from structlog.testing import capture_logs

from pipelines.batch import Place, RawBatch, SketchedBatch
from pipelines.decode.decode import decode
from pipelines.deduplicate import keys
from pipelines.deduplicate.sketch import sketch
from pipelines.lake import compact, files, log
from pipelines.lake.log import Lake
from pipelines.lake.writer import Writer
from pipelines.normalize.normalize import normalize
from pipelines.sample import newsroom
from pipelines.settings import Verdicts
from pipelines.tag.tag import tag
from schemas.tables import LAKE, TIME
from tests.exact_decider import NOON

EVENTS = 600
DAY = 86_400_000_000  # µs


def finished(lines: list[bytes], first: int, arrived_at: int = NOON) -> SketchedBatch:
    """A batch of records, through every stage before Commit."""
    count = len(lines)
    raw = RawBatch(
        place=Place(0, first),
        arrived_at=arrived_at,
        spans=[],
        ack_ids=[],
        dead=[],
        position=list(range(count)),
        event_ids=[f"sample@{first + n}" for n in range(count)],
        attributes=[None] * count,
        payloads=lines,
    )
    return sketch(tag(normalize(decode(raw))))


@pytest.fixture(scope="module")
def batches() -> list[SketchedBatch]:
    """Made-up news with copies, revisions and broken records, twenty events a batch."""
    made = [event for event, _ in itertools.islice(newsroom.events(EVENTS, seed=5), EVENTS)]
    lines = [e if isinstance(e, bytes) else json.dumps(e).encode() for e in made]
    return [finished(lines[n : n + 20], n) for n in range(0, len(lines), 20)]


def windows(batches: list[SketchedBatch], events: int) -> list[list[SketchedBatch]]:
    """The batches in windows of so many events."""
    size = events // 20
    return [batches[n : n + size] for n in range(0, len(batches), size)]


def verdicts(lake: Lake) -> list[dict[str, Any]]:
    """The events' rows in the lake's order, without the version that brought them."""
    live = [file for file in files.live_files(lake.table()) if file.kind != "commit"]
    names = [name for name in LAKE.names if name != "commit"]
    return files.read(lake.path, live, names).sort_by("ordinal").to_pylist()


@pytest.fixture(scope="module", params=[5_000_000, 150], ids=["all", "150"])
def horizon(request: pytest.FixtureRequest) -> Verdicts:
    """Everything is remembered, or only the last rows."""
    return Verdicts(horizon_stories=request.param)


@pytest.fixture(scope="module")
def expected(
    batches: list[SketchedBatch], horizon: Verdicts, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """What one writer makes of all of it in one window."""
    lake = log.open_lake(tmp_path_factory.mktemp("one") / "lake", horizon)
    Writer(lake).commit(batches)
    rows = verdicts(lake)
    relations = {row["relation"] for row in rows if row["kind"] == "duplicate"}
    assert {"exact", "revision", "near"} <= relations  # else the tests below show little
    return rows


def one_writer(lake: Lake) -> Callable[[int], Writer]:
    """The same writer all along."""
    writer = Writer(lake)
    return lambda number: writer


def a_new_writer_each_time(lake: Lake) -> Callable[[int], Writer]:
    """Each window in a process of its own, whose index is made from the lake's rows."""
    return lambda number: Writer(lake)


def a_new_writer_from_a_snapshot(lake: Lake) -> Callable[[int], Writer]:
    """Each window in a process of its own, whose index is a snapshot that is caught up."""

    def choose(number: int) -> Writer:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipelines.lake.memory.ROWS_A_SNAPSHOT", 1)
            if number % 3 == 1:
                memory = Writer(lake).follow()[0]
                memory._saved_rows = -1
                memory.save_when_due()
        return Writer(lake)

    return choose


def two_writers_in_turn(lake: Lake) -> Callable[[int], Writer]:
    """Each follows what the other committed, and merges its own."""
    both = Writer(lake), Writer(lake)
    return lambda number: both[number % 2]


class Loser:
    """A writer that decides each window, and loses it to another that has the same window."""

    def __init__(self, lake: Lake) -> None:
        self.loser, self.winner = Writer(lake), Writer(lake)

    def commit(self, window: list[SketchedBatch]) -> None:
        def at(stop: str) -> None:
            if stop == "written":
                self.winner.commit(window)

        self.loser.at = at
        (result,) = self.loser.commit(window)
        assert result.redelivered == result.received


def a_writer_that_loses_every_race(lake: Lake) -> Callable[[int], Loser]:
    """What it decided in vain leaves no trace in its index."""
    loser = Loser(lake)
    return lambda number: loser


def a_new_writer_after_compaction(lake: Lake) -> Callable[[int], Writer]:
    """The rows are read from files that hold them in another order."""

    def choose(number: int) -> Writer:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compact, "FANOUT", 2)
            Writer(lake).compact()
        return Writer(lake)

    return choose


def test_an_old_message_is_known_after_a_long_silence(tmp_path: Path) -> None:
    """The first window after a silence longer than the horizon forgets, and so asks the lake."""
    sent = pa.scalar(NOON, pa.int64()).cast(TIME)
    lake = log.open_lake(tmp_path / "lake", Verdicts(horizon_days=1))
    writer = Writer(lake, sent_at=lambda rows: pa.array([sent.as_py()] * len(rows), TIME))
    window = finished([b'{"id": "1", "title": "A title", "text": "Some text"}'], 0)
    late = finished([b'{"id": "1", "title": "A title", "text": "Some text"}'], 0, NOON + 3 * DAY)
    assert [result.stories for result in writer.commit([window])] == [1]
    assert [result.redelivered for result in writer.commit([late])] == [1]


@pytest.mark.parametrize(
    ("history", "events"),
    [
        (one_writer, 20),
        (a_new_writer_each_time, 120),
        (a_new_writer_from_a_snapshot, 120),
        (two_writers_in_turn, 60),
        (a_writer_that_loses_every_race, 120),
        (a_new_writer_after_compaction, 120),
    ],
)
def test_history_changes_no_verdict(
    history: Callable[[Lake], Callable[[int], Writer]],
    events: int,
    batches: list[SketchedBatch],
    horizon: Verdicts,
    expected: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows, restarts, snapshots, other writers and compaction leave the same rows."""
    monkeypatch.setattr(keys, "SMALLEST", 4)  # so that ids are put away soon
    lake = log.open_lake(tmp_path / "lake", horizon)
    writer_of = history(lake)
    for number, window in enumerate(windows(batches, events)):
        writer_of(number).commit(window)
    assert verdicts(lake) == expected
    again = writer_of(len(batches)).commit(batches[:10])
    assert again is None or again[0].redelivered == 200


@pytest.mark.parametrize(("long", "told"), [(0.0, 1), (1e9, 0)])
def test_says_how_long_it_takes_to_read_a_lake_anew(
    tmp_path: Path,
    batches: list[SketchedBatch],
    monkeypatch: pytest.MonkeyPatch,
    long: float,
    told: int,
) -> None:
    """Following many rows that no snapshot has is told once, with how long it will still take."""
    Writer(log.open_lake(tmp_path / "lake")).commit(batches)
    monkeypatch.setattr("pipelines.lake.memory.FOLLOWED_AT_ONCE", 100)
    monkeypatch.setattr("pipelines.lake.memory.LONG_SECONDS", long)
    with capture_logs() as said:
        Writer(log.open_lake(tmp_path / "lake")).follow()
    found = [event for event in said if "seconds_left" in event]
    assert len(found) == told
    assert all(event["rows"] > 0 for event in found)
