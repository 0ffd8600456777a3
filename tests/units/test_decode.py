"""Decode: what each dialect makes of a record, and the reason for each that it refuses."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.batch import Place, RawBatch
from pipelines.decode import newsapi
from pipelines.decode.decode import decode
from pipelines.decode.newsapi import NewsApiItem
from schemas import reasons
from schemas.event import StoryEvent


def raw(*payloads: bytes, dialect: str = "auto") -> RawBatch:
    """A batch of records as Read makes it, each with an event id of its own."""
    count = len(payloads)
    ids = [f"file:///in.jsonl@{i}:abc" for i in range(count)]
    return RawBatch(
        Place(0, 0), 0, [], [], [], list(range(count)), ids, [None] * count, [*payloads], dialect
    )


def one(record: object, dialect: str = "auto") -> dict:
    """The members of the one living event in a batch of one record."""
    payload = record if isinstance(record, bytes) else json.dumps(record).encode()
    batch = decode(raw(payload, dialect=dialect))
    assert batch.dead == []
    names = ("publisher_id", "url", "title", "text", "summary", "truncated", "published_raw")
    names += ("authors", "publisher", "section", "language_declared", "extra")
    return {name: getattr(batch, name)[0] for name in names}


STORY = {
    "id": "a-1",
    "url": "https://example.org/a",
    "title": "Bridge reopens",
    "text": "The old bridge is open again.",
    "summary": "Open again.",
    "truncated": True,
    "published_at": "2026-03-01T10:00:00Z",
    "authors": ["Ann Lee", " "],
    "publisher": "The Example",
    "language": "en",
    "section": "Local",
}


def test_every_member_of_the_contract_has_its_column():
    """A story event's members arrive under the lake's names."""
    assert one(STORY) == {
        "publisher_id": "a-1",
        "url": "https://example.org/a",
        "title": "Bridge reopens",
        "text": "The old bridge is open again.",
        "summary": "Open again.",
        "truncated": True,
        "published_raw": "2026-03-01T10:00:00Z",
        "authors": ["Ann Lee"],
        "publisher": "The Example",
        "section": "Local",
        "language_declared": "en",
        "extra": None,
    }


@pytest.mark.parametrize(
    ("given", "column", "expected"),
    [
        ({"id": 12}, "publisher_id", "12"),
        ({"id": 1.5}, "publisher_id", "1.5"),
        ({"id": ""}, "publisher_id", None),
        ({"published_at": 1_700_000_000}, "published_raw", "1700000000"),
        ({"authors": "Ann and Bo"}, "authors", ["Ann and Bo"]),
        ({"authors": None}, "authors", []),
        ({"text": None, "html": "<p>Open</p>"}, "text", "<p>Open</p>"),
        ({"html": "<p>Open</p>"}, "text", "The old bridge is open again."),
        ({"html": "<p>Open</p>"}, "extra", '{"html":"<p>Open</p>"}'),  # nothing is lost
        ({"text": None}, "text", ""),  # the summary stands alone
        ({"updated_at": "today"}, "extra", '{"updated_at":"today"}'),
        ({"mood": "é"}, "extra", '{"mood":"é"}'),
        ({"source": {"name": "x"}}, "extra", '{"source":{"name":"x"}}'),  # has a text: no NewsAPI
        ({"truncated": None}, "truncated", False),
    ],
)
def test_story_events_as_they_come_in_the_wild(given, column, expected):
    """Members may be numbers, missing or null where the contract lets them."""
    assert one({**STORY, **given})[column] == expected


ITEM = {
    "source": {"id": "the-example", "name": "The Example"},
    "author": "Ann Lee",
    "title": "Bridge reopens - The Example",
    "description": "The bridge is open.",
    "url": "https://news.example.org/a",
    "urlToImage": "https://img.example.org/a.png",
    "publishedAt": "2026-03-01T10:00:00Z",
    "content": "The bridge is open aga… [+123 chars]",
}


def test_a_newsapi_item_becomes_a_story():
    """The outlet leaves the headline, the mark leaves the text, and the rest is kept."""
    event = one(ITEM)
    assert json.loads(event.pop("extra")) == {
        "urlToImage": ITEM["urlToImage"],
        "source": ITEM["source"],
    }
    assert event == {
        "publisher_id": None,
        "url": "https://news.example.org/a",
        "title": "Bridge reopens",
        "text": "The bridge is open aga",
        "summary": "The bridge is open.",
        "truncated": True,
        "published_raw": "2026-03-01T10:00:00Z",
        "authors": ["Ann Lee"],
        "publisher": "The Example",
        "section": None,
        "language_declared": None,
    }


@pytest.mark.parametrize(
    ("given", "column", "expected"),
    [
        ({"content": None}, "text", "The bridge is open."),
        ({"content": None}, "truncated", False),
        ({"content": "All of it."}, "truncated", False),
        ({"content": "Half of…"}, "text", "Half of"),
        ({"content": "See [+12 chars] here"}, "text", "See [+12 chars] here"),
        ({"content": "Half [+x chars]"}, "truncated", False),
        ({"content": "[+12 chars]"}, "text", ""),
        ({"author": " "}, "authors", []),
        ({"source": "Example.com"}, "publisher", "Example.com"),
        ({"source": None}, "publisher", None),
    ],
)
def test_newsapi_items_as_they_come_in_the_wild(given, column, expected):
    """Content may be missing, and a mark counts only at the very end."""
    assert one({**ITEM, **given})[column] == expected


@pytest.mark.parametrize(
    ("title", "source", "url", "expected"),
    [
        ("Vote - Daily Post", "Daily Post", "", "Vote"),
        ("Vote - Daily Post ", "Daily Post", "", "Vote"),
        ("Vote - The Daily Post", "Dailypost.com", "", "Vote"),
        ("Vote - Post Sports", "X", "https://sports.post.com/1", "Vote"),  # the host's own name
        ("Vote - Bar - Post", "Bar - Post", "", "Vote"),  # an outlet with a dash in its name
        ("Vote - DailyPost.com", "Other", "https://www.dailypost.com/1", "Vote"),
        ("Vote - a long day", "Daily Post", "https://post.com", "Vote - a long day"),
        ("Vote - Post", "Other", "https://x.com", "Vote - Post"),
        ("Vote-Daily Post", "Daily Post", "", "Vote-Daily Post"),
        ("Vote - ", "Daily Post", "", "Vote - "),
    ],
)
def test_only_the_outlets_name_leaves_a_headline(title, source, url, expected):
    """The last " - Outlet" goes where it names the source or the host, however spelt."""
    item = {**ITEM, "title": title, "source": {"name": source}, "url": url or None, "id": "1"}
    assert one(item)["title"] == expected


def test_each_record_may_speak_another_dialect():
    """A record's dialect does not depend on its neighbours'."""
    records = [json.dumps(record).encode() for record in (STORY, ITEM, STORY, STORY, ITEM)]
    batch = decode(raw(*records))
    assert batch.title == ["Bridge reopens"] * 5
    assert batch.publisher_id == ["a-1", None, "a-1", "a-1", None]


def test_a_poor_story_event_stays_one_among_newsapi_items():
    """What bears no mark of the other dialect is a story event, whatever came before it."""
    poor = {"id": 1, "title": "Vote - The Example", "description": "x", "url": None}
    batch = decode(raw(json.dumps(ITEM).encode(), json.dumps(poor).encode()))
    assert batch.title[1] == "Vote - The Example"


def test_a_type_that_only_the_other_dialect_refuses_does_no_harm():
    """`content` means nothing to a story event, so it may be anything there."""
    odd = {**STORY, "content": {"blocks": [1]}}
    batch = decode(raw(json.dumps(ITEM).encode(), json.dumps(odd).encode()))
    assert batch.extra[1] == '{"content":{"blocks":[1]}}'


DEEP = b"[" * 100_000

REFUSED = [
    (b"{", reasons.NotJson),
    (b"{} {}", reasons.NotJson),
    (b"title: x", reasons.NotJson),
    (b'{"id": "1", "title": "a\x00b"}', reasons.NotJson),  # a bare NUL
    (b'\xef\xbb\xbf{"id": "1", "title": "a"}', reasons.NotJson),  # a byte order mark inside a file
    ('{"id": "1", "title": "a"}'.encode("utf-16-be"), reasons.NotJson),
    (b"[1]", reasons.NotAnObject),
    (b'"text"', reasons.NotAnObject),
    (b"null", reasons.NotAnObject),
    (b'{"id": "1", "title": 5}', reasons.WrongType),
    (b'{"id": "1", "publishedAt": "x", "title": 5}', reasons.WrongType),
    (b'{"url": "u", "source": {"name": 5}, "title": "a"}', reasons.WrongType),
    (b'{"id": "1", "title": "a", "authors": [1]}', reasons.WrongType),
    (b'{"id": "1"}', reasons.MissingContent),
    (b'{"id": "1", "title": " ", "text": "\\n"}', reasons.MissingContent),
    (b'{"url": "u", "publishedAt": "x"}', reasons.MissingContent),
    (b'{"title": "a"}', reasons.MissingIdentity),
    (b'{"title": "a", "id": " ", "url": ""}', reasons.MissingIdentity),
    (b'{"id": "1", "title": "\xff"}', reasons.InvalidUtf8),
    (b'\xff{"id": "1"}', reasons.InvalidUtf8),
    (b'{"id": "1", "title": "\\ud800"}', reasons.InvalidUtf8),
    (b'{"id": "1", "title": "\\ude00 x"}', reasons.InvalidUtf8),
    (b'{"id": "1", "title": "a", "x": "\\ud83d "}', reasons.InvalidUtf8),
    (DEEP, reasons.NestedTooDeep),
    (b'{"a":' * 100_000, reasons.NestedTooDeep),
    (b'{"id": "1", "title": "a", "x": ' + DEEP, reasons.NestedTooDeep),
    (b'{"id": "1", "title": "a", "x": 1e999}', reasons.NumberOutOfRange),
    (b'{"id": "1", "title": "a", "x": [-1e999]}', reasons.NumberOutOfRange),
    (b'{"id": "1", "title": "a", "x": NaN}', reasons.NumberOutOfRange),
    (b'{"id": "1", "title": "a", "x": Infinity}', reasons.NumberOutOfRange),
    (b'{"id": "1", "title": "a", "x": ' + b"9" * 400 + b"}", reasons.NumberOutOfRange),
    (b'{"id": "1", "title": "a", "x": ' + b"9" * 9_000 + b"}", reasons.NumberOutOfRange),
    (b'{"id": 1e999, "title": "a"}', reasons.NumberOutOfRange),
    (b'{"id": ' + b"9" * 400 + b', "title": "a"}', reasons.NumberOutOfRange),
    (b'{"id": "1", "title": "a", "published_at": 1e999}', reasons.NumberOutOfRange),
]


@pytest.mark.parametrize(("payload", "reason"), REFUSED)
def test_each_bad_record_gets_its_reason(payload, reason):
    """The dead letter names why, and holds the record's own bytes and id; the batch goes on."""
    good = json.dumps(STORY).encode()
    batch = decode(raw(good, payload, good))
    assert batch.position == [0, 2]
    (letter,) = batch.dead
    assert (letter.reason, letter.stage) == (reason.__name__, "decode")
    assert (letter.position, letter.payload) == (1, payload)
    assert letter.event_id == "file:///in.jsonl@1:abc"
    assert 0 < len(letter.detail) < 300


