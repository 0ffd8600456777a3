"""The page for people: what is on it, and that nothing from an event gets out of hand."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from pipelines.commands.report import command
from pipelines.lake.reader import read_lake
from pipelines.report.chart import draw_stories
from pipelines.report.figures import Bar, Calendar, figures
from pipelines.report.page import report

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
EVIL = "</script></style><script>alert(1)</script><img src=//x.example/y onerror=alert(2)>\u202e"
VOID = {"meta", "br"}


class Page(HTMLParser):
    """What a browser would make of the page: elements, their attributes, the text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.attributes, self.words, self.open = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        """The page's text, spaces folded."""
        return " ".join(" ".join(self.words).split())


def page_of(lake):
    """The page on the lake's newest version."""
    with read_lake(lake.path) as reader:
        return report(reader)


@pytest.fixture(scope="module")
def evil(shared_lake):
    """A lake whose every text tries to leave its place."""
    bad = {"title": f"The end {EVIL}", "text": f"One {EVIL} two", "publisher": EVIL, "site": EVIL}
    bad |= {"event_id": f"e@1{EVIL}", "story_id": f"e@1{EVIL}", "language": EVIL}
    again = bad | {"event_id": f"f@2{EVIL}", "title": f"The start {EVIL}"}
    shared_lake.commit(
        stories=[bad, {"event_id": "<b>&amp;"}],
        duplicates=[again | {"relation": "near", "similarity": 0.5, "containment": 0.61}],
        dead_letters=[
            {
                "event_id": EVIL,
                "reason": EVIL,
                "detail": EVIL,
                "payload": EVIL.encode() + b"\xff\0",
            },
            {"reason": "NotJson", "payload": b"{" * 1_000},
        ],
    )
    return shared_lake


@pytest.fixture(scope="module")
def html(evil):
    """Its page."""
    return page_of(evil)


@pytest.fixture(scope="module")
def page(html):
    """Its page, as a browser sees it."""
    return Page(html)


def test_nothing_of_an_event_becomes_an_element(page):
    """Only our own elements stand on the page, none of them runs, and all are closed."""
    assert not {"script", "img", "iframe", "object", "link", "base", "form", "b"} & {*page.elements}
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    assert page.open == []
    assert "<script>alert(1)</script>" in page.text  # as text it may stand there


def test_the_page_refers_to_nothing_outside_itself(page, html):
    """No script, style, picture or link is fetched, and the browser is told to refuse all."""
    referring = {"src", "href", "xlink:href", "action", "data", "srcset", "poster"}
    assert [
        (n, v) for n, v in page.attributes if n in referring and not (v or "").startswith("#")
    ] == []
    css = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    assert "url(" not in css
    assert "@import" not in css
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


def test_direction_and_control_characters_are_shown_not_obeyed(page):
    """A right-to-left override would turn the page around."""
    assert "\u202e" not in page.text
    assert r"\u202e" in page.text
    assert r"\xff\x00" in page.text


def test_dead_letters_are_told_by_reason_with_the_first_bytes(page):
    """Reason, sentence, sample; a long payload is cut and its size said."""
    assert "NotJson in decode: The record is not JSON." in page.text
    assert "{" * 300 + " … 1,000 bytes in all" in page.text


def test_a_pair_stands_side_by_side_with_the_words_marked(html):
    """Words that the other side lacks, and no others."""
    assert "near</span>" in html
    assert "<mark>start</mark>" in html
    assert "<mark>end</mark>" in html
    assert 'similarity <span class="number">0.50' in html


def test_the_balance_is_on_the_page(page):
    """The sums of the commit rows."""
    assert "5 events received = stories + duplicates + dead letters + redelivered" in page.text
    assert "Stories 2 Duplicates 1 Dead letters 2 Redelivered 0" in page.text
    assert "do not add up" not in page.text


