"""The lake's data files: writing a commit's new ones, and what the log says of the live ones.

A file holds rows of one kind, day of arrival and topic, sorted by `published_at` (unknown last) and
then by `ordinal`, and only its own kind's columns. Its path is Hive-style and complete, since
Polars takes a row's partition from the path alone.
"""

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from pipelines.lake import disk
from pipelines.lake.errors import Damaged, writing
from pipelines.lake.properties import STATISTICS
from schemas.tables import LAKE, PARTITIONS


class LiveFile(NamedTuple):
    """A file that some version of the lake consists of, as its log describes it."""

    path: str  # relative to the lake
    size: int  # bytes
    rows: int
    kind: str
    arrived_date: date
    topic: str | None
    commits: tuple[int, int]  # the first and the last
    ordinals: tuple[int, int] | None  # the first and the last; None for commit rows

    @property
    def partition(self) -> dict[str, str | None]:
        """Its partition values, as the log spells them."""
        return {"kind": self.kind, "arrived_date": str(self.arrived_date), "topic": self.topic}


class NewFiles:
    """The files of one commit, from when they are written to when an entry of the log names them.

    They are named `<version>-<uuid>.parquet`; the version is the one they hope to become.
    """

    def __init__(self, root: Path, version: int) -> None:
        self.version = version
        self.commit_id = uuid.uuid4().hex
        self.adds: list[AddAction] = []
        self._root = root
        self._folders: set[Path] = set()

    def write(self, kind: str, rows: pa.Table, new_data: bool = True) -> None:
        """Write rows of one kind, in as many files as they have days of arrival and topics.

        `rows` has the kind's columns without `kind`, and `arrived_date` for commit rows only (other
        rows' day follows from `arrived_at`). `new_data` is false where the rows were in the lake
        before, in other files.

        Raises:
            Unwritable: and no file is left.
        """
        try:
            with writing(self._root):
                for day, topic, part in _partitions(rows):
                    self._write_one(kind, day, topic, part, new_data)
        except BaseException:
            self.discard()
            raise

    def sync(self) -> None:
        """Bring the files, their folders' names and their own names to the disk."""
        with writing(self._root):
            disk.sync_all([self._root / add.path for add in self.adds])
            disk.sync_all(self._folders)

    def discard(self) -> None:
        """Delete the files. Only for a commit whose entry is known not to be in the log."""
        disk.remove(self._root / add.path for add in self.adds)

    def _write_one(
        self, kind: str, day: date, topic: str | None, rows: pa.Table, new_data: bool
    ) -> None:
        values = {"kind": kind, "arrived_date": str(day), "topic": topic}
        folder = "/".join(f"{name}={value or _NULL}" for name, value in values.items())
        path = f"{folder}/{self.version}-{uuid.uuid4().hex}.parquet"
        self._folders.update(disk.make_folders(self._root / folder, self._root))
        self._folders.add(self._root / folder)
        # Named before it is there, so that a half-written one is discarded too.
        self.adds.append(
            AddAction(path, 0, values, int(time.time() * 1000), new_data, _statistics(rows))
        )
        _write_parquet(rows, self._root / path)
        self.adds[-1].size = (self._root / path).stat().st_size


def live_files(table: DeltaTable) -> list[LiveFile]:
    """Every file of the handle's version, in the order of their first commit."""
    adds = pa.table(table.get_add_actions(flatten=True))
    if not len(adds):
        return []
    names = ["path", "size_bytes", "num_records", *(f"partition.{name}" for name in PARTITIONS)]
    bounds = [f"{end}.{name}" for name in ("commit", "ordinal") for end in ("min", "max")]
    columns = (adds.column(name).to_pylist() for name in names + bounds)
    files = [
        LiveFile(*known, (c0, c1), None if o0 is None else (o0, o1))
        for *known, c0, c1, o0, o1 in zip(*columns, strict=True)
    ]
    return sorted(files, key=lambda file: (file.commits, file.path))


def read(
    root: Path,
    files: Sequence[LiveFile],
    columns: Sequence[str] | None = None,
    filter: pc.Expression | None = None,
) -> pa.Table:
    """Those files' rows: every column of the lake or those named, null where a file lacks it.

    Raises:
        Damaged: a file is missing or is no Parquet.
    """
    names = list(columns or LAKE.names)
    if not files:
        return LAKE.empty_table().select(names)
    try:
        dataset = ds.dataset(
            [str(root / file.path) for file in files],
            schema=LAKE,
            format="parquet",
            partitioning=ds.partitioning(_PARTITION_SCHEMA, flavor="hive"),
            partition_base_dir=str(root),
        )
        return dataset.to_table(names, filter=filter)
    except (OSError, pa.ArrowInvalid) as why:
        said = str(why).splitlines()[0]
        raise Damaged(f"a file of the lake at {root} cannot be read: {said}") from why


