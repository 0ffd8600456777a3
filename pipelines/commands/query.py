"""`newsbeam query`: SQL over the lake."""

import csv
import itertools
import sys
from pathlib import Path

import click

from pipelines.commands.options import json_option, lake_option
from pipelines.lake.query import Answer, query
from pipelines.lake.reader import read_lake
from pipelines.terminal import plain, print_json, print_table

_TABLE_ROWS = 1_000  # of a table for people; the other formats give every row


@click.command()
@click.argument("sql")
@lake_option
@click.option("--at", type=int, metavar="VERSION", help="Ask the lake as that commit left it.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with a header.")
@click.option(
    "--parquet",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a Parquet file, with the exact types.",
)
def command(
    sql: str, lake: Path, at: int | None, as_json: bool, as_csv: bool, parquet: Path | None
) -> None:
    """Ask the lake in SQL.

    The views are stories, duplicates, dead_letters and commits; every join between the first two
    is `using (story_id)`. The dialect is DuckDB's, times are UTC, and nothing is ever changed.

    \b
      newsbeam query "select topic, count(*) from stories group by 1" --lake lake
      newsbeam query "describe stories" --lake lake

    What was repeated most:

    \b
      newsbeam query --lake lake "
        select s.title, count(*) as repeats
        from stories s join duplicates d using (story_id)
        group by all order by repeats desc limit 10"

    For other programs, and as the lake was at an earlier commit:

    \b
      newsbeam query "from dead_letters" --lake lake --json | jq .rows[0]
      newsbeam query "from stories" --lake lake --parquet stories.parquet
      newsbeam query "select count(*) from stories" --lake lake --at 12
    """
    if as_json + as_csv + (parquet is not None) > 1:
        raise click.UsageError("--json, --csv and --parquet exclude one another")
    with read_lake(lake, at) as reader:
        answer = query(reader, sql)
        if parquet:
            _write_parquet(answer, parquet)
        elif as_csv:
            _print_csv(answer)
        elif as_json:
            rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows()]
            print_json({"version": reader.version, "columns": answer.columns, "rows": rows})
        else:
            _print_table(answer)


def _print_table(answer: Answer) -> None:
    rows = list(itertools.islice(answer.rows(), _TABLE_ROWS + 1))
    print_table(answer.columns, rows[:_TABLE_ROWS])
    if len(rows) > _TABLE_ROWS:
        click.echo(f"There are more than {_TABLE_ROWS:,} rows: --csv prints all of them.", err=True)


def _print_csv(answer: Answer) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    for row in answer.rows():
        writer.writerow(map(plain, row))


def _write_parquet(answer: Answer, file: Path) -> None:
    import pyarrow.parquet as pq

    schema = answer.schema()
    try:
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for batch in answer.batches():
                writer.write_batch(batch)
    except OSError as why:
        raise click.ClickException(f"{file} cannot be written: {why.strerror or why}") from why
