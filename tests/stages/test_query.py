"""Asking a lake in SQL: the views, one version, nothing but reading."""

import csv
import io
import json
import re
import shutil

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from pipelines.commands.query import command
from pipelines.lake.errors import Damaged, LakeError, NotALake
from pipelines.lake.query import QueryRefused, query
from pipelines.lake.reader import VIEWS, read_lake
from schemas.tables import SCHEMAS


def ask(lake, sql, **options):
    """All rows of one query."""
    with read_lake(lake.path, **options) as reader:
        return list(query(reader, sql).rows())


def run(*arguments):
    """The command's result, run in this process."""
    return CliRunner().invoke(command, list(map(str, arguments)))


@pytest.fixture(scope="module")
def filled(shared_lake):
    """Two commits: sports, other and untagged stories, one duplicate, two dead letters."""
    shared_lake.commit(
        stories=[{"topic": "sports"}, {"topic": "other"}, {"topic": None}],
        dead_letters=[{"payload": b"\xff\x00{"}],
    )
    shared_lake.commit(
        stories=[{"topic": "sports", "title": "Extra time"}],
        duplicates=[{"topic": "sports", "story_id": "events.jsonl@1:00000001"}],
        dead_letters=[{"reason": "NotAnObject"}],
    )
    return shared_lake


@pytest.fixture(scope="module")
def reader(filled):
    """It, opened."""
    with read_lake(filled.path) as reader:
        yield reader


@pytest.fixture
def own(filled, tmp_path):
    """A copy of it, to change."""
    return filled.copy(tmp_path / "own")


def test_each_view_has_its_kinds_own_columns_in_the_documented_order(small_lake):
    """An empty lake answers 0 with every documented column but `kind` and the index's `bands`."""
    with read_lake(small_lake.path) as reader:
        for view, kind in zip(VIEWS, SCHEMAS, strict=True):
            answer = query(reader, f"from {view}")
            expected = [name for name in SCHEMAS[kind].names if name not in ("kind", "bands")]
            assert answer.columns == expected
            assert list(answer.rows()) == []
            types = {f.name: f.type for f in SCHEMAS[kind]}
            assert all(field.type == types[field.name] for field in answer.schema())


def test_views_count_their_own_kind(reader):
    """Every view is countable without a footnote."""
    counts = [list(query(reader, f"select count(*) from {view}").rows()) for view in VIEWS]
    assert counts == [[(4,)], [(1,)], [(2,)], [(2,)]]


def test_a_story_without_topic_is_null_and_survives_a_filter(reader):
    """The null partition reads as null, and `!=` means what SQL says."""
    by_topic = "select topic, count(*) from stories group by 1 order by 1 nulls last"
    unlike = "select count(*) from stories where topic != 'other'"
    assert list(query(reader, by_topic).rows()) == [("other", 1), ("sports", 2), (None, 1)]
    assert list(query(reader, unlike).rows()) == [(2,)]


def test_time_travel_answers_as_the_commit_left_it(own):
    """`at` pins a version, and a commit made meanwhile does not show."""
    count = "select count(*) from stories"
    with read_lake(own.path) as reader:
        own.commit(stories=[{}])
        assert list(query(reader, count).rows()) == [(4,)]
    answers = [ask(own, count, at=version) for version in (1, 2, 3, 4)]
    assert answers == [[(0,)], [(3,)], [(4,)], [(5,)]]


def test_delta_scan_answers_as_the_list_of_files_does(filled):
    """Whichever way DuckDB reads the lake, columns, types, nulls and versions are the same."""
    pytest.importorskip("duckdb_extension_delta", reason="nothing to compare with")
    questions = [
        *(f"describe {view}" for view in VIEWS),
        "from stories order by ordinal",
        "from duplicates",
        "from dead_letters order by ordinal",
        "from commits order by all",
        "select count(*) from stories where topic != 'other'",
        "select topic, count(*) from lake group by 1 order by 1",
    ]
    for at in (2, 3):
        with (
            read_lake(filled.path, at, through="files") as files,
            read_lake(filled.path, at, through="delta_scan") as scan,
        ):
            for sql in questions:
                assert list(query(files, sql).rows()) == list(query(scan, sql).rows()), sql


def test_a_version_that_is_not_there_is_refused(filled):
    """The sentence says which versions there are."""
    with pytest.raises(NotALake, match="versions 0 to 3, and no 7"):
        read_lake(filled.path, at=7)