_NULL = "__HIVE_DEFAULT_PARTITION__"
_PARTITION_SCHEMA = pa.schema([LAKE.field(name) for name in PARTITIONS])
_DAY = 86_400_000_000  # µs

# Dictionaries only where values repeat: trying them on text costs more than writing it.
_REPEATING = (
    *("publisher", "site", "section", "language", "language_declared", "topic_codes.list.element"),
    *("relation", "stage", "reason", "action", "versions"),
)
# Nothing to compress: bands are hashes, and numbers are a few bytes a row.
_INCOMPRESSIBLE = {
    *("bands", "commit", "ordinal", "arrived_at", "published_at", "truncated", "topic_confident"),
    *("politics_score", "sports_score", "similarity", "containment"),
}
_ROWS_A_GROUP = 65_536  # the grain at which a query by day skips within a compacted file


def _write_parquet(rows: pa.Table, path: Path) -> None:
    names = [*rows.schema.names, "topic_codes.list.element", "authors.list.element"]
    compressed = [name for name in names if name not in _INCOMPRESSIBLE]
    pq.write_table(
        rows,
        path,
        compression=dict.fromkeys(compressed, "ZSTD"),
        compression_level=dict.fromkeys(compressed, 1),
        use_dictionary=list(_REPEATING),
        write_statistics=list(STATISTICS),
        row_group_size=_ROWS_A_GROUP,
        store_schema=False,
    )


def _partitions(rows: pa.Table) -> Iterator[tuple[date, str | None, pa.Table]]:
    """The rows of each day of arrival and topic, sorted, without those two columns."""
    days = _days(rows)
    topics = _topics(rows)
    codes = topics.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    order = np.lexsort((*_sort_keys(rows), codes, days))
    days, codes = days[order], codes[order]
    sorted_rows = rows.drop_columns([n for n in PARTITIONS if n in rows.schema.names]).take(order)
    starts = np.flatnonzero(np.diff(days, prepend=days[0] - 1) | np.diff(codes, prepend=-2))
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        code = codes[start]
        topic = None if code < 0 else topics.dictionary[int(code)].as_py()
        day = date(1970, 1, 1) + timedelta(days=int(days[start]))
        yield day, topic, sorted_rows.slice(start, end - start)


def _topics(rows: pa.Table) -> pa.DictionaryArray:
    if "topic" in rows.schema.names:
        return rows.column("topic").combine_chunks().dictionary_encode()
    return pa.nulls(len(rows), pa.string()).dictionary_encode()


def _days(rows: pa.Table) -> np.ndarray:
    if "arrived_date" in rows.schema.names:
        return rows.column("arrived_date").cast(pa.int32()).to_numpy().astype(np.int64)
    return rows.column("arrived_at").cast(pa.int64()).to_numpy() // _DAY


def _sort_keys(rows: pa.Table) -> list[np.ndarray]:
    """What rows of one file are sorted by, the most telling last, as `np.lexsort` wants it."""
    place = "ordinal" if "ordinal" in rows.schema.names else "commit"
    keys = [rows.column(place).to_numpy()]
    if "published_at" in rows.schema.names:
        published = rows.column("published_at").cast(pa.int64())
        keys.append(published.fill_null(np.iinfo(np.int64).max).to_numpy())
    return keys


def _statistics(rows: pa.Table) -> str:
    """A file's statistics as its add action holds them (Delta protocol, per-file statistics)."""
    smallest, largest, nulls = {}, {}, {}
    for name in STATISTICS:
        if name not in rows.schema.names:
            continue
        column = rows.column(name)
        nulls[name] = column.null_count
        ends = pc.min_max(column)
        if ends["min"].is_valid:
            smallest[name] = _bound(ends["min"], up=False)
            largest[name] = _bound(ends["max"], up=True)
    return json.dumps(
        {
            "numRecords": len(rows),
            "minValues": smallest,
            "maxValues": largest,
            "nullCount": nulls,
        }
    )


def _bound(value: pa.Scalar, up: bool) -> int | str:
    """A bound as JSON. Times have milliseconds there, so that the upper one is rounded up."""
    if not pa.types.is_timestamp(value.type):
        return value.as_py()
    milliseconds = -(-value.value // 1000) if up else value.value // 1000
    return f"{np.datetime64(milliseconds, 'ms')}Z"
