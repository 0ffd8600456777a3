"""A query by published day, of the lake and of one Parquet file that was sorted by hand for it.

Thirty days come in order of date, 50,000 events a commit, and are compacted as the writer goes.
NEWSBEAM_BENCH_LONG=1 asks a lake of 1,000,000 stories. Each answer is a process of its own.
"""

import json
import os
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.speed import inputs
from benchmarks.speed.processes import measured
from benchmarks.speed.windows import DAY, ROWS, START, Windows
from pipelines.lake.files import live_files, read
from pipelines.lake.log import open_lake
from pipelines.lake.query import query
from pipelines.lake.reader import read_lake
from pipelines.lake.writer import Writer
from schemas.tables import STORY

NAME = "A query by published day"
STORIES = 1_000_000 if os.environ.get("NEWSBEAM_BENCH_LONG") else 300_000
DAYS = 30
ROUNDS = 5
_COMMIT = 5  # windows
_GROUP = 65_536  # rows of a row group of the file, as of the lake's
_FIRST = START // DAY * DAY - DAYS * DAY


def figures(stories: int = STORIES) -> dict[str, float]:
    """Bytes read and seconds, each to those of the file sorted by hand."""
    folder = inputs.KEPT / f"queries-{os.getpid()}"
    try:
        files = _build(folder / "lake", stories)
        _sort_by_hand(folder)
        asked = [
            {how: measured("queries", how, folder) for how in ("lake", "file", "answer")}
            for _ in range(ROUNDS)
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if len({told["rows"] for each in asked for told in each.values()}) != 1:
        raise SystemExit("the lake and the file do not answer alike")
    seconds = {how: median(each[how]["seconds"] for each in asked) for how in asked[0]}
    read_bytes = {how: median(each[how]["bytes"] for each in asked) for how in asked[0]}
    return {
        "bytes read to those of the sorted file": read_bytes["lake"] / read_bytes["file"],
        "seconds, less 50 ms, to those of the sorted file": (seconds["lake"] - 0.05)
        / seconds["file"],
        "stories held": stories,
        "live files": files,
        "rows of the answer": asked[0]["lake"]["rows"],
        "lake: bytes read": read_bytes["lake"],
        "lake: ms": seconds["lake"] * 1e3,
        "sorted file: bytes read": read_bytes["file"],
        "sorted file: ms": seconds["file"] * 1e3,
        "a file of the answer alone: bytes read": read_bytes["answer"],
        "a file of the answer alone: ms": seconds["answer"] * 1e3,
    }


def ask(how: str, folder: Path) -> dict[str, Any]:
    """One answer: its rows, the bytes read for it, and the seconds from opening on."""
    before, start = _bytes_read(), time.perf_counter()
    if how == "lake":
        with read_lake(folder / "lake") as lake:
            rows = sum(len(batch) for batch in query(lake, _SQL.format("stories")).batches())
    else:
        with duckdb.connect() as connection:
            source = connection.execute(_SQL.format(f"'{folder}/{how}.parquet'"))
            rows = sum(len(batch) for batch in source.to_arrow_reader(10_000))
    return {"rows": rows, "seconds": time.perf_counter() - start, "bytes": _bytes_read() - before}


_ASKED = [datetime.fromtimestamp((_FIRST + day * DAY) / 1e6, UTC) for day in (17, 18)]
_SQL = (
    "select story_id, published_at, url, title, text from {} where topic = 'politics' "
    f"and published_at >= timestamptz '{_ASKED[0]}' and published_at < timestamptz '{_ASKED[1]}'"
)


def _build(path: Path, stories: int) -> int:
    """The lake; how many live files it has at the end."""
    windows = Windows(inputs.sample(16_000))
    writer = Writer(open_lake(path))
    count = stories // ROWS
    for first in range(0, count, _COMMIT):
        numbers = range(first, min(first + _COMMIT, count))
        batches = [
            windows.window(number, repeats=False, published=_FIRST + number * DAYS // count * DAY)
            for number in numbers
        ]
        writer.commit([batch for window in batches for batch in window])
    while writer.compact():
        pass
    return len(live_files(writer.follow()[1]))


def _sort_by_hand(folder: Path) -> None:
    table = open_lake(folder / "lake").table()
    stories = [file for file in live_files(table) if file.kind == "story"]
    names = [name for name in STORY.names if name != "kind"]
    sort = [("topic", "ascending"), ("published_at", "ascending")]
    rows = read(folder / "lake", stories, names).sort_by(sort)
    _write(rows, folder / "file.parquet")
    low, high = (pa.scalar(each, pa.timestamp("us", "UTC")) for each in _ASKED)
    published = rows["published_at"]
    on_the_day = pc.and_(pc.greater_equal(published, low), pc.less(published, high))
    _write(
        rows.filter(pc.and_(on_the_day, pc.equal(rows["topic"], "politics"))),
        folder / "answer.parquet",
    )


def _write(rows: pa.Table, path: Path) -> None:
    pq.write_table(rows, path, compression="ZSTD", compression_level=1, row_group_size=_GROUP)


def _bytes_read() -> int:
    """By this process so far, from files whether they were in memory or not (proc(5), rchar)."""
    said = Path("/proc/self/io").read_text()
    return int(said.split("rchar:")[1].split()[0])


if __name__ == "__main__":
    print(json.dumps(ask(sys.argv[1], Path(sys.argv[2]))))
