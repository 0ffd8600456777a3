"""The Normalize stage: a batch of decoded events becomes a batch of stories."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.batch import DecodedBatch, NormalizedBatch, Place
from pipelines.decode.text_files import members
from pipelines.normalize.normalize import normalize
from pipelines.words import words

SEED = Path(__file__).parents[2].parent / "shared" / "data" / "seed"
ARRIVED = 1_767_225_600_000_000  # 2026-01-01, µs

EVENT = {
    "publisher_id": "1",
    "url": "https://www.example.org/news/ferry-4711?utm_source=feed",
    "title": "Ferry runs again",
    "text": "After a week in the dock the ferry was back on the river on Friday.",
    "summary": "The ferry is back.",
    "truncated": False,
    "published_raw": "2025-12-31T23:00:00Z",
    "authors": ["Ada Example"],
    "publisher": "The Example",
    "section": "Local",
    "language_declared": None,
    "extra": None,
}


def decoded(*events: dict, event_ids: list[str] | None = None) -> DecodedBatch:
    n = len(events)
    columns = {name: [{**EVENT, **event}[name] for event in events] for name in EVENT}
    return DecodedBatch(
        place=Place(0, 0),
        arrived_at=ARRIVED,
        spans=[],
        ack_ids=["ack"],
        dead=[],
        position=list(range(n)),
        event_ids=event_ids or [f"feed.jsonl@{i}:abcd" for i in range(n)],
        attributes=[None] * n,
        payloads=[b"{}"] * n,
        **columns,
    )


def normal(event: dict, event_id: str = "feed.jsonl@0:abcd") -> NormalizedBatch:
    return normalize(decoded(event, event_ids=[event_id]))


def test_a_clean_event_keeps_its_content() -> None:
    """What was right stays; URL, time, site and identity get the forms that others rely on."""
    story = normal({})
    assert (story.title, story.text, story.summary) == (
        [EVENT["title"]],
        [EVENT["text"]],
        [EVENT["summary"]],
    )
    assert story.site == ["example.org"]
    assert story.url == ["https://www.example.org/news/ferry-4711"]
    assert story.publisher_id == ["example.org#1"]
    assert story.published_at == [ARRIVED - 3_600_000_000]
    assert story.language == ["en"]
    assert story.authors == [["Ada Example"]]
    assert (story.ack_ids, story.dead) == (["ack"], [])


def test_everything_that_publishing_systems_do_is_undone() -> None:
    """Wrong decoding, markup, widgets, marks, furniture, doubled titles and spaces all go."""
    story = normal(
        {
            "title": "Ferry runs\u00a0again Ferry runs\u00a0again",
            "text": "<h1>FERRY RUNS AGAIN</h1><div class='share'>Tweet</div>"
            "<p>It\u00e2\u20ac\u2122s back  &amp;\nsails.</p><p>Share this post</p>"
            "<p>Nobody knew\0 why&#8230;</p>",
            "summary": "The ferry <b>is</b> back\u2026 [+99 chars]",
            "authors": ["Ada&nbsp;Example", "<a>Ada Example</a>", " "],
            "publisher": " The  Example ",
            "section": "",
        }
    )
    assert story.title == ["Ferry runs again"]
    assert story.text == ["It’s back & sails.\nNobody knew why…"]
    assert story.summary == ["The ferry is back"]
    assert story.authors == [["Ada Example"]]
    assert story.publisher == ["The Example"]
    assert story.section == [None]
    assert story.truncated == [False]  # the summary was cut, not the text


def test_marked_text_is_truncated() -> None:
    """A text that ends in a mark is remembered as cut off by its source."""
    story = normal({"text": "The ferry was ba\u2026 [+1200 chars]"})
    assert (story.text, story.truncated) == (["The ferry was ba"], [True])


@pytest.mark.parametrize(
    ("event", "event_id", "publisher_id"),
    [
        ({}, "a@0:x", "example.org#1"),
        ({"url": None}, "a@0:x", "The Example#1"),
        ({"url": None, "publisher": None}, "file:///in/b@c.jsonl@12:ff", "file:///in/b@c.jsonl#1"),
        ({"url": None, "publisher": None}, "projects/p/topics/t/77", "projects/p/topics/t#1"),
        ({"publisher_id": None}, "a@0:x", None),
    ],
)
def test_identities_are_their_publishers(
    event: dict, event_id: str, publisher_id: str | None
) -> None:
    """An id counts within its site, else its publisher, else its source: "1" is nobody's alone."""
    assert normal(event, event_id).publisher_id == [publisher_id]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"url": "/news/ferry"}, "UnusableUrl"),
        ({"url": "javascript:alert(1)"}, "UnusableUrl"),
        ({"url": "https://example.org/" + "a" * 100_000}, "UnusableUrl"),
        ({"title": " ", "text": "<script>x</script>"}, "NothingLeft"),
        ({"title": "", "text": "Advertisement", "summary": ""}, "NothingLeft"),
    ],
)
def test_hopeless_events_become_dead_letters(event: dict, reason: str) -> None:
    """What is no story says why, and its neighbours in the batch are what they would be alone."""
    batch = normalize(decoded({}, event, {"title": "Another", "published_raw": None}))
    [letter] = batch.dead
    assert (letter.reason, letter.stage, letter.position) == (reason, "normalize", 1)
    assert letter.detail
    assert batch.position == [0, 2]
    assert batch.title == [EVENT["title"], "Another"]
    assert batch.published_at == [ARRIVED - 3_600_000_000, None]
    assert batch.title_words is not None
    assert len(batch.title_words) == 2