def test_a_folder_without_a_lake_is_refused(tmp_path):
    """The sentence names the place."""
    with pytest.raises(NotALake, match=re.escape(str(tmp_path / "nowhere"))):
        read_lake(tmp_path / "nowhere")
    with pytest.raises(NotALake, match="no lake"):
        read_lake(tmp_path)


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("select 1; select 2", "several statements"),
        ("", "no SQL"),
        ("-- nothing", "no SQL"),
        ("copy (select 1) to 'out.csv'", "only reads"),
        ("copy stories to '{lake}/out.parquet'", "only reads"),  # the one folder DuckDB may open
        ("explain analyze copy stories to '{lake}/out.parquet'", "only reads"),
        ("create table t as select 1", "only reads"),
        ("attach '{lake}/x.db'", "only reads"),
        ("set threads = 1", "only reads"),
        ("create table t as select 1; select 1", "several statements"),
        ("from read_text('/etc/hostname')", "disabled by configuration"),
        ("from '/etc/hostname.csv'", "the query failed"),
        ("select nonsense from stories", '"nonsense" not found'),
        ("from storys", r"the views are stories, duplicates"),
        ("selec 1", "syntax error"),
        ("select title::int from stories", "Could not convert string"),
    ],
)
def test_what_does_not_read_the_lake_is_refused_in_one_sentence(filled, reader, sql, sentence):
    """Wrong, writing, many, or looking elsewhere: one line, no picture, no file."""
    before = sorted(filled.path.rglob("*"))
    with pytest.raises(QueryRefused, match=sentence) as refusal:
        list(query(reader, sql.format(lake=str(filled.path).replace("'", "''"))).rows())
    assert "\n" not in str(refusal.value)
    assert sorted(filled.path.rglob("*")) == before


@pytest.mark.parametrize(
    "sql",
    [
        "values (1)",
        "with a as (from stories) select count(*) from a",
        "describe stories",
        "summarize stories",
        "show tables",
        "explain select 1",
        "pivot stories on topic using count(*)",  # DuckDB makes two statements of it
        "select count(*) from stories;",
    ],
)
def test_every_statement_that_reads_is_answered(reader, sql):
    """DuckDB's forms of asking are all there."""
    assert list(query(reader, sql).rows())


def test_a_missing_file_is_a_sentence_that_names_audit(own):
    """A damaged lake fails loudly, when opened and when a file goes while it is read."""
    with read_lake(own.path) as reader:
        own.files("story")[0].unlink()
        with pytest.raises(QueryRefused, match="newsbeam audit"):
            list(query(reader, "select max(title) from stories").rows())
        with pytest.raises(Damaged, match="newsbeam audit"):
            reader.rows("select max(title) from stories")
    with pytest.raises(Damaged, match="newsbeam audit"):
        read_lake(own.path)


def test_a_lake_of_another_format_is_refused(own):
    """The check of the log's own reader holds for queries."""
    entry = own.path / "_delta_log" / f"{1:020}.json"
    entry.write_text(entry.read_text().replace('newsbeam.format":"1"', 'newsbeam.format":"9"'))
    with pytest.raises(LakeError, match="format 9"):
        read_lake(own.path)


def test_json_is_one_object_with_columns_and_rows(filled):
    """Times are ISO, bytes escaped text, repeated names numbered, NaN null."""
    sql = "select arrived_at, payload, 1 as n, 'nan'::float as n from dead_letters order by ordinal"
    result = run(sql, "--lake", filled.path, "--json")
    answer = json.loads(result.stdout)
    assert answer["version"] == 3
    assert answer["columns"] == ["arrived_at", "payload", "n", "n_1"]
    first = {"arrived_at": "2026-11-24T12:00:00Z", "payload": "\\xff\x00{", "n": 1, "n_1": None}
    assert answer["rows"][0] == first


def test_csv_has_a_header_and_every_row(filled):
    """Nested values and times are text that CSV readers take."""
    sql = "select title, arrived_at from stories order by ordinal"
    result = run(sql, "--lake", filled.path, "--csv")
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert rows[0] == ["title", "arrived_at"]
    assert rows[4] == ["Extra time", "2026-11-24T12:00:00Z"]


def test_parquet_keeps_the_exact_types(filled, tmp_path):
    """What was asked comes back from the file, typed as in the lake."""
    out = tmp_path / "out.parquet"
    result = run("from stories", "--lake", filled.path, "--parquet", out)
    assert result.exit_code == 0
    table = pq.read_table(out)
    assert table.num_rows == 4
    assert table.schema.field("published_at").type == SCHEMAS["story"].field("published_at").type


def test_two_formats_at_once_are_a_usage_error(filled):
    """Exit 2, and nothing is written."""
    result = run("select 1", "--lake", filled.path, "--json", "--csv")
    assert result.exit_code == 2
    assert "exclude one another" in result.stderr


def test_a_table_is_aligned_and_harmless(own):
    """Piped, columns stand below one another, and no event's bytes reach the terminal raw."""
    own.commit(stories=[{"title": "Bad \x1b]0;owned\x07 \u202enews [bold]x"}])
    result = run("select title, ordinal from stories order by ordinal", "--lake", own.path)
    lines = result.stdout.splitlines()
    assert len({line.rindex(" ") for line in lines[1:]}) == 1
    assert lines[-1].startswith(r"Bad \x1b]0;owned\x07 \u202enews [bold]x")


def test_a_moved_lake_reads_the_same(own, tmp_path):
    """Nothing in the log depends on where the lake is."""
    shutil.move(own.path, tmp_path / "moved")
    with read_lake(tmp_path / "moved") as reader:
        assert reader.rows("select count(*) from stories") == [(4,)]
