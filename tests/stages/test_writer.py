"""The writer's five steps: what a commit holds, and what is left when a step fails."""

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.batch import Span
from pipelines.lake import appending, disk, files, log, snapshot, writer
from pipelines.lake.errors import Damaged, DiskFull, LostRace, Unwritable
from pipelines.lake.log import Lake
from pipelines.lake.writer import Writer, writer_for
from tests.exact_decider import NOON, ExactDecider, events, sketched

DAY = 86_400_000_000  # µs


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A new lake."""
    return log.open_lake(tmp_path / "lake")


def new_writer(lake: Lake, **settings: Any) -> Writer:
    """A writer as another process would have it: it shares nothing but the lake."""
    return Writer(lake, **{"decider": ExactDecider(), "patience_seconds": 0.0, **settings})


def rows_of(lake: Lake, *kinds: str) -> list[dict[str, Any]]:
    """The lake's rows of those kinds, in their order."""
    live = [file for file in files.live_files(lake.table()) if file.kind in kinds]
    rows = files.read(lake.path, live).to_pylist()
    return sorted(rows, key=lambda row: (row["commit"], row["ordinal"] or 0))


def data_files(lake: Lake) -> set[str]:
    """Every data file on the disk, whether an entry names it or not."""
    return {str(path.relative_to(lake.path)) for path in lake.path.glob("kind=*/**/*.parquet")}


def test_each_event_becomes_one_row_of_its_kind(lake: Lake) -> None:
    """A story, its duplicate and a dead letter, in the order of their ordinals."""
    window = [sketched(events(0, 1)), sketched(events(1, 2, "text 0") + events(2, 3, None))]
    (result,) = new_writer(lake).commit(window)
    assert vars(result) == {
        "received": 3,
        "stories": 1,
        "duplicates": {"exact": 1},
        "dead_letters": {"NotJson": 1},
        "redelivered": 0,
        "version": 2,
        "ack_ids": (),
        "places": ((0, 0), (0, 0)),
        "sent_at": (NOON,) * 3,
    }
    story, duplicate, dead = rows_of(lake, "story", "duplicate", "dead_letter")
    assert [row["ordinal"] for row in (story, duplicate, dead)] == [0, 1, 2]
    assert [row["kind"] for row in (story, duplicate, dead)] == [
        "story",
        "duplicate",
        "dead_letter",
    ]
    assert [row["story_id"] for row in (story, duplicate, dead)] == ["e0", "e0", None]
    assert (duplicate["relation"], dead["reason"], dead["payload"]) == ("exact", "NotJson", b"{")


def test_a_window_may_have_an_order_of_its_own(lake: Lake) -> None:
    """Events of all its batches are sorted together before any is decided."""
    late = [{**event, "arrived_at": NOON + 9} for event in events(0, 1, "same")]
    window = [sketched(late), sketched(events(1, 2, "same"))]
    sorted_ = new_writer(lake, order=lambda rows: rows["arrived_at"])
    sorted_.commit(window)
    assert [row["event_id"] for row in rows_of(lake, "story")] == ["e1"]


def test_the_commit_row_tells_what_the_commit_is(lake: Lake) -> None:
    """Counts, sources, arrivals and versions, in the version that it says."""
    spans = [Span("a.jsonl", 0, 90, 2, "00ff"), Span("a.jsonl", 90, 99, 1, "11ff")]
    late = [{**event, "arrived_at": NOON + 5} for event in events(0, 1)]
    batches = [sketched(events(0, 2), spans=spans[:1]), sketched(late, spans=spans[1:])]
    new_writer(lake, action="stream", versions={"tagger": 7}).commit(batches)
    (row,) = rows_of(lake, "commit")
    assert (row["commit"], row["action"], row["received"], row["stories"]) == (2, "stream", 3, 2)
    assert row["redelivered"] == 1
    assert [Span(**source) for source in row["sources"]] == spans
    assert row["first_arrival"].isoformat() == "2026-11-24T12:00:00+00:00"
    assert (row["last_arrival"] - row["first_arrival"]).microseconds == 5
    assert row["versions"] == '{"sketch": 1, "tagger": 7}'


