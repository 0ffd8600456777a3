"""Making, opening and mending a lake, and appending to its log."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from pipelines.lake import log
from pipelines.lake.errors import (
    Damaged,
    DiskFull,
    NotALake,
    OtherSettings,
    OtherVersion,
    Unwritable,
)
from pipelines.lake.files import NewFiles
from pipelines.lake.rows import Counts, commit_row
from pipelines.settings import Verdicts
from tests.exact_decider import A_TIME


def commit(lake: log.Lake, table: DeltaTable | None = None) -> NewFiles:
    """A commit of nothing but its own row, right after the handle's version."""
    table = table or lake.table()
    new = NewFiles(lake.path, table.version() + 1)
    new.write("commit", commit_row(new.version, "run", Counts(), A_TIME))
    log.append(table, list(new.adds), new.commit_id)
    return new


def test_a_new_lake_remembers_the_settings_it_was_made_with(tmp_path: Path) -> None:
    """Opening it without settings gives those of its making, at version 1."""
    made = log.open_lake(tmp_path / "a" / "lake", Verdicts(horizon_days=3))
    assert log.open_lake(made.path) == made == log.find_lake(made.path)
    assert made.verdicts == Verdicts(horizon_days=3)
    assert made.table().version() == 1


def test_only_explicit_settings_are_compared(tmp_path: Path) -> None:
    """A setting that was not given is the lake's; one that was given must be."""
    log.open_lake(tmp_path / "lake", Verdicts(horizon_days=3))
    log.open_lake(tmp_path / "lake", Verdicts(exact_words=25))
    with pytest.raises(OtherSettings, match="made with horizon_days 3, not 31"):
        log.open_lake(tmp_path / "lake", Verdicts(horizon_days=31))


def test_an_unfinished_lake_is_completed(tmp_path: Path) -> None:
    """A process that died between version 0 and 1 left a lake that the next one finishes."""
    log._create(tmp_path / "lake")
    with pytest.raises(NotALake):
        log.find_lake(tmp_path / "lake")
    assert log.open_lake(tmp_path / "lake", Verdicts(near_words=50)).verdicts.near_words == 50


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    """A lake of a later Newsbeam is not touched."""
    lake = log.open_lake(tmp_path / "lake")
    lake.table().alter.set_table_properties({"newsbeam.format": "2"}, raise_if_not_exists=False)
    with pytest.raises(OtherVersion, match="format 2"):
        log.open_lake(lake.path)


def a_file(path: Path) -> None:
    path.write_text("not a folder")


def a_folder_of_other_things(path: Path) -> None:
    path.mkdir()
    (path / "letter.txt").write_text("dear reader")


def a_table_of_other_rows(path: Path) -> None:
    write_deltalake(path, pa.table({"x": [1]}))


@pytest.mark.parametrize("put", [a_file, a_folder_of_other_things, a_table_of_other_rows])
def test_something_else_is_not_made_a_lake(put: Callable[[Path], None], tmp_path: Path) -> None:
    """A mistyped path costs nobody their files."""
    put(tmp_path / "lake")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(NotALake):
        log.open_lake(tmp_path / "lake")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_reader_makes_no_lake(tmp_path: Path) -> None:
    """Where there is none, `find_lake` says so and leaves nothing."""
    with pytest.raises(NotALake, match="there is no lake"):
        log.find_lake(tmp_path / "lake")
    assert not (tmp_path / "lake").exists()


def test_many_may_make_the_same_lake_at_once(tmp_path: Path) -> None:
    """All of them get the one table, with the settings of one of them."""
    barrier = Barrier(6)

    def make(number: int) -> log.Lake:
        barrier.wait()
        return log.open_lake(tmp_path / "lake")

    with ThreadPoolExecutor(6) as pool:
        lakes = set(pool.map(make, range(6)))
    assert len({lake.table_id for lake in lakes}) == 1
    assert DeltaTable(tmp_path / "lake").version() == 1


def test_a_version_is_one_commits_only(tmp_path: Path) -> None:
    """Of two appends to one version the second raises, and the log says whose it is."""
    lake = log.open_lake(tmp_path / "lake")
    first, second = lake.table(), lake.table()
    winner = commit(lake, first)
    with pytest.raises(Exception, match="Failed to commit"):
        commit(lake, second)
    assert log.commit_of(lake.path, 2) == winner.commit_id
    assert log.commit_of(lake.path, 3) is None


