"""Whole pages among the events: Decode takes the story from them, and fills what is open."""

import json

import pytest

from pipelines.batch import Place, RawBatch
from pipelines.decode.decode import decode
from pipelines.decode.pages import is_page

PAGE = """<!doctype html><html lang="en"><head><title>Bridge opens - The Example</title>
<meta property="og:site_name" content="The Example"><meta name="author" content="Ann Lee">
<meta property="article:published_time" content="2026-03-01T10:00:00Z">
<link rel="canonical" href="https://example.org/bridge"></head>
<body><nav>Home</nav><h1>Bridge opens</h1>
<p>The old bridge is open again, after three winters in which nobody could cross the river.</p>
</body></html>"""
TEXT = "The old bridge is open again, after three winters in which nobody could cross the river."


def one(payload: bytes, dialect: str) -> dict:
    """The members of the one event in a batch of one record."""
    batch = decode(
        RawBatch(Place(0, 0), 0, [], [], [], [0], ["f.html@0:ab"], [None], [payload], dialect)
    )
    assert batch.dead == []
    names = ("publisher_id", "url", "title", "text", "published_raw", "authors", "publisher")
    return {name: getattr(batch, name)[0] for name in (*names, "language_declared", "extra")}


FILLED = {
    "publisher_id": "f.html",
    "url": "https://example.org/bridge",
    "title": "Bridge opens",
    "text": TEXT,
    "published_raw": "2026-03-01T10:00:00+00:00",
    "authors": ["Ann Lee"],
    "publisher": "The Example",
    "language_declared": "en",
    "extra": None,
}


def test_a_saved_page_is_its_story():
    """Title, text and all that the page tells; its path is its id."""
    assert one(PAGE.encode(), "html") == FILLED


def test_a_saved_page_may_be_in_any_encoding_that_it_declares():
    """A page that is no UTF-8 is read as browsers read it."""
    page = PAGE.replace("<head>", "<head><meta charset=windows-1251>").replace("old", "старый")
    assert "старый" in one(page.encode("cp1251"), "html")["text"]


def test_an_event_whose_html_is_a_page_is_filled_from_it():
    """What the record leaves open the page tells."""
    record = {"id": "a", "html": PAGE}
    assert one(json.dumps(record).encode(), "story") == FILLED | {"publisher_id": "a"}


def test_an_events_own_members_stand():
    """What the record says itself is not replaced by what its page says."""
    record = {
        "url": "https://other.example/x",
        "title": "Another title",
        "published_at": "2026-01-01",
        "authors": ["Bo Ray"],
        "publisher": "Other",
        "language": "de",
        "html": PAGE,
    }
    event = one(json.dumps(record).encode(), "story")
    assert event == {
        "publisher_id": None,
        "url": "https://other.example/x",
        "title": "Another title",
        "text": TEXT,
        "published_raw": "2026-01-01",
        "authors": ["Bo Ray"],
        "publisher": "Other",
        "language_declared": "de",
        "extra": None,
    }


def test_a_page_beside_a_text_is_kept_as_it_is():
    """An event that has a text needs no page."""
    event = one(json.dumps({"id": "a", "text": "Open.", "html": PAGE}).encode(), "story")
    assert (event["text"], event["title"]) == ("Open.", "")
    assert json.loads(event["extra"]) == {"html": PAGE}


@pytest.mark.parametrize(
    ("html", "whole"),
    [
        ("<!DOCTYPE html><p>x", True),
        ("\n<HTML lang=en><p>x", True),
        ("<head><title>x</title></head><body class=a><p>x", True),
        ("<p>x</p>", False),
        ("<article><h1>x</h1></article>", False),
        ("how to write &lt;body&gt; in prose", False),
        ("<bodyguard>", False),
        (b"\xff\xfe" + "<!doctype html><p>x".encode("utf-16-le"), True),
        (b"<p>x", False),
    ],
)
def test_a_page_is_told_from_a_fragment(html, whole):
    """A page declares itself, or has a body."""
    assert is_page(html) is whole


@pytest.mark.parametrize("canonical", ["/", "https://example.org", "javascript:void(0)", "http://"])
def test_an_address_that_is_no_storys_costs_no_event(canonical):
    """A canonical address that names the front page, or nothing, is none."""
    page = PAGE.replace("https://example.org/bridge", canonical)
    assert one(page.encode(), "html")["url"] is None
