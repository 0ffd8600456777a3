"""Each folder under `cases/` goes through the real command, and every kind of row is read back.

`pytest tests/golden --update-golden` rewrites `expected/`; review the diff.
"""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_delta
import polars as pl
import pyarrow as pa
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable

from pipelines.commands import newsbeam
from schemas.tables import KINDS, SCHEMAS

CASES = sorted((Path(__file__).parent / "cases").iterdir())

# What differs from run to run, or says nothing to a reader.
VOLATILE = {"arrived_at", "arrived_date", "first_arrival", "last_arrival", "committed_at"}
VOLATILE |= {"bands", "versions", "politics_score", "sports_score"}

Rows = list[dict[str, Any]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_gives_the_expected_rows(
    case: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The command turns the case's input into exactly the rows under `expected/`."""
    lake = tmp_path / "lake"
    run = CliRunner().invoke(
        newsbeam, ["run", str(case / "input"), "--lake", str(lake), "--base", str(case), "--json"]
    )
    assert run.exit_code == 0, run.output + run.stderr
    audit = CliRunner().invoke(newsbeam, ["audit", "--lake", str(lake)])
    assert audit.exit_code == 0, audit.output
    for kind in KINDS:
        rows = _by_deltalake(lake, kind)
        assert _by_duckdb(lake, kind) == rows
        assert _by_polars(lake, kind) == rows
        file = case / "expected" / f"{kind}.jsonl"
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        text = text.replace(f"{case}/", "")  # dead letters name the file as it was opened
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
        assert text == file.read_text("utf-8"), f"{kind} rows differ"


def _by_deltalake(lake: Path, kind: str) -> Rows:
    table = DeltaTable(lake).to_pyarrow_table(filters=[("kind", "=", kind)])
    return _plain(table, kind)


def _by_duckdb(lake: Path, kind: str) -> Rows:
    extension = next(Path(duckdb_extension_delta.__path__[0]).rglob("*.duckdb_extension"))
    connection = duckdb.connect()
    connection.execute(f"load '{extension}'")
    connection.execute("set timezone = 'UTC'")
    found = connection.execute("from delta_scan(?) where kind = ?", [str(lake), kind])
    return _plain(found.to_arrow_table(), kind)


def _by_polars(lake: Path, kind: str) -> Rows:
    return _plain(
        pl.scan_delta(str(lake)).filter(pl.col("kind") == kind).collect().to_arrow(), kind
    )


def _plain(table: pa.Table, kind: str) -> Rows:
    """The rows in the lake's order, in JSON's types, without what is volatile or empty."""
    columns = [name for name in SCHEMAS[kind].names if name not in VOLATILE]
    rows = table.select(columns).to_pylist()
    rows.sort(key=lambda row: row.get("ordinal", row["commit"]))
    return [
        {name: _json(value) for name, value in row.items() if value is not None} for row in rows
    ]


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        text = value.decode("utf-8", "backslashreplace")
        return text if len(text) < 500 else f"{text[:60]} … {len(value):,} bytes"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, str) and len(value) > 2000:
        return f"{value[:60]} … {len(value):,} characters"
    return value