def test_words_are_of_the_clean_text() -> None:
    """Each column's words are those of its documents, in order."""
    batch = normalize(decoded({"text": "<p>One &amp; two</p>"}, {}))
    for counted, column in (
        (batch.title_words, batch.title),
        (batch.text_words, batch.text),
        (batch.summary_words, batch.summary),
    ):
        expected = words(column)
        assert counted is not None
        assert counted.hashes.tolist() == expected.hashes.tolist()
        assert counted.starts.tolist() == expected.starts.tolist()


def test_empty_batches_pass() -> None:
    """A batch of which nothing is left is a batch."""
    assert normalize(decoded()).title == []


_PARTS = st.sampled_from(
    [
        "Ferry runs",
        "\n",
        " ",
        "<p>",
        "</p>",
        "&amp;",
        "&lt;b&gt;",
        "â€™",
        "Comments",
        "\0",
        "é",
        "O A",
    ]
)
_TEXT = st.lists(_PARTS, max_size=8).map("".join)


@settings(max_examples=50, deadline=None)  # the language model is read once
@given(st.lists(st.tuples(_TEXT, _TEXT), max_size=5))
def test_events_do_not_depend_on_their_batch(contents: list[tuple[str, str]]) -> None:
    """An event's row is the same in any batch."""
    events = [{"title": title, "text": text} for title, text in contents]
    together = normalize(decoded(*events))
    alone = [normalize(decoded(event)) for event in events]
    assert together.title == [title for batch in alone for title in batch.title]
    assert together.text == [text for batch in alone for text in batch.text]
    assert together.language == [language for batch in alone for language in batch.language]
    assert len(together.dead) == sum(len(batch.dead) for batch in alone)


@pytest.mark.skipif(not SEED.is_dir(), reason="needs ../shared/data/seed")
def test_a_scraped_page_is_one_story() -> None:
    """Of a page that ends in teasers only its own story is left, without widgets."""
    for path in SEED.glob("*.txt"):
        page = path.read_bytes()
        of_page = members(page, f"{path.name}@0:x")
        story = normal(of_page._asdict(), f"{path.name}@0:x")
        before_widgets = page.decode().rpartition("Share this post")[0].strip()
        assert story.title[0] == before_widgets.partition("\n")[0]
        assert story.text[0].endswith(before_widgets.rpartition("\n")[2])
        assert story.title[0] not in story.text[0]
        lines = {line.lower() for line in story.text[0].split("\n")}
        assert not lines & {"share this post", "comments", "subscribing...", "o a"}
