"""Where an event ended and why: names, evidence, words."""

import json

import pytest
from click.testing import CliRunner

from pipelines.commands.explain import command
from pipelines.lake.explain import explain, source
from pipelines.lake.reader import read_lake

STORY = "news/monday.jsonl@120:00ab"
URL = "https://example.com/sports/cup-final"
TEXT = "The visitors won the cup in extra time after a goal by their captain in the last minute."


@pytest.fixture(scope="module")
def told(shared_lake):
    """A story, a near duplicate of it, its successor at the same URL, and a dead letter."""
    known = {
        "publisher_id": "example.com#77",
        "url": URL,
        "url_key": "example.com/sports/cup-final",
    }
    shared_lake.commit(
        stories=[
            {
                **known,
                "event_id": STORY,
                "story_id": STORY,
                "title": "Visitors win the cup",
                "text": TEXT,
                "topic": "sports",
                "sports_score": 0.987,
                "politics_score": 0.004,
                "topic_confident": True,
            }
        ],
        duplicates=[
            {
                "event_id": "news/monday.jsonl@900:00cd",
                "story_id": STORY,
                "publisher_id": "other.example#5",
                "title": "Guests win the cup",
                "text": TEXT.replace("goal", "penalty"),
                "relation": "near",
                "similarity": 0.75,
                "containment": 0.8,
            }
        ],
        dead_letters=[
            {
                "event_id": "news/monday.jsonl@1300:00ef",
                "reason": "UnusableUrl",
                "stage": "normalize",
                "detail": "javascript: is no address",
                "payload": b'{"id": "x-9", "title": "\x1b[31mRed\xff", "url": "javascript:1"}'
                + b"." * 400,
            }
        ],
    )
    new = {**known, "event_id": "b@1:aa", "story_id": "b@1:aa", "title": "Cup final: live"}
    shared_lake.commit(stories=[{**new, "previous_story_id": STORY}])
    shared_lake.commit(stories=[{"publisher_id": "example.com#cup-2025-final"}])
    return shared_lake


@pytest.fixture(scope="module")
def reader(told):
    """It, opened."""
    with read_lake(told.path) as reader:
        yield reader


def say(lake, name, *flags):
    """The command's result."""
    return CliRunner().invoke(command, [name, "--lake", str(lake.path), *flags])


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        (STORY, [STORY]),
        (f"  {STORY} ", [STORY]),  # pasted with its surroundings
        ("other.example#5", ["news/monday.jsonl@900:00cd"]),
        ("5", ["news/monday.jsonl@900:00cd"]),  # the publisher's id alone
        ("77", [STORY, "b@1:aa"]),  # both versions of a page
        (URL, [STORY, "b@1:aa"]),
        ("http://www.example.com/sports/cup-final/?utm_source=x#top", [STORY, "b@1:aa"]),
        ("example.com/sports/cup-final", [STORY, "b@1:aa"]),
        ("news/monday.jsonl@1300:00ef", ["news/monday.jsonl@1300:00ef"]),
        ("x-9", ["news/monday.jsonl@1300:00ef"]),  # only in the bytes of a dead letter
    ],
)
def test_an_event_goes_by_any_of_its_names(reader, name, ids):
    """Event id, publisher's id, URL in any spelling; several matches are all listed."""
    found = explain(reader, name)
    assert [event["event_id"] for event in found.events] == ids
    assert found.total == len(ids)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("monday.jsonl@900", "news/monday.jsonl@900:00cd"),  # a part
        ("example.com#78", "example.com#77"),  # misspelt
        ("cup-2025-fnal", "example.com#cup-2025-final"),  # the publisher's own id, misspelt
        ("https://example.com/sports/cup-fnal", "example.com/sports/cup-final"),
    ],
)
def test_names_near_one_that_nobody_has_are_suggested(reader, name, near):
    """Those that hold it, else those spelled most like it."""
    found = explain(reader, name)
    assert found.events == []
    assert near in found.suggestions


def test_a_name_nobody_has_is_exit_1(told):
    """The sentence says so and suggests."""
    result = say(told, "example.com#78")
    assert result.exit_code == 1
    assert "goes by example.com#78; near it are example.com#77" in result.stderr
    assert result.stdout == ""


def test_a_name_like_no_other_has_no_suggestions(reader):
    """Nothing is near, and quotes in a name do no harm."""
    assert explain(reader, "'; drop view stories; --").suggestions == []


def test_a_story_is_told_with_its_repeats_scores_and_successor(told):
    """Topic, the words that decided, duplicates by relation, what replaced it."""
    out = say(told, STORY).stdout
    assert out.startswith(f"A story: {STORY}\n")
    assert "sports (politics 0.004, sports 0.987)" in out
    assert "for sports: " in out
    assert "Repeated  1 near\n" in out
    assert "near (similarity 0.75, containment 0.80): news/monday.jsonl@900:00cd" in out
    assert "Replaced  by b@1:aa, “Cup final: live”" in out
    assert "From      news/monday.jsonl, byte 120" in out
    assert "Commit    2 (run, 2026-11-24 12:00:02 UTC: 3 received), place 0 in the lake" in out


def test_a_story_names_the_one_before_it(told):
    """Content replaced altogether under the same URL."""
    assert f"Follows   {STORY}, “Visitors win the cup”" in say(told, "b@1:aa").stdout


def test_a_duplicate_stands_beside_its_story_with_the_words_that_differ(told):
    """Relation, measures, both titles, a short word difference."""
    out = say(told, "other.example#5").stdout
    assert f"Repeats   {STORY}: near (similarity 0.75, containment 0.80)" in out
    assert "Story     “Visitors win the cup”" in out
    assert "here    [Guests] win the cup" in out
    assert "story   [Visitors] win the cup" in out
    assert "[penalty] by their captain" in out
    assert "[goal] by their captain" in out


def test_a_dead_letter_shows_its_reason_and_the_first_bytes_escaped(told):
    """The sentence of the reason, the detail, and nothing that steers a terminal."""
    out = say(told, "x-9").stdout
    assert "UnusableUrl, in normalize: The URL is not an absolute http(s) address" in out
    assert "Detail    javascript: is no address" in out
    assert "the first 300 of " in out
    assert r"\x1b[31mRed\xff" in out
    assert "\x1b" not in out


def test_json_holds_the_whole_evidence(told):
    """One object; rows without the index's bands."""
    answer = json.loads(say(told, "5", "--json").stdout)
    event = answer["events"][0]
    assert event["story"]["text"] == TEXT
    assert event["source"] == {"path": "news/monday.jsonl", "offset": 900}
    assert event["brought_by"]["received"] == 3
    assert "bands" not in event


def test_json_of_nothing_is_one_object_too(told):
    """Exit 1, and still one object on stdout."""
    result = say(told, "example.com#78", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["suggestions"]


@pytest.mark.parametrize(
    ("event_id", "expected"),
    [
        ("a b@c/d.jsonl@12:0f", {"path": "a b@c/d.jsonl", "offset": 12}),
        ("projects/p/topics/t/123", None),  # a message
        ("feed@x:00", None),
    ],
)
def test_the_source_of_an_event_is_read_from_its_id(event_id, expected):
    """Files name path and offset; messages do not."""
    assert source(event_id) == expected
