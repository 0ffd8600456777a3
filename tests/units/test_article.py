"""Whole pages: the story's own title, text, authors and date, whatever stands around it."""

import json
import time

import pytest

from benchmarks.quality.pages import labels
from pipelines.evaluate.articles import matches, measure, same_title, scores
from pipelines.normalize.article import extract
from pipelines.normalize.second_opinion import is_doubtful

STORY = [
    "The old bridge at Alderton is open again, after three winters in which nobody could cross it.",
    "“We have waited long enough,” said the mayor, who walked over it first, and then drove back.",
    "The work cost four million crowns, a tenth more than the council had put aside for it.",
]
BODY = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)
TITLE = "Bridge at Alderton opens after three winters"


def page(body: str, head: str = "") -> str:
    """A whole page."""
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"


def linked(**members: object) -> str:
    """JSON-LD of an article, for a page's head."""
    thing = {"@type": "NewsArticle", **members}
    return f'<script type="application/ld+json">{json.dumps(thing)}</script>'


def test_a_made_up_page_gives_its_story_alone():
    """Five templates, with all that publishers put around a story: nothing of it is left."""
    assert set(measure(labels()[:25]).values()) == {1.0}


@pytest.mark.parametrize(
    "furniture",
    [
        "<nav><a href=/>Home</a></nav>",
        "<div class=share-bar>Share this post</div>",
        "<p>Be the first to know</p><p>Subscribing...</p><p>Something went wrong</p>",
        "<p>This website uses cookies to measure how many people read what it has to say.</p>",
        "<p>Sign up for our newsletter and find the best of the week in your inbox on Friday.</p>",
        "<p><a href=/x>Read more: what the bridge looked like when it was new and painted</a></p>",
        "<figure><figcaption>The bridge in March, before the last plank was laid.</figcaption>"
        "</figure>",
        "<p>The bridge in March, before the last plank was laid. (Photo: Ann Lee)</p>",
        "<div><h3><a href=/y>Ferry sinks at the pier</a></h3><p>The ferry that had stood in for "
        "the bridge went down in the night, with nobody on bo</p><span>A L</span></div>",
        "<div style='display: none'><p>Here a dialogue waits, which nobody has opened.</p></div>",
        "<footer><p>Published since 1904 by people who like to know what is on here.</p></footer>",
        "<div class=comments><p>I crossed it this morning, and it still shakes a bit.</p></div>",
    ],
)
def test_what_belongs_to_the_page_is_none_of_the_text(furniture):
    """Whether it stands in, before or after the story."""
    for body in (furniture + BODY, BODY + furniture, BODY.replace("</p>", f"</p>{furniture}", 1)):
        article = extract(page(f"<h1>{TITLE}</h1><main>{body}</main>"))
        assert article.text.split("\n") == STORY


def test_headings_between_paragraphs_stay_and_those_that_repeat_the_title_go():
    """A subheading is the story's; so is none at its end, where nothing follows."""
    first, *rest = (f"<p>{paragraph}</p>" for paragraph in STORY)
    body = (
        f"<h1>{TITLE}</h1><h2>{TITLE}</h2>{first}<h2>What it cost</h2>{''.join(rest)}<h2>More</h2>"
    )
    assert extract(page(body)).text.split("\n") == [STORY[0], "What it cost", *STORY[1:]]