@pytest.mark.parametrize(
    "payload",
    [
        b'{"id": "1", "title": "NaN and Infinity"}',  # words are no numbers
        b'{"id": "1", "title": "a", "x": "NaN Infinity"}',
        b'{"id": "1", "title": "a", "x": ' + b"9" * 300 + b"}",  # a float holds it
        b'{"id": "1", "title": "a", "x": "' + b"9" * 900 + b'"}',
        b'{"id": "1", "title": "a\\u0000b"}',  # Normalize takes it away
        b'{"id": "1", "title": "\\ud83d\\ude00"}',  # both halves of a character
        b'{"id": "1", "title": "a", "title": "b"}',  # the last of two counts
        b'{"id": "1", "title": "a", "x": ' + b"[" * 150 + b"]" * 150 + b"}",
        b'{"url": "../../etc/passwd", "title": "../a"}',  # Normalize judges addresses
        b' {"id": "1", "title": "a"}\r',
    ],
)
def test_odd_records_that_are_events(payload):
    """What looks like trouble and is none is kept."""
    batch = decode(raw(payload))
    assert batch.dead == []
    assert batch.extra[0] is None or json.loads(batch.extra[0])


VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(-2, 2),
    st.text(max_size=3),
    st.lists(st.one_of(st.text(max_size=3), st.none(), st.integers(0, 3)), max_size=3),
    st.dictionaries(st.sampled_from(["name", "id"]), st.one_of(st.text(), st.integers(0, 3))),
)


