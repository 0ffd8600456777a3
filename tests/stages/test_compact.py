"""Compaction and vacuum: fewer files, the same rows, and nothing that anyone may need deleted."""

import os
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipelines.lake import compact, disk, files, log
from pipelines.lake.files import LiveFile
from pipelines.lake.log import Lake
from pipelines.lake.writer import Writer
from tests.exact_decider import NOON, ExactDecider, events, sketched

DAY = 86_400_000_000  # µs
TOPICS = ("politics", "sports", "both", "other", None)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A new lake."""
    return log.open_lake(tmp_path / "lake")


def new_writer(lake: Lake) -> Writer:
    """A writer with a decider of its own."""
    return Writer(lake, decider=ExactDecider(), patience_seconds=0)


def commit_many(lake: Lake, commits: int) -> Writer:
    """So many commits of three kinds and one topic after another; a fifth event repeats one."""
    writer = new_writer(lake)
    for number in range(commits):
        batch = [
            {
                "event_id": f"e{number}.{place}",
                "text": None if place == 5 else f"text {number}.{min(place, 3)}",
                "topic": None if place == 5 else TOPICS[number % 5],
                "published_at": NOON - (number * 7919 + place) % 1000 * 60_000_000,
            }
            for place in range(6)
        ]
        writer.commit([sketched(batch)])
    return writer


def rows_of(lake: Lake) -> list[dict[str, Any]]:
    """All rows but those of the writer's upkeep, in an order of their own."""
    rows = files.read(lake.path, files.live_files(lake.table())).to_pylist()
    kept = [row for row in rows if row["action"] not in ("compact", "vacuum")]
    return sorted(kept, key=lambda row: (row["commit"], row["ordinal"] or 0, row["kind"]))


def make_old(lake: Lake) -> None:
    """Every data file was written two days ago."""
    two_days_ago = time.time() - 2 * 86_400
    for path in lake.path.glob("kind=*/**/*.parquet"):
        os.utime(path, (two_days_ago, two_days_ago))


def data_files(lake: Lake) -> set[str]:
    """Every data file on the disk."""
    return {str(path.relative_to(lake.path)) for path in lake.path.glob("kind=*/**/*.parquet")}


def live(lake: Lake) -> set[str]:
    """The files of the newest version."""
    return {file.path for file in files.live_files(lake.table())}


def a_file(name: str, rows: int, size: int = 1000, **other: Any) -> LiveFile:
    about = {"kind": "story", "arrived_date": date(2026, 11, 24), "topic": "other", **other}
    return LiveFile(name, size, rows, commits=(1, 1), ordinals=(0, 0), **about)


def small(count: int, rows: int = 3, **other: Any) -> list[LiveFile]:
    return [a_file(f"{rows}-{n}", rows, **other) for n in range(count)]


@pytest.mark.parametrize(
    ("live_files", "chosen"),
    [
        ([], 0),
        (small(15), 0),  # too few to be worth it
        (small(16), 16),
        (small(15) + small(15, rows=100), 0),  # two sizes, each too few
        (small(15, rows=3) + small(16, rows=100), 16),  # only those of one size
        (small(20, size=compact.FULL), 0),  # full ones are left alone
        (small(8) + small(8, topic="sports"), 0),  # a partition has its own files
        (small(2) + small(1, arrived_date=date(2026, 11, 25)), 2),  # the day is over
        (small(1) + small(1, arrived_date=date(2026, 11, 25)), 0),  # one already
        (small(16, size=10 << 20), 6),  # as many as one commit may hold
    ],
)
def test_files_are_merged_where_there_are_many_of_a_size(
    live_files: list[LiveFile], chosen: int
) -> None:
    """Sixteen of about a size in one partition, or whatever is left of a day that is over."""
    assert len(compact.plan(live_files)) == chosen


