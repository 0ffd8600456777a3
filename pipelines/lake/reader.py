"""Opens a lake for reading: one version of it, pinned, behind the views of `views.sql`.

Readers take no locks and see whole commits or nothing: the version is read once from the log, and
every answer comes from the files that version names, whatever a writer appends meanwhile.
"""

import importlib.util
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from pipelines.lake.errors import Damaged, NotALake

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from duckdb import DuckDBPyConnection

VIEWS = ("stories", "duplicates", "dead_letters", "commits")

PREFIX = "newsbeam."  # of the table's properties that are ours


class File(NamedTuple):
    """A file that the pinned version names."""

    path: str  # relative to the lake
    kind: str
    rows: int | None  # as the log has it
    size: int  # bytes
    written_at: int  # ms since 1970


@dataclass(frozen=True, slots=True)
class Reader:
    """A lake at one version. Use it in a `with` statement."""

    path: Path
    version: int
    properties: dict[str, str]  # newsbeam.*, without the prefix
    files: tuple[File, ...]
    connection: "DuckDBPyConnection"

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a statement of ours answers; people's own SQL goes through `lake.query`."""
        return self._run(sql, parameters).fetchall()

    def dicts(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The same, each row by the names of its columns."""
        cursor = self._run(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _run(self, sql: str, parameters: Sequence[Any]) -> "DuckDBPyConnection":
        with _reading(self.path):
            return self.connection.execute(sql, list(parameters))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()


def first_of(sql: str, order: str, most: int) -> str:
    """SQL for the first rows of `sql`, with a last column `total`: how many rows it has in all.

    No `count(*) over ()`: DuckDB 1.5 at times fails at one (duckdb/duckdb#25713).
    """
    return (
        f"with found as materialized ({sql}) "
        f"select *, (select count(*) from found) as total from found order by {order} limit {most}"
    )


def read_lake(
    path: Path,
    at: int | None = None,
    through: Literal["auto", "delta_scan", "files"] = "auto",
    without: Iterable[str] = (),
    memory_limit: str | None = None,
) -> Reader:
    """The lake at its newest version, or at version `at`.

    DuckDB reads the files that the log names, or the whole by `delta_scan` (which skips files by
    the log's statistics) where there are many and the package `duckdb-extension-delta` is
    installed: the answers are the same. `without` names files to leave out, which only the list
    of files can do. The connection reads the lake's folder and nothing else, and its settings are
    locked.

    Raises:
        NotALake: no lake is there, or it has no such version.
        Damaged: its log cannot be read.
    """
    table = _table(path, at)
    files = tuple(_files(table))
    connection = _connection(memory_limit)
    if through == "auto":
        through = "delta_scan" if not without and _delta_scan_pays(path, files) else "files"
    if through == "delta_scan":
        connection.execute(f"load {_quoted(str(_delta_extension()))}")
        scan = f"from delta_scan({_quoted(str(path.resolve()))}, version => {table.version()})"
    else:
        left_out = set(without)
        scan = _scan_of(connection, table, path, [f for f in files if f.path not in left_out])
    with _reading(path):
        connection.execute(f"create view lake as {scan}")
    connection.execute(package_files(__package__).joinpath("views.sql").read_text("utf-8"))
    _lock(connection, path)
    return Reader(path, table.version(), _properties(table), files, connection)


def named_files(path: Path, at: int | None = None) -> tuple[int, tuple[File, ...]]:
    """A version, and the files that it names; raises as `read_lake`."""
    table = _table(path, at)
    return table.version(), tuple(_files(table))


# Loading the extension takes a fifth of a second, opening a file 0.2 ms.
_MANY_FILES = 1_000


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns what DuckDB says against the lake's files into `Damaged`."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise Damaged(
            f"the lake at {path} cannot be read: {_first_line(error)}; "
            f"`newsbeam audit --lake {path}` says which files are wrong"
        ) from error


def _table(path: Path, at: int | None) -> "DeltaTable":
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    from pipelines.lake import log

    if not path.is_dir():
        raise NotALake(f"there is no lake at {path}; `newsbeam run INPUT --lake {path}` makes one")
    newest = log.find_lake(path).table()
    if at is None or at == newest.version():
        return newest
    if not 0 <= at <= newest.version():
        raise NotALake(f"the lake at {path} has versions 0 to {newest.version()}, and no {at}")
    try:
        return DeltaTable(path, version=at)
    except (DeltaError, OSError) as why:
        # Entries expire, and so do the files that only they name.
        raise Damaged(
            f"version {at} of the lake at {path} cannot be read any more: {_first_line(why)}"
        ) from why


def _properties(table: "DeltaTable") -> dict[str, str]:
    configuration = table.metadata().configuration
    return {
        name.removeprefix(PREFIX): value
        for name, value in sorted(configuration.items())
        if name.startswith(PREFIX)
    }


def _files(table: "DeltaTable") -> Iterable[File]:
    adds = table.get_add_actions(flatten=True)
    names = ("path", "partition.kind", "num_records", "size_bytes", "modification_time")
    return map(File, *(_column(adds, name) for name in names))


def _column(adds: Any, name: str) -> list[Any]:
    # A lake without files has actions without these columns.
    return adds[name].to_pylist() if name in adds.schema.names else [None] * adds.num_rows


def _connection(memory_limit: str | None) -> "DuckDBPyConnection":
    import duckdb

    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_unsigned_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": str(Path(tempfile.gettempdir()) / "newsbeam-duckdb"),
        }
    )
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set parquet_metadata_cache = true")  # files never change once written
    if memory_limit:
        connection.execute(f"set memory_limit = {_quoted(memory_limit)}")
    return connection


def _delta_scan_pays(path: Path, files: Sequence[File]) -> bool:
    # The extension of DuckDB 1.5.5 takes a path with a percent sign for a format string.
    return len(files) >= _MANY_FILES and "%" not in str(path.resolve()) and bool(_delta_extension())


def _delta_extension() -> Path | None:
    """The extension's file, where the package is installed and fits this DuckDB."""
    import duckdb

    found = importlib.util.find_spec("duckdb_extension_delta")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "extensions" / f"v{duckdb.__version__}"
    file = folder / "delta.duckdb_extension"
    return file if file.is_file() else None


def _scan_of(
    connection: "DuckDBPyConnection", table: "DeltaTable", path: Path, files: list[File]
) -> str:
    """SQL that reads those files; a column that a file lacks is null, as Delta has it.

    One branch a kind, because a file holds only its kind's columns, and a filter on `kind` then
    leaves the other kinds' files closed.
    """
    import pyarrow as pa

    schema = pa.schema(table.schema().to_arrow())
    connection.from_arrow(schema.empty_table()).create("no_rows")
    branches = ["from no_rows"]
    for kind in sorted({file.kind for file in files}):
        of_kind = [_quoted(str(path.resolve() / f.path)) for f in files if f.kind == kind]
        branches.append(
            f"from read_parquet([{', '.join(of_kind)}], union_by_name = true, "
            "hive_partitioning = true, "
            "hive_types = {'kind': varchar, 'arrived_date': date, 'topic': varchar})"
        )
    return " union all by name ".join(branches)


def _lock(connection: "DuckDBPyConnection", path: Path) -> None:
    folder = _quoted(str(path.resolve()) + "/")
    connection.execute(f"set allowed_directories = [{folder}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