@pytest.mark.parametrize(("model", "dialect"), [(StoryEvent, "story"), (NewsApiItem, "newsapi")])
@settings(deadline=None)
@given(data=st.data())
def test_types_are_those_of_the_model(model, dialect, data):
    """A record has a wrong type exactly where the model refuses it, at the same member."""
    names = st.sampled_from([*model.model_fields, "other"])
    record = json.dumps(data.draw(st.dictionaries(names, VALUE, max_size=4))).encode()
    wrong = decode(raw(record, dialect=dialect)).dead
    refused = [letter.detail for letter in wrong if letter.reason == "WrongType"]
    assert [detail.partition(":")[0] for detail in refused] == first_fault(model, record)


def first_fault(model, record: bytes) -> list[str]:
    """The member that the model refuses first, if any."""
    try:
        model.model_validate_json(record)
    except ValidationError as error:
        return [error.errors()[0]["loc"][0]]
    return []


def test_a_hostile_record_costs_no_more_than_its_size():
    """A megabyte of any kind of trouble is refused within a second."""
    size = 1_000_000
    hostile = [
        b"[" * size,
        b'{"authors":[' + b"1," * (size // 2) + b"1]}",
        b'{"id":"1","title":"' + b"\\ud800" * (size // 6) + b'"}',
        b'{"id":' + b"9" * size + b"}",
        b'{"id":"1","title":"a","x":[' + b"1e999," * (size // 6) + b"1]}",
        b'{"publishedAt":"x","title":"' + b" - " * (size // 3) + b'","content":5}',
        b'{"id":"1","title":"' + b" " * size + b'"}',
        b"\xff" * size,
    ]
    start = time.perf_counter()
    assert len(decode(raw(*hostile)).dead) == len(hostile)
    assert time.perf_counter() - start < 8


def test_a_text_file_is_a_story_named_by_its_path():
    """The first line that is not blank is the title, the rest the text, the path the id."""
    event = one(b"\n Bridge reopens \r\n\r\nIt is open.\n", "text")
    assert event["title"] == "Bridge reopens"
    assert event["text"].strip() == "It is open."
    assert event["publisher_id"] == "file:///in.jsonl"


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (b"<title>Site</title><H1 class=x>Bridge <b>reopens</b></H1><p>Open.", "Bridge reopens"),
        (b"<title>Bridge &amp; road</title><p>Open.", "Bridge & road"),
        ("<p>İstanbul</p><h1>Köprü açıldı</h1>".encode(), "Köprü açıldı"),  # offsets hold
        (b"<header>Site</header><p>Open.", ""),  # no heading: <header> is none
        (b"<h1>never closed <p>Open.", ""),
        (b"<div>" * 100_000 + b"<h1>Deep</h1>", "Deep"),
    ],
)
def test_a_page_is_a_story_named_by_its_heading(page, title):
    """The first heading is the title, else the page's; the page is the text, as it is."""
    event = one(page, "html")
    assert (event["title"], event["text"]) == (title, page.decode())


@pytest.mark.parametrize("dialect", ["text", "html"])
def test_files_that_are_not_utf8_are_refused(dialect):
    """A whole file has the same reason as a record."""
    (letter,) = decode(raw(b"caf\xe9", dialect=dialect)).dead
    assert letter.reason == "InvalidUtf8"


def test_an_empty_batch_stays_one():
    """No events make no columns that differ in length."""
    batch = decode(raw())
    assert (batch.title, batch.extra, batch.dead) == ([], [], [])


def test_an_article_that_was_taken_back_is_no_story() -> None:
    """NewsAPI's `[Removed]` stands for an article that is no more: nothing is left of it."""
    item = {"source": {"id": None, "name": "[Removed]"}, "url": "https://removed.example"}
    item |= dict.fromkeys(("title", "description", "content"), "[Removed]")
    with pytest.raises(reasons.MissingContent):
        newsapi.members(item)