def test_a_page_tells_what_it_says_to_machines():
    """JSON-LD, OpenGraph and the rest fill the other fields."""
    head = (
        '<title>Bridge opens | The Post</title><meta property="og:site_name" content="The Post">'
        '<link rel="canonical" href="/bridge"><meta property="og:locale" content="en_GB">'
    )
    head += linked(
        headline=TITLE,
        datePublished="2026-03-01T23:30:00-05:00",
        author=[{"name": "Ann Lee"}, {"name": "Bo Ray"}],
    )
    article = extract(page(f"<h1>{TITLE}</h1>{BODY}", head), "https://post.example/b?x=1")
    assert (article.title, article.authors) == (TITLE, ("Ann Lee", "Bo Ray"))
    assert article.published_at == "2026-03-01T23:30:00-05:00"
    assert (article.language, article.site) == ("en-GB", "The Post")
    assert article.canonical_url == "https://post.example/bridge"


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        (linked(headline=TITLE), f"<h1>City | {TITLE}</h1>", TITLE),  # without the kicker
        (linked(headline="Quite other words here"), f"<h1>{TITLE}</h1>", TITLE),  # another's
        ("<meta property=og:site_name content=Post>", f"<h1>Post</h1><h1>{TITLE}</h1>", TITLE),
        (f"<title>{TITLE} - The Example Post</title>", "", TITLE),
        (f"<meta property=og:title content='{TITLE}'>", "", TITLE),
        ("", "", ""),
    ],
)
def test_the_title_is_the_heading_that_the_page_agrees_with(head, body, title):
    """What readers see first; where they see none, what the page says."""
    assert extract(page(body + BODY, head)).title == title


@pytest.mark.parametrize(
    ("head", "body", "url", "date"),
    [
        ("<meta name=pubdate content='March 1, 2026'>", "", "", "2026-03-01"),
        ("", "<time itemprop=datePublished datetime=2026-03-01>now</time>", "", "2026-03-01"),
        ("", "<time>yesterday</time>", "https://a.example/2026/03/01/b", "2026-03-01"),
        ("", "", "https://a.example/2026/mar/01/b", "2026-03-01"),
        ("", f"<h1>{TITLE}</h1><p>By A L | 1 March 2026</p>", "", "2026-03-01"),
        ("", "<time>2 hours ago</time>", "", None),  # nobody knows when that was
        (linked(datePublished=2026), "", "", None),
        (linked(datePublished="soon"), "", "", None),
    ],
)
def test_the_date_is_what_the_page_claims_or_shows(head, body, url, date):
    """Claims first, then the address, then what stands below the title."""
    found = extract(page(body + BODY, head), url).published_at
    assert (found and found[:10]) == date


def test_a_date_has_the_publishers_own_offset_where_some_source_tells_it():
    """The same moment is another day elsewhere."""
    head = linked(headline=TITLE, datePublished="2026-03-02T03:30:00Z")
    body = f"<h1>{TITLE}</h1><time datetime=2026-03-01T22:30:00-05:00></time>{BODY}"
    assert extract(page(body, head)).published_at == "2026-03-01T22:30:00-05:00"


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("By Ann Lee and Bo Ray", ("Ann Lee", "Bo Ray")),
        ([{"name": "Ann Lee"}, "Bo Ray", 5, None], ("Ann Lee", "Bo Ray")),
        ("https://post.example/authors/lee", ()),
        ({"name": {"first": "Ann"}}, ()),
    ],
)
def test_authors_are_names(author, names):
    """No addresses, no "By"; what is no text is none."""
    head = linked(headline=TITLE, author=author)
    assert extract(page(f"<h1>{TITLE}</h1>{BODY}", head)).authors == names


@pytest.mark.parametrize(
    ("before", "encoding"),
    [
        ("", "utf-8"),
        ("<meta charset=windows-1251>", "cp1251"),
        ("<meta http-equiv=Content-Type content='text/html; charset=shift_jis'>", "cp932"),
        ("\ufeff", "utf-16-le"),
    ],
)
def test_bytes_are_read_in_the_pages_encoding(before, encoding):
    """By byte order mark, by validity, by declaration."""
    text = "Старый мост снова открыт после трёх зим, в которые никто не мог его перейти."
    assert extract((before + page(f"<p>{text}</p>")).encode(encoding)).text == text


def test_undeclared_bytes_that_are_no_utf8_are_windows_1252():
    """As browsers take them; names of codecs that are no encodings are none."""
    for declared in ("", "<meta charset=base64>", "<meta charset=nonsense>"):
        html = page(
            f"{declared}<p>The café on the bridge has opened again, with its “old” cook.</p>"
        )
        assert "café on the bridge" in extract(html.encode("cp1252")).text


