"""Past one machine: what docs/capacity.md shows of two lakes and a view over both."""

import re
import shlex

import duckdb
import pytest
from click.testing import CliRunner

from benchmarks.speed import capacity
from pipelines.commands import newsbeam
from pipelines.lake import reader

PAGE = capacity.PAGE.read_text("utf-8")
VIEW, SUMS, BORDER = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A connection that has read the page's view, over the lakes that the page's commands made."""
    extension = reader._delta_extension()
    if extension is None:
        pytest.skip("the package duckdb-extension-delta is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("two"))
        for line in re.findall(r"^\$ newsbeam (.*)$", PAGE, re.MULTILINE):
            done = CliRunner().invoke(newsbeam, shlex.split(line))
            assert done.exit_code == 0, done.output
        with duckdb.connect() as connection:
            connection.execute(f"load '{extension}'")
            view, read = VIEW.rstrip().split("\n.read ")
            connection.execute(view)
            connection.execute((capacity.PAGE.parents[1] / read).read_text("utf-8"))
            yield connection


def counted(both, sql):
    """What one number of the views is."""
    return both.execute(sql).fetchone()[0]


def test_the_page_is_what_its_figures_make_it():
    """Nobody edits the page by hand, and no figure is renewed without it."""
    assert capacity.page(capacity.figures()) == PAGE


def test_the_views_are_of_both_lakes(both):
    """Every event that the two runs received is in the views once."""
    rows = "from stories union all by name from duplicates union all by name from dead_letters"
    assert counted(both, "select sum(received) from commits") == 4_400
    assert counted(both, f"select count(*) from ({rows})") + counted(
        both, "select sum(redelivered) from commits"
    ) == counted(both, "select sum(received) from commits")


def test_what_the_page_asks_is_answered(both):
    """Topics of both, rows a region, and a balance that holds."""
    topics, kinds, balanced = (both.execute(sql).fetchall() for sql in SUMS.split(";")[:3])
    assert {"politics", "sports"} <= {topic for topic, _ in topics}
    assert {region for region, _, _ in kinds} == {"america", "europe"}
    assert balanced == [(True,)]


def test_a_story_is_joined_to_its_duplicates_in_its_own_lake(both):
    """Ids of one lake name no row of another."""
    joined = "from stories join duplicates using (story_id)"
    assert counted(both, f"select count(*) {joined}") == counted(
        both, "select count(*) from duplicates"
    )
    assert counted(both, "select count(*) - count(distinct story_id) from stories") == 0


def test_one_region_opens_no_file_of_another(both):
    """The region is a constant of each half, so that a filter on it leaves the other half out."""
    plan = both.execute("explain select * from lake where region = 'europe'").fetchone()[1]
    assert plan.count("DELTA_SCAN") == 1


def test_a_story_that_crossed_the_border_is_found(both):
    """The page's last question finds the agency's stories, by their URLs, and no others."""
    found = {url for url, _, lakes in both.execute(BORDER).fetchall() if lakes == 2}
    agency = both.execute(
        "select distinct url_key from lake where kind = 'story' and url_key is not null "
        "and event_id like '%/agency/%'"
    ).fetchall()
    assert len(found) > 100
    assert found == {url for (url,) in agency}