def test_compaction_changes_files_and_no_row(lake: Lake) -> None:
    """Rows keep their commit and ordinal; the entry says that no data changed."""
    commit_many(lake, 14)
    before = rows_of(lake)
    old = live(lake)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compact, "FANOUT", 2)
        assert new_writer(lake).compact()
    assert rows_of(lake) == before
    assert len(live(lake)) < len(old) / 3
    entry = log.read_entry(lake.path, lake.table().version())
    assert {action["remove"]["dataChange"] for action in entry if "remove" in action} == {False}
    adds = [action["add"] for action in entry if "add" in action]
    assert Counter(add["dataChange"] for add in adds) == {False: len(adds) - 1, True: 1}


def test_compacted_files_are_sorted_again(lake: Lake) -> None:
    """A query for a published day skips row groups of large files, too."""
    commit_many(lake, 14)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compact, "FANOUT", 2)
        new_writer(lake).compact()
    (path,) = [path for path in live(lake) if path.startswith("kind=story") and "=both" in path]
    rows = pq.read_table(lake.path / path, partitioning=None)
    assert len(rows) > 2
    assert rows.sort_by([("published_at", "ascending"), ("ordinal", "ascending")]) == rows


def test_a_days_files_become_one_when_it_is_over(lake: Lake) -> None:
    """The day after, a partition of the day before has one file."""
    writer = commit_many(lake, 3)
    writer.commit([sketched([{**event, "arrived_at": NOON + DAY} for event in events(0, 2)])])
    assert writer.compact()
    first_day = [path for path in live(lake) if "kind=story/arrived_date=2026-11-24" in path]
    assert len(first_day) == len({Path(path).parent for path in first_day})


def test_a_compaction_gives_way(lake: Lake) -> None:
    """A commit that was quicker wins; the compaction's files are gone, nothing else is."""
    commit_many(lake, 4)
    slow = new_writer(lake)
    slow.at = lambda stop: (
        new_writer(lake).commit([sketched(events(0, 1))]) if stop == "written" else None
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compact, "FANOUT", 2)
        assert not slow.compact()
    assert live(lake) == data_files(lake)


def test_vacuum_deletes_what_no_version_needs(lake: Lake) -> None:
    """Files of a writer that died, and those that compaction replaced; its own row says so."""
    writer = commit_many(lake, 20)
    abandoned = new_writer(lake).steps([sketched(events(0, 1))])
    while next(abandoned) != "written":
        pass
    unneeded = data_files(lake) - live(lake)
    assert set(writer.vacuum(keep_seconds=0)) == unneeded
    assert data_files(lake) == live(lake)
    actions = files.read(lake.path, files.live_files(lake.table()), ["action"])["action"]
    assert Counter(actions.to_pylist())["vacuum"] == 1


def test_vacuum_keeps_what_was_needed_a_day_ago(lake: Lake) -> None:
    """A reader of an older version, and a writer about to append, find their files."""
    writer = commit_many(lake, 20)  # one compaction, just now
    abandoned = new_writer(lake).steps([sketched(events(0, 1))])
    while next(abandoned) != "written":
        pass
    fresh = data_files(lake) - live(lake)
    assert fresh
    assert writer.vacuum() == []
    removed = {
        action["remove"]["path"]
        for version in range(2, lake.table().version() + 1)
        for action in log.read_entry(lake.path, version)
        if "remove" in action
    }
    make_old(lake)
    assert set(writer.vacuum()) == fresh - removed  # of these, the tombstones are young


def test_a_writer_that_slept_through_a_vacuum_starts_again(lake: Lake) -> None:
    """Its files are deleted, so that its append must fail, and it does."""
    commit_many(lake, 2)
    sleeper = new_writer(lake)
    steps = sleeper.steps([sketched(events(0, 3))])
    while next(steps) != "written":
        pass
    make_old(lake)
    assert new_writer(lake).vacuum()
    assert "followed" in list(steps)
    assert live(lake) <= data_files(lake)
    assert len(rows_of(lake)) == 2 * 7 + 4