DEEP = 100_000


@pytest.mark.parametrize(
    "html",
    [
        "",
        b"\xff\xfe\x00",
        "\ud800",
        "<html><head><title>x</title></head></html>",
        "<html>" + "<div>" * DEEP + "deep",
        "<html>" + "<b><i><p>" * DEEP,
        "<html>" + "<table><tr><td>" * 2_000,
        "<div>" * 5_000 + "<h2><a href=x>foo bar</a></h2>" * 5_000,
        "<p>x" + "</p>" * DEEP,
        "<h1>x</h1>" * 20_000,
        page("<p>x", '<script type="application/ld+json">{"@type": "NewsArticle", "headline":'),
        page("<p>x", '<script type="application/ld+json">' + '{"a":[' * DEEP),
        page("<p>x", linked(headline=["x", 1], publisher=[[]], articleBody={}, inLanguage=3)),
        page("<p>x", "<meta name=author content=x>" * 20_000),
        page("<p>x", f"<title>{'a - ' * DEEP}</title>"),
        page("<p>x", f"<meta name=author content='{'By ' * 80}{', and ' * 40}'>"),
    ],
    ids=range(16),
)
def test_hostile_pages_give_what_there_is_and_soon(html):
    """None crashes, none takes long."""
    start = time.perf_counter()
    extract(html, "http://[broken")
    assert time.perf_counter() - start < 10  # a second; more where others use the machine


def test_json_ld_with_the_usual_faults_is_read():
    """Line breaks in texts, a comma too many, a comment around."""
    broken = f'<!-- {{"@type": "NewsArticle",\n"author": "Ann\nLee", "headline": "{TITLE}",}} -->'
    head = f'<script type="application/ld+json">{broken}</script>'
    assert extract(page(f"<h1>{TITLE}</h1>{BODY}", head)).authors == ("Ann Lee",)


def test_a_large_or_deep_page_is_never_doubtful():
    """Others are not asked about what they may not bear."""
    from selectolax.lexbor import LexborHTMLParser

    from pipelines.normalize.page_tree import page_tree

    html = page("<div>" * 300 + BODY)
    tree = page_tree(LexborHTMLParser(html).body)
    assert not is_doubtful(html, tree, "other words than there are on the page")
    shallow = page(BODY)
    tree = page_tree(LexborHTMLParser(shallow).body)
    assert is_doubtful(shallow, tree, "other words than there are on the page")
    assert not is_doubtful(shallow, tree, " ".join(STORY))


def test_matches_are_shares_of_all_shingles():
    """One more word at the end of five is one shingle of three; a short text is one shingle."""
    assert matches("a b c d e", "a b c d e f") == pytest.approx((2 / 3, 1 / 3, 0))
    assert matches("a b", "a b") == (1, 0, 0)
    assert matches("a b c d", "") == (0, 0, 1)
    assert matches("", "") == (0, 0, 0)


def test_scores_are_means_over_pages():
    """A page on which nothing was found counts for recall alone."""
    found = scores([matches("a b c d", "a b c d"), matches("a b c d", "")])
    assert found == {"precision": 1.0, "recall": 0.5, "F1": pytest.approx(2 / 3)}
    assert scores([])["F1"] == 0.0


def test_titles_are_compared_by_their_words():
    """Case and punctuation are nobody's mistake."""
    assert same_title("“Bridge” opens!", "bridge opens")
    assert not same_title("Bridge opens", "Bridge opens again")


@pytest.mark.parametrize(
    ("authors", "right"),
    [("Ann Lee, bo ray", 1.0), (["Bo Ray", "Ann Lee"], 1.0), ("Ann Lee", 0.0)],
)
def test_authors_are_right_if_all_are_there(authors, right):
    """In any order, as a list or one line."""
    head = linked(headline=TITLE, author=["Ann Lee", "Bo Ray"])
    label = {"html": page(BODY, head), "text": "\n".join(STORY), "authors": authors}
    assert measure([label]) == {"F1": 1.0, "precision": 1.0, "recall": 1.0, "authors": right}