def truncated(entry: bytes) -> bytes:
    return entry[: len(entry) // 2]


def without_its_last_line(entry: bytes) -> bytes:
    return b"".join(entry.splitlines(keepends=True)[:-1])


@pytest.mark.parametrize(
    "tear",
    [
        lambda entry: b"",  # the name was synced, the contents were not: ext4 after a power cut
        lambda entry: b"\0" * len(entry),  # so was the size
        truncated,
        without_its_last_line,  # a page boundary that is a line's end
        lambda entry: b"1\n",
    ],
)
def test_a_torn_last_entry_goes(tear: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """What a power cut left of an entry was never acknowledged, and its version is free again."""
    lake = log.open_lake(tmp_path / "lake")
    commit(lake)
    commit(lake)
    last = log.entry(lake.path, 3)
    last.write_bytes(tear(last.read_bytes()))
    assert log.open_lake(lake.path).table().version() == 2
    assert not last.exists()
    assert commit(lake).version == 3


def test_a_whole_last_entry_stays(tmp_path: Path) -> None:
    """Opening a lake takes nothing from it."""
    lake = log.open_lake(tmp_path / "lake")
    commit(lake)
    assert log.open_lake(lake.path).table().version() == 2


def test_a_lake_torn_in_its_making_is_made_again(tmp_path: Path) -> None:
    """Version 0 alone, and torn: nothing was in it."""
    lake = log.open_lake(tmp_path / "lake")
    log.entry(lake.path, 1).unlink()
    log.entry(lake.path, 0).write_bytes(b"")
    assert log.open_lake(lake.path).table().version() == 1


def test_an_entry_torn_in_the_middle_is_damage(tmp_path: Path) -> None:
    """No power cut does that; nobody should go on as if nothing had happened."""
    lake = log.open_lake(tmp_path / "lake")
    commit(lake)
    commit(lake)
    log.entry(lake.path, 2).write_bytes(b'{"commitInfo":{"time')
    with pytest.raises(Damaged, match="cannot be read"):
        log.open_lake(lake.path)


@pytest.mark.parametrize(
    "torn", [truncated, lambda whole: whole[:100] + b"\0" * 900 + whole[1000:]]
)
def test_a_torn_checkpoint_goes(torn: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """The entries are the truth, and are still there."""
    lake = log.open_lake(tmp_path / "lake")
    commit(lake)
    log.checkpoint(lake.table())
    (checkpoint,) = (lake.path / "_delta_log").glob("*.checkpoint.parquet")
    checkpoint.write_bytes(torn(checkpoint.read_bytes()))
    assert log.open_lake(lake.path).table().version() == 2
    assert not checkpoint.exists()


def test_a_checkpoint_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    """It only makes the next opening slower."""
    lake = log.open_lake(tmp_path / "lake")
    (lake.path / "_delta_log" / "00000000000000000001.checkpoint.parquet").mkdir()
    log.checkpoint(lake.table())
    assert lake.table().version() == 1


def test_a_place_that_cannot_be_written_is_refused(
    tmp_path: Path, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    """As a sentence that names the place."""
    with as_nobody(), pytest.raises(Unwritable, match=r"cannot be written: Permission denied"):
        log.open_lake(tmp_path / "lake")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (OSError(28, "No space left on device"), DiskFull),
        (OSError(122, "Disk quota exceeded"), DiskFull),
        (
            Exception("Generic LocalFileSystem error: No space left on device (os error 28)"),
            DiskFull,
        ),
        (OSError(30, "Read-only file system"), Unwritable),
        (OSError(), Unwritable),
    ],
)
def test_what_the_system_said_becomes_a_sentence(said: Exception, kind: type) -> None:
    """A full disk has a class of its own, since it can be waited out."""
    why = Unwritable.because("lake", said)
    assert type(why) is kind
    assert "lake" in str(why)


def test_ids_of_commits_differ(tmp_path: Path) -> None:
    """Whose a version is can be told by the id alone."""
    assert NewFiles(tmp_path, 1).commit_id != NewFiles(tmp_path, 1).commit_id
    uuid.UUID(NewFiles(tmp_path, 1).commit_id)
