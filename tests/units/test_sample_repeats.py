"""Repeats and broken records of made-up news: as near, and as broken, as the truth says."""

from collections import Counter
from random import Random
from typing import Any

import pytest

from pipelines.batch import Place, RawBatch
from pipelines.decode.decode import decode
from pipelines.normalize.normalize import normalize
from pipelines.sample import broken, repeats
from pipelines.sample.outlets import as_newsapi
from pipelines.sample.repeats import Moment
from schemas.reasons import reasons
from tests.made_news import bigrams, told, words


@pytest.mark.parametrize("seed", range(12))
def test_edited_copies_stay_near(seed: int) -> None:
    """Changed, reordered, with dateline and footer: still near enough to be found, never equal."""
    story = told(seed)
    event = repeats.edited(story, Moment("x-2", 60, Random(seed)))
    one, two = bigrams(story.story.text), bigrams(event["text"])
    assert one != two
    shared = len(one & two)
    assert shared / len(one | two) >= 0.45 or shared / min(len(one), len(two)) >= 0.70


@pytest.mark.parametrize("seed", range(6))
def test_truncated_and_expanded_contain_one_another(seed: int) -> None:
    """What was cut off is in the story, and the story is in what was expanded."""
    story = told(seed, "sports")
    whole = words(story.story.text)
    short = repeats.truncated(story, Moment("x-2", 60, Random(seed)))["text"].partition("…")[0]
    longer = repeats.expanded(story, Moment("x-3", 60, Random(seed)))["text"]
    cut = words(short.removesuffix("..."))
    assert whole[: len(cut) - 1] == cut[:-1]
    assert 0.35 * len(whole) < len(cut) < 0.85 * len(whole)
    assert words(longer)[: len(whole)] == whole
    assert 1.2 * len(whole) < len(words(longer)) < 2 * len(whole) + 60


@pytest.mark.parametrize("seed", range(6))
def test_revisions_keep_name_and_beginning(seed: int) -> None:
    """A revision has the story's id and address, and a fifth of its words at least."""
    story = told(seed)
    event = repeats.revision(story, Moment("x-2", 60, Random(seed)))
    assert (event["id"], event["url"]) == (story.event["id"], story.event["url"])
    assert event["text"] != story.event["text"]
    mine, theirs = Counter(words(event["text"])), Counter(words(story.story.text))
    assert (mine & theirs).total() >= 0.4 * theirs.total()


@pytest.mark.parametrize("seed", range(6))
def test_syndicated_and_exact_copies_have_the_same_words(seed: int) -> None:
    """Passed on, a text moves to another outlet; copied, it may keep even its id."""
    story = told(seed, "science", least=20)
    passed_on = repeats.syndicated(story, Moment("x-2", 60, Random(seed)))
    copied = repeats.exact(story, Moment("x-3", 60, Random(seed)))
    assert words(passed_on["text"]) == words(copied["text"]) == words(story.story.text)
    assert passed_on["id"] == "x-2"
    assert copied["url"].startswith(story.event["url"])


BROKEN = [
    pytest.param(dialect, reason, way, id=f"{dialect}-{reason.__name__}-{number}")
    for dialect in ("story", "newsapi")
    for reason, ways in broken._WAYS
    for number, way in enumerate(ways)
]


@pytest.mark.parametrize(("dialect", "reason", "way"), BROKEN)
def test_broken_records_meet_the_reason_that_the_truth_names(
    dialect: str, reason: Any, way: Any
) -> None:
    """Each way of breaking a record is refused for its own reason, in either format."""
    story = told(3, "business", least=20)
    event = story.event
    if dialect == "newsapi":
        event = as_newsapi(event, 0, Random(1))
    batch = RawBatch(
        Place(0, 0), 1_770_000_000_000_000, [], [], [], [0], ["file:///x@0:0"], [None], [way(event)]
    )
    assert [dead.reason for dead in normalize(decode(batch)).dead] == [reason.__name__]


def test_every_reason_of_decode_and_normalize_can_be_met() -> None:
    """No reason that a record can have is missing from samples."""
    made = {reason for reason, _ in broken._WAYS}
    assert made == {reason for reason in reasons() if reason.stage != "read"}
