"""Answers people's SQL over the views `stories`, `duplicates`, `dead_letters` and `commits`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.lake.errors import LakeError
from pipelines.lake.reader import VIEWS, Reader

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, Statement

_BATCH_ROWS = 10_000


class QueryRefused(LakeError):
    """The SQL is wrong, or would do more than read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found: read it once, as rows or as batches, before the reader is closed."""

    columns: list[str]  # each name once: a repeated one gets a number, `n`, `n_1`
    source: "pa.RecordBatchReader"

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows as Python values, in the query's order; raises as `batches`."""
        for batch in self.batches():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def schema(self) -> "pa.Schema":
        """The columns with their exact types."""
        import pyarrow as pa

        fields = zip(self.columns, self.source.schema, strict=True)
        return pa.schema([field.with_name(name) for name, field in fields])

    def batches(self) -> "Iterator[pa.RecordBatch]":
        """The rows as Arrow, of this `schema`.

        Raises:
            QueryRefused: DuckDB gave up half-way, at a cast for instance.
        """
        import pyarrow as pa

        schema = self.schema()
        try:
            for batch in self.source:
                yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
        except (pa.ArrowException, OSError) as error:
            raise QueryRefused(_sentence(error)) from error


def query(lake: Reader, sql: str) -> Answer:
    """Run one statement that reads; DuckDB's dialect, times in UTC.

    Raises:
        QueryRefused: the statement is wrong, there is more than one, or it would write.
    """
    import duckdb

    try:
        for statement in _reading(lake.connection, sql):
            lake.connection.execute(statement)
        source = lake.connection.to_arrow_reader(_BATCH_ROWS)
    except duckdb.Error as error:
        raise QueryRefused(_sentence(error)) from error
    return Answer(_each_once(source.schema.names), source)


def _reading(connection: "DuckDBPyConnection", sql: str) -> "list[Statement]":
    import duckdb

    statements = connection.extract_statements(sql)
    if not statements:
        raise QueryRefused("there is no SQL in the query; try `select count(*) from stories`")
    types = [statement.type for statement in statements]
    if types[-1] == duckdb.StatementType.EXPLAIN:
        _reading(connection, re.sub(r"(?i)^\s*explain\s+(analyze\s+)?", "", statements[-1].query))
        types[-1] = duckdb.StatementType.SELECT
    # `pivot` without a list of values turns into a statement without text of its own and a select.
    pivot = [s for s in statements[:-1] if s.query == ""]
    if len(statements) - len(pivot) != 1:
        raise QueryRefused("the query holds several statements; ask one at a time")
    if types[-1] != duckdb.StatementType.SELECT:
        raise QueryRefused(
            f"a query only reads, and this is {types[-1].name}; --csv, --parquet and --json write "
            "what it answers"
        )
    return statements


def _each_once(names: list[str]) -> list[str]:
    given: list[str] = []
    for name in names:
        spellings = (name, *(f"{name}_{number}" for number in range(1, len(names))))
        given.append(next(spelling for spelling in spellings if spelling not in given))
    return given


def _sentence(error: Exception) -> str:
    """DuckDB's message in one line, without its picture of the query."""
    message = re.split(r"\n+LINE \d+:", str(error), maxsplit=1)[0]
    sentence = " ".join(message.split()).rstrip(".!")
    if "Catalog Error: Table" in sentence:
        sentence += f" (the views are {', '.join(VIEWS)}; `lake` is all of them)"
    if "IO Error" in sentence:
        sentence += " (`newsbeam audit` says which of the lake's files are wrong)"
    return f"the query failed: {sentence}"