def test_an_empty_lake_gives_a_page_that_says_so(small_lake):
    """No charts of nothing, no division by zero."""
    page = Page(page_of(small_lake))
    assert "The lake is empty" in page.text
    assert "svg" not in page.elements


def test_equal_lakes_give_equal_pages(evil, html):
    """Pairs and samples are drawn by hash, and no clock is on the page."""
    assert page_of(evil) == html


def test_counts_that_do_not_add_up_are_said_so(small_lake):
    """The page does not smooth over what an audit would find."""
    small_lake.commit(stories=[{}], row={"received": 3})
    assert "do not add up" in page_of(small_lake)


def test_stories_are_counted_by_day_of_publication_else_of_arrival(small_lake):
    """An unknown date is never invented."""
    day = timedelta(days=1)
    small_lake.commit(
        stories=[
            {"topic": "sports", "published_at": NOON - 3 * day},
            {"topic": "sports", "published_at": NOON - 3 * day},
            {"topic": None},
        ]
    )
    with read_lake(small_lake.path) as reader:
        calendar = figures(reader).calendar
    today = NOON.date()
    assert calendar.bars == [Bar(today - 3 * day, "sports", 2), Bar(today, None, 1)]
    assert (calendar.unit, calendar.outside) == ("day", 0)


def test_a_date_far_off_does_not_flatten_the_chart(small_lake):
    """One story of the year 1970 is counted in words, not drawn."""
    odd = {"published_at": datetime(1970, 1, 1, tzinfo=UTC)}
    small_lake.commit(stories=[{} for _ in range(400)] + [odd])
    with read_lake(small_lake.path) as reader:
        calendar = figures(reader).calendar
    assert calendar == ([Bar(NOON.date(), None, 400)], "day", 1)
    assert "Stories of other days, not drawn: 1." in Page(page_of(small_lake)).text


@pytest.mark.parametrize(("days", "unit"), [(5, "day"), (300, "week"), (2_000, "month")])
def test_bars_stand_for_longer_spans_where_days_would_blur(small_lake, days, unit):
    """At most about a hundred bars."""
    stories = [{"published_at": NOON - timedelta(days=n * days / 20)} for n in range(21)]
    small_lake.commit(stories=stories)
    with read_lake(small_lake.path) as reader:
        calendar = figures(reader).calendar
    assert calendar.unit == unit
    assert sum(bar.stories for bar in calendar.bars) == 21


def test_the_chart_escapes_what_it_is_given():
    """A topic of a newer version, or a hostile one, stays text inside the SVG."""
    svg = draw_stories(Calendar([Bar(NOON.date(), EVIL, 3)], "day", 0), 340)
    page = Page(svg)
    assert not {"script", "img"} & {*page.elements}
    assert "http" not in svg


def test_pairs_are_spread_from_least_to_most_alike(small_lake):
    """Eight near ones, the extremes' neighbourhoods among them; their stories are found."""
    small_lake.commit(stories=[{"event_id": "s", "story_id": "s"}])
    near = [{"story_id": "s", "relation": "near", "similarity": n / 80} for n in range(80)]
    small_lake.commit(duplicates=near)
    with read_lake(small_lake.path) as reader:
        pairs = figures(reader).pairs
    grades = [int(pair["duplicate"]["similarity"] * 8) for pair in pairs]
    assert grades == [0, 1, 2, 3, 4, 5, 6, 7]
    assert {pair["story"]["event_id"] for pair in pairs} == {"s"}


def test_the_command_writes_the_page_and_says_where(small_lake, tmp_path):
    """An unwritable place is a sentence, exit 1."""
    lake, out = str(small_lake.path), tmp_path / "r.html"
    result = CliRunner().invoke(command, ["--lake", lake, "--out", str(out)])
    assert result.exit_code == 0
    assert str(out) in result.stdout
    assert out.read_text().startswith("<!DOCTYPE html>")
    nowhere = str(tmp_path / "no" / "r.html")
    result = CliRunner().invoke(command, ["--lake", lake, "--out", nowhere])
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