def test_events_that_come_again_add_no_row(lake: Lake) -> None:
    """They are counted and acknowledged; the log does not grow."""
    window = [sketched(events(0, 3), spans=[Span("a", 0, 9, 3, "d")], ack_ids=["m1"])]
    new_writer(lake).commit(window)
    (again,) = new_writer(lake).commit(window)
    assert (again.version, again.redelivered, again.ack_ids) == (None, 3, ("m1",))
    assert lake.table().version() == 2


def test_events_that_come_again_from_a_new_place_are_noted(lake: Lake) -> None:
    """A new span is remembered by a commit row, so that its bytes need not be read a third time."""
    new_writer(lake).commit([sketched(events(0, 3), spans=[Span("a", 0, 9, 3, "d")])])
    elsewhere = [sketched(events(0, 3), spans=[Span("b", 0, 9, 3, "d")])]
    assert [r.version for r in new_writer(lake).commit(elsewhere)] == [3]
    assert [r.version for r in new_writer(lake).commit(elsewhere)] == [None]


def test_nothing_is_committed_for_nothing(lake: Lake) -> None:
    """An empty window is no commit."""
    assert new_writer(lake).commit([]) == []
    assert [r.version for r in new_writer(lake).commit([sketched([])])] == [None]


def test_a_file_holds_one_partition_sorted_by_publication(lake: Lake) -> None:
    """Unknown dates come last, then arrival decides; the columns are the kind's alone."""
    published = [NOON + 2, None, NOON + 1, NOON + 1]
    batch = [
        {**event, "published_at": when, "topic": "sports"}
        for event, when in zip(events(0, 4), published, strict=True)
    ]
    new_writer(lake).commit([sketched(batch)])
    (path,) = [name for name in data_files(lake) if name.startswith("kind=story")]
    assert path.startswith("kind=story/arrived_date=2026-11-24/topic=sports/2-")
    table = pq.read_table(lake.path / path, partitioning=None)
    assert table["event_id"].to_pylist() == ["e2", "e3", "e0", "e1"]
    assert not {"kind", "topic", "arrived_date", "relation", "reason"} & set(table.schema.names)


def test_days_and_topics_are_folders(lake: Lake) -> None:
    """A window over midnight and all topics makes a file each; no topic is Hive's null."""
    batch = [
        {"event_id": f"{topic}{day}", "text": f"{topic} {day}", "topic": topic}
        | {"arrived_at": NOON + day * DAY}
        for topic in ("politics", None)
        for day in (0, 1)
    ]
    new_writer(lake).commit([sketched(batch)])
    folders = {str(Path(name).parent) for name in data_files(lake) if "kind=story" in name}
    assert folders == {
        f"kind=story/arrived_date=2026-11-{day}/topic={topic}"
        for day in (24, 25)
        for topic in ("politics", "__HIVE_DEFAULT_PARTITION__")
    }


def test_statistics_enclose_the_values(lake: Lake) -> None:
    """Times have milliseconds in the log: the lower bound is rounded down, the upper one up."""
    batch = [{**events(0, 1)[0], "published_at": NOON + 1_500}]
    new_writer(lake).commit([sketched(batch)])
    adds = [action["add"] for action in log.read_entry(lake.path, 2) if "add" in action]
    (stats,) = [add["stats"] for add in adds if add["path"].startswith("kind=story")]
    assert '"published_at": "2026-11-24T12:00:00.001Z"' in stats
    assert '"published_at": "2026-11-24T12:00:00.002Z"' in stats


