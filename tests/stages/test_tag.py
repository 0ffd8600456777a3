"""Tag: made-up stories get the topics that a reader would give them."""

from dataclasses import fields

import numpy as np
import pytest

from pipelines.batch import NormalizedBatch, Place
from pipelines.tag.tag import tag
from pipelines.words import words


def batch_of(*stories: tuple[str, str], language: str | None = "en") -> NormalizedBatch:
    """A batch of (title, text), as Normalize would hand it on."""
    count = len(stories)
    columns = {f.name: [None] * count for f in fields(NormalizedBatch)}
    columns["title"], columns["text"] = [s[0] for s in stories], [s[1] for s in stories]
    columns |= {"summary": [""] * count, "language": [language] * count}
    columns |= {f"{part}_words": words(columns[part]) for part in ("title", "text", "summary")}
    columns |= {"place": Place(0, 0), "arrived_at": 0, "spans": [], "ack_ids": [], "dead": []}
    return NormalizedBatch(**columns)


@pytest.mark.parametrize(
    ("topic", "title", "text"),
    [
        # a record, with and without text
        ("sports", "LeBron James breaks another NBA scoring record as the Lakers win", ""),
        (
            "sports",
            "Marlowe's 51 points lift Harbor City past the Comets in overtime",
            "The point guard hit a three-pointer at the buzzer, and the team moved up to second "
            "in the conference with nine games of the season left.",
        ),
        # a transfer: business of sports is sports
        ("sports", "Striker signs a four-year contract with the league champions", ""),
        (
            "politics",
            "Senate passes the budget bill after a night of amendments",
            "The vote fell along party lines, and the president said she would sign it.",
        ),
        ("politics", "Prime minister loses majority as coalition partner quits government", ""),
        # an athlete's name or trade alone does not make sports
        (
            "other",
            "First trailer for the basketball comedy starring a retired champion",
            "The movie opens in cinemas this summer; its director calls it a film about growing "
            "up, and the actor sings two songs in it.",
        ),
        (
            "other",
            "Signature sneaker of the star forward sells out in minutes",
            "The shoe, priced at 180 dollars, comes in three colours; the brand plans a second "
            "release for the holidays.",
        ),
        ("other", "Seven recipes for a rainy autumn weekend", "Start with a pumpkin soup."),
        # of both, with words for each
        (
            "both",
            "Congress questions football league commissioner over stadium subsidies",
            "Senators asked the NFL commissioner why the team needs public money for its stadium. "
            "A Republican senator said her bill would end the tax exemption of the league.",
        ),
    ],
)
def test_topics(topic, title, text):
    """A reader would give this story this topic."""
    assert tag(batch_of((title, text))).topic == [topic]


@pytest.mark.parametrize(
    ("title", "text", "both"),
    [
        # words for each in the title
        ("Minister calls football players to parliament", "Lawmakers want to hear the team.", True),
        (
            "Senator’s bill would pay the athletes’ federation",
            "",
            True,
        ),
        # in the title one, the others at the beginning of the text
        (
            "Footballers stay away from the ceremony",
            "The minister had asked the athletes to come; the government called it an insult.",
            True,
        ),
        # the same, too late
        (
            "Footballers stay away from the ceremony",
            "The team lost again. " * 9 + "minister",
            False,
        ),
        # a sports body's president is elected; a politician plays
        ("Football association elects its president and secretary", "He won the vote.", False),
        ("Coalition drops the ball in the second half of its term", "The party is losing.", False),
    ],
)
def test_both_needs_words_for_each_at_the_beginning(title, text, both):
    """Margins alone do not make a story of both topics, and neither do figures of speech."""
    assert (tag(batch_of((title, text))).topic == ["both"]) is both


def test_scores_follow_the_topic():
    """Scores are probabilities as 32-bit floats, high for the topic and low for the other."""
    tagged = tag(batch_of(("Goalkeeper saves two penalties in the cup final", "")))
    assert tagged.sports_score.dtype == tagged.politics_score.dtype == np.float32
    assert tagged.sports_score[0] > 0.9
    assert tagged.politics_score[0] < 0.1
    assert tagged.topic_confident == [True]


@pytest.mark.parametrize(
    ("language", "title", "tagged"),
    [
        ("en", "Senate votes", True),
        ("de", "Senate votes", False),  # detected as what the model cannot read
        (None, "Senate votes on the bill", True),  # too short to tell, but English words
        (None, "Der Bundestag hat das Gesetz beschlossen", False),
        (None, "国会通过法案", False),
        (None, "", False),  # nothing to read
    ],
)
def test_only_english_is_tagged(language, title, tagged):
    """What the model cannot read has no topic, no scores and no certainty."""
    result = tag(batch_of((title, ""), language=language))
    assert (result.topic[0] is not None) is tagged
    assert (result.topic_confident[0] is not None) is tagged
    assert bool(np.isfinite(result.sports_score[0])) is tagged
    assert bool(np.isfinite(result.politics_score[0])) is tagged


def test_a_summary_tells_whether_a_story_can_be_read():
    """Where title and text are too short to tell, the summary's words count as well."""
    batch = batch_of(("Seven soups", ""), ("Sieben Suppen", ""), language=None)
    batch.summary = ["Cook the onions and serve them.", "Die Zwiebeln kochen und servieren."]
    batch.summary_words = words(batch.summary)
    assert [topic is not None for topic in tag(batch).topic] == [True, False]


def test_a_story_without_words_is_not_confidently_anything():
    """Punctuation alone is other, and says so without conviction."""
    result = tag(batch_of(("...", "!!!")))
    assert result.topic == ["other"]


def test_a_batch_gives_what_its_stories_give_alone():
    """Neighbours in a batch change nothing, empty ones included."""
    stories = [
        ("Senate votes on the bill", "The president will sign it."),
        ("", ""),
        ("Late goal wins the derby", "word " * 1_000),
        ("A quiet day", ""),
    ]
    together = tag(batch_of(*stories))
    for i, story in enumerate(stories):
        alone = tag(batch_of(story))
        assert (together.topic[i], together.topic_confident[i]) == (
            alone.topic[0],
            alone.topic_confident[0],
        )
        assert together.sports_score[i] == alone.sports_score[0]


def test_an_empty_batch_passes():
    """A batch whose events are all dead letters is tagged without complaint."""
    result = tag(batch_of())
    assert result.topic == []
    assert result.sports_score.shape == (0,)
