"""Readers and compactions at work all the time: who reads sees a commit's rows, and no others."""

import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Callable

import duckdb
import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from deltalake import DeltaTable

from tests.real.faults import EVERY_RUNNER_AND_FORM, Publisher, hooked
from tests.real.running import ROOT, until
from tests.real.streamed import Streamed

pytestmark = EVERY_RUNNER_AND_FORM

OFTEN = {"pipelines.lake.writer:COMMITS_A_COMPACTION": 2, "pipelines.lake.compact:FANOUT": 2}
Count = tuple[int, int]  # a version, and its events' rows


def test_readers_see_whole_commits_while_files_are_merged(streamed: Streamed, long: bool) -> None:
    """deltalake, DuckDB and `newsbeam query` count what the commits up to their version say."""
    count, rate = (60_000, 300) if long else (5_000, 250)
    running = streamed.start("--window-seconds", "0.3", environment=hooked(set=OFTEN))
    with Publisher(streamed, rate, count) as publisher:
        until(lambda: streamed.version >= 2, "the first commit")
        readers = [Reader(read, streamed) for read in (by_deltalake, by_duckdb, by_query)]
        publisher.join()
    streamed.wait_for_acknowledgements()
    seen = {reader.name: reader.stop() for reader in readers}
    running.stop()

    commits = streamed.commits()
    rows = [row["stories"] + row["duplicates"] + row["dead_letters"] for row in commits]
    held = dict(zip((row["commit"] for row in commits), itertools.accumulate(rows), strict=True))
    compactions = sum(row["action"] == "compact" for row in commits)
    print(f"\n{len(commits)} commits, {compactions} of them compactions")
    assert compactions >= 5
    for name, counts in seen.items():
        print(f"{name}: read {len(counts)} times, {len(set(counts))} different counts")
        assert len(set(counts)) >= 3
        assert counts == [(version, held[version]) for version, _ in counts]
        assert counts == sorted(counts)
    streamed.settle()


def by_deltalake(streamed: Streamed) -> Count:
    """The rows of the newest version."""
    table = DeltaTable(streamed.lake)
    events = table.to_pyarrow_table(columns=["ordinal"], filters=[("kind", "!=", "commit")])
    return table.version(), len(events)


def by_duckdb(streamed: Streamed) -> Count:
    """The rows in the files that the newest version names."""
    table = DeltaTable(streamed.lake)
    scan = "from read_parquet(?, hive_partitioning = true, union_by_name = true)"
    sql = f"select count(*) {scan} where kind != 'commit'"
    with duckdb.connect() as connection:
        return table.version(), connection.execute(sql, [table.file_uris()]).fetchall()[0][0]


def by_query(streamed: Streamed) -> Count:
    """What the command says, in a process of its own."""
    sql = "select count(*) as rows from lake where kind != 'commit'"
    words = ["query", sql, "--lake", str(streamed.lake), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.commands", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    answer = json.loads(done.stdout)
    return answer["version"], answer["rows"][0]["rows"]


class Reader:
    """Reads a lake again and again, in a thread."""

    def __init__(self, read: Callable[[Streamed], Count], streamed: Streamed) -> None:
        self.name = read.__name__
        self._read = read
        self._streamed = streamed
        self._counts: list[Count] = []
        self._error: BaseException | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> list[Count]:
        """What it has read, in order; fails if it could not."""
        self._stopped.set()
        self._thread.join()
        if self._error:
            raise self._error
        return self._counts

    def _run(self) -> None:
        try:
            while not self._stopped.wait(0.2):
                self._counts.append(self._read(self._streamed))
        except BaseException as why:
            self._error = why