def test_everything_is_on_the_disk_before_the_entry_and_the_entry_before_the_acknowledgement(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and their folders up to the root, then the append, then the entry and its folder."""
    synced: list[Path] = []
    real_sync, real_append = disk.sync, log.append
    monkeypatch.setattr(disk, "sync", lambda path: (synced.append(path), real_sync(path)))
    before: list[Path] = []

    def append(*arguments: Any) -> None:
        before.extend(synced)
        synced.clear()
        real_append(*arguments)

    monkeypatch.setattr(log, "append", append)
    new_writer(lake).commit([sketched(events(0, 1))])
    for name in data_files(lake):
        parts = [lake.path / name, *(lake.path / name).parents]
        assert set(parts[: parts.index(lake.path) + 1]) <= set(before)
    assert log.entry(lake.path, 1) in before  # what others appended, before resting on it
    assert synced == [log.entry(lake.path, 2), lake.path / "_delta_log"]


def test_an_append_that_raises_although_its_entry_is_there_is_a_commit(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is believed, not the exception."""
    real_append = log.append

    def append(*arguments: Any) -> None:
        real_append(*arguments)
        raise RuntimeError("no checkpoint")

    monkeypatch.setattr(log, "append", append)
    (result,) = new_writer(lake).commit([sketched(events(0, 2))])
    assert (result.version, result.stories) == (2, 2)
    assert [row["event_id"] for row in rows_of(lake, "story")] == ["e0", "e1"]


def test_an_append_that_did_nothing_is_tried_again_with_the_same_files(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hiccup costs a moment."""
    refusals = iter([OSError("hiccup"), OSError("hiccup")])
    real_append, tried = log.append, []

    def append(table: Any, actions: Any, commit_id: str) -> None:
        tried.append(commit_id)
        for why in refusals:
            raise why
        real_append(table, actions, commit_id)

    monkeypatch.setattr(log, "append", append)
    (result,) = new_writer(lake, patience_seconds=5).commit([sketched(events(0, 2))])
    assert (result.version, len(tried), len(set(tried))) == (2, 3, 1)


def test_an_append_that_never_works_leaves_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patience ends with a sentence, and not a file more than before."""

    def append(*_: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(log, "append", append)
    with pytest.raises(Unwritable, match="Read-only file system"):
        new_writer(lake).commit([sketched(events(0, 2))])
    assert data_files(lake) == set()


@pytest.mark.parametrize("written_before", [0, 1, 2])
def test_a_disk_that_fills_up_between_files_leaves_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, written_before: int
) -> None:
    """Whichever file was the last; once there is space the same window goes in."""
    window = [sketched(events(0, 2) + events(2, 3, "text 0") + events(3, 4, None))]
    real_write, count = files._write_parquet, iter(range(10))

    def write(rows: Any, path: Path) -> None:
        if next(count) == written_before:
            path.write_bytes(b"PAR1 and then")
            raise OSError(errno.ENOSPC, "No space left on device")
        real_write(rows, path)

    monkeypatch.setattr(files, "_write_parquet", write)
    writer = new_writer(lake)
    with pytest.raises(DiskFull):
        writer.commit(window)
    assert data_files(lake) == set()
    monkeypatch.setattr(files, "_write_parquet", real_write)
    assert writer.commit(window)[0].received == 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a megabyte, which only root can make."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount a small disk here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    """Commits go in until there is no space; then the lake still reads as of the last one."""
    lake = log.open_lake(small_disk / "lake")
    committed: list[int] = []

    def fill() -> None:
        writer = new_writer(lake)
        for number in range(100):
            text = os.urandom(30_000).hex()
            writer.commit([sketched([{"event_id": f"e{number}", "text": text}])])
            committed.append(number)

    with pytest.raises(Unwritable, match="no space is left"):
        fill()
    assert committed
    assert len(rows_of(lake, "story")) == len(committed)
    assert len(data_files(lake)) == 2 * len(committed)


def test_a_lake_that_may_only_be_read(
    lake: Lake, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    """It is refused with a sentence, and stays as it is."""
    new_writer(lake).commit([sketched(events(0, 1))])
    before = sorted(lake.path.rglob("*"))
    with as_nobody(), pytest.raises(Unwritable, match="Permission denied"):
        new_writer(lake).commit([sketched(events(1, 2))])
    assert sorted(lake.path.rglob("*")) == before


def overtaken(by: Writer, times: int) -> Any:
    """Something for `Writer.at` that has another writer commit first, so many times."""
    numbers = iter(range(1000, 1000 + times))

    def at(stop: str) -> None:
        if stop == "written":
            for number in numbers:
                by.commit([sketched(events(number, number + 1))])
                return

    return at


def test_a_lost_race_is_decided_again(lake: Lake) -> None:
    """What the winner brought makes a story of mine its duplicate; my first files are gone."""
    mine, other = new_writer(lake), new_writer(lake)
    mine.at = overtaken(other, 1)
    (result,) = mine.commit([sketched(events(0, 1) + events(7, 8, "text 1000"))])
    assert (result.version, result.stories, result.duplicates) == (3, 1, {"exact": 1})
    assert {file.path for file in files.live_files(lake.table())} == data_files(lake)


def test_a_window_that_loses_twice_is_halved(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Smaller windows are quicker; their results come in order."""
    monkeypatch.setattr(writer, "SMALLEST_WINDOW", 2)
    mine = new_writer(lake)
    mine.at = overtaken(new_writer(lake), 2)
    batches = [sketched(events(n, n + 1), ack_ids=[f"m{n}"]) for n in range(4)]
    results = mine.commit(batches)
    assert [result.ack_ids for result in results] == [("m0", "m1"), ("m2", "m3")]
    assert [result.version for result in results] == [4, 5]


def test_a_race_that_is_always_lost_ends(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many defeats the window is given back, and nothing of it is left."""
    monkeypatch.setattr(writer, "MOST_RACES", 3)
    mine = new_writer(lake)
    mine.at = overtaken(new_writer(lake), 100)
    with pytest.raises(LostRace):
        mine.commit([sketched(events(0, 1))])
    assert {file.path for file in files.live_files(lake.table())} == data_files(lake)


def test_a_writer_that_slept_until_its_place_expired_has_lost(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry in the place of an expired one is read by nobody; it must not count as a commit."""
    mine, other = new_writer(lake), new_writer(lake)
    real_append, asleep = log.append, iter([True])

    def append(table: Any, actions: Any, commit_id: str) -> None:
        if next(asleep, False):  # inside deltalake, past its own look at the newest version
            for number in range(3):
                other.commit([sketched(events(100 + number, 101 + number))])
            log.checkpoint(lake.table())
            for version in (0, 1, 2):
                log.entry(lake.path, version).unlink()
            log.entry(lake.path, 2).write_text(
                f'{{"commitInfo":{{"newsbeamCommit":"{commit_id}"}}}}'
            )
            return
        real_append(table, actions, commit_id)

    monkeypatch.setattr(log, "append", append)
    (result,) = mine.commit([sketched(events(0, 1))])
    assert result.version == 5
    assert [row["event_id"] for row in rows_of(lake, "story")] == ["e100", "e101", "e102", "e0"]


def test_events_from_before_the_indexs_memory_are_looked_up(lake: Lake) -> None:
    """An old message that comes again is redelivered though the index has forgotten it."""
    new_writer(lake).commit([sketched(events(0, 2))])
    forgetful = new_writer(lake)
    forgetful.follow()[0]._index.ids.clear()
    forgetful._memory._index.forgets_before = NOON + 1
    (result,) = forgetful.commit([sketched(events(1, 3))])
    assert (result.redelivered, result.stories) == (1, 1)


class Counting(ExactDecider):
    """Notes how many of the lake's rows were read to make an index."""

    def __init__(self) -> None:
        self.read = 0

    def resketch(self, rows: Any) -> Any:
        self.read += len(rows)
        return self.sketches_of(rows)


@pytest.fixture
def snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every commit is followed by a snapshot."""
    monkeypatch.setattr("pipelines.lake.memory.ROWS_A_SNAPSHOT", 1)


@pytest.mark.usefixtures("snapshots")
def test_a_snapshot_that_fits_saves_reading_the_lake(lake: Lake) -> None:
    """Nothing of the lake is read."""
    new_writer(lake).commit([sketched(events(0, 5))])
    decider = Counting()
    (result,) = new_writer(lake, decider=decider).commit([sketched(events(0, 6))])
    assert (decider.read, result.redelivered, result.stories) == (0, 5, 1)


@pytest.mark.usefixtures("snapshots")
def test_a_snapshot_behind_the_log_is_caught_up(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the rows since are read."""
    new_writer(lake).commit([sketched(events(0, 5))])
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.lake.memory.ROWS_A_SNAPSHOT", 1000)
        new_writer(lake).commit([sketched(events(5, 7))])
    decider = Counting()
    (result,) = new_writer(lake, decider=decider).commit([sketched(events(0, 8))])
    assert (decider.read, result.redelivered, result.stories) == (2, 7, 1)


def ahead(lake: Lake) -> None:
    """The log went back: its last entry was torn and is gone."""
    log.entry(lake.path, 2).unlink()


def beside(lake: Lake) -> None:
    """The version is another commit than the one that the snapshot was made of."""
    log.entry(lake.path, 2).unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.lake.memory.ROWS_A_SNAPSHOT", 1000)
        (kept,) = snapshot._folders(lake)
        kept.rename(kept.with_name("aside"))
        new_writer(lake).commit([sketched(events(90, 91))])
        kept.with_name("aside").rename(kept)


def of_another_table(lake: Lake) -> None:
    """The folder was copied from another lake."""
    (folder,) = snapshot._folders(lake)
    stamp = (folder / "stamp.json").read_text()
    (folder / "stamp.json").write_text(stamp.replace(lake.table_id, "another"))


def broken(lake: Lake) -> None:
    """A file of the snapshot is torn."""
    (folder,) = snapshot._folders(lake)
    (folder / "index.json").write_text("{")


@pytest.mark.usefixtures("snapshots")
@pytest.mark.parametrize(
    ("happens", "stories"),
    [(ahead, 5), (beside, 5), (of_another_table, 0), (broken, 0)],
)
def test_a_snapshot_that_does_not_fit_is_discarded(lake: Lake, happens: Any, stories: int) -> None:
    """The lake is the truth: what it holds is known, and what it does not hold is new."""
    new_writer(lake).commit([sketched(events(0, 5))])
    happens(lake)
    (result,) = new_writer(lake).commit([sketched(events(0, 5))])
    assert (result.stories, result.redelivered) == (stories, 5 - stories)


@pytest.mark.usefixtures("snapshots")
def test_only_the_newest_snapshot_stays(lake: Lake) -> None:
    """And what a killed process left of its own is swept by the next."""
    (lake.path / "_index" / ".abandoned").mkdir(parents=True)
    writer = new_writer(lake)
    for number in range(3):
        writer.commit([sketched(events(number, number + 1))])
    assert len(snapshot._folders(lake)) == 1
    assert len(list((lake.path / "_index").glob(".*"))) == 1


def test_a_process_has_one_writer_a_lake(tmp_path: Path) -> None:
    """Until another lake stands at its place."""
    first = writer_for(tmp_path / "lake", decider=ExactDecider())
    assert writer_for(tmp_path / "lake") is first
    first.commit([sketched(events(0, 1))])
    (tmp_path / "lake").rename(tmp_path / "elsewhere")
    second = writer_for(tmp_path / "lake", decider=ExactDecider())
    assert second.commit([sketched(events(0, 1))])[0].stories == 1


def test_threads_take_turns(lake: Lake) -> None:
    """Bundles that run at once share the writer; every event is there once."""
    writer = new_writer(lake)
    windows = [[sketched(events(n % 5, n % 5 + 3))] for n in range(20)]
    with ThreadPoolExecutor(4) as pool:
        results = [result for done in pool.map(writer.commit, windows) for result in done]
    assert sum(result.stories for result in results) == 7
    assert sorted(row["event_id"] for row in rows_of(lake, "story")) == [f"e{n}" for n in range(7)]


def test_a_missing_file_is_damage(lake: Lake) -> None:
    """A writer that cannot read what it must follow does not guess."""
    new_writer(lake).commit([sketched(events(0, 1))])
    for name in data_files(lake):
        (lake.path / name).unlink()
    with pytest.raises(Damaged, match="cannot be read"):
        new_writer(lake).commit([sketched(events(1, 2))])


def test_the_log_asks_whose_a_version_is(lake: Lake) -> None:
    """Nobody's yet, someone's, or long gone."""
    assert appending._owner(lake, 2) is None
    assert appending._owner(lake, 1) == ""
    assert appending._owner(lake, 9) == ""