@pytest.fixture(scope="module")
def long_lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """200 commits, a checkpoint, compactions and a vacuum."""
    lake = log.open_lake(tmp_path_factory.mktemp("long") / "lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "sync", lambda path: None)  # nobody pulls the plug here
        commit_many(lake, 200).vacuum(keep_seconds=0)
    assert list((lake.path / "_delta_log").glob("*.checkpoint.parquet"))
    return lake


def by_deltalake(lake: Lake) -> list[tuple[Any, ...]]:
    table = lake.table().to_pyarrow_table(columns=["kind", "topic", "event_id", "commit"])
    return [tuple(row.values()) for row in table.to_pylist()]


def by_polars(lake: Lake) -> list[tuple[Any, ...]]:
    return pl.scan_delta(lake.path).select("kind", "topic", "event_id", "commit").collect().rows()


def by_duckdb(lake: Lake) -> list[tuple[Any, ...]]:
    return ask_delta_scan(lake, "select kind, topic, event_id, commit from delta_scan(?)")


def by_glob(lake: Lake) -> list[tuple[Any, ...]]:
    return duckdb.execute(
        'select kind, topic, event_id, "commit" from '
        "read_parquet(?, hive_partitioning = true, union_by_name = true)",
        [f"{lake.path}/kind=*/**/*.parquet"],
    ).fetchall()


def ask_delta_scan(lake: Lake, sql: str) -> list[tuple[Any, ...]]:
    extension = pytest.importorskip("duckdb_extension_delta")
    (binary,) = Path(extension.__file__).parent.rglob("*.duckdb_extension")
    with duckdb.connect() as connection:
        connection.load_extension(str(binary))
        return connection.execute(sql, [str(lake.path)]).fetchall()


READERS = [by_deltalake, by_polars, by_duckdb, by_glob]


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_reads_the_same(long_lake: Lake, reader: Any) -> None:
    """All 1,200 events are there once, by kind and topic, in whatever reads the lake."""
    rows = reader(long_lake)
    kinds = Counter(row[0] for row in rows)
    commits = kinds.pop("commit")
    assert commits == long_lake.table().version() - 1
    assert kinds == {"story": 800, "duplicate": 200, "dead_letter": 200}
    assert len({row[2] for row in rows if row[0] != "commit"}) == 1200
    topics = Counter(row[1] for row in rows if row[0] == "story")
    assert topics == dict.fromkeys(TOPICS, 160)


@pytest.mark.parametrize(
    "count",
    [
        lambda lake: len(
            [r for r in by_deltalake(lake) if r[0] == "story" and r[1] not in (None, "other")]
        ),
        lambda lake: (
            pl.scan_delta(lake.path)
            .filter((pl.col("kind") == "story") & (pl.col("topic") != "other"))
            .select(pl.len())
            .collect()
            .item()
        ),
        lambda lake: ask_delta_scan(
            lake, "select count(*) from delta_scan(?) where kind = 'story' and topic != 'other'"
        )[0][0],
        lambda lake: (
            lake.table()
            .to_pyarrow_dataset()
            .filter((pc.field("kind") == "story") & (pc.field("topic") != "other"))
            .count_rows()
        ),
    ],
)
def test_topic_is_not_other(long_lake: Lake, count: Any) -> None:
    """`!=` on a partition that may be null (duckdb-delta#304): three topics of five."""
    assert count(long_lake) == 480


def test_a_published_day_skips_files(lake: Lake) -> None:
    """The log's statistics leave a reader only the files that can hold the day asked for."""
    writer = new_writer(lake)
    for number in range(4):
        published = {"published_at": NOON - number * DAY}
        writer.commit([sketched([event | published for event in events(number, number + 1)])])
    rows = lake.table().to_pyarrow_dataset()
    stories = pc.field("kind") == "story"
    day = stories & (pc.field("published_at") >= datetime(2026, 11, 24, tzinfo=UTC))
    assert len(list(rows.get_fragments(filter=stories))) == 4
    assert len(list(rows.get_fragments(filter=day))) == 1


def test_the_writer_bounds_the_live_files(long_lake: Lake) -> None:
    """However many commits there are, a partition has a dozen or two of files of each size."""
    partitions = Counter(str(Path(path).parent) for path in live(long_lake))
    assert max(partitions.values()) <= 2 * compact.FANOUT
