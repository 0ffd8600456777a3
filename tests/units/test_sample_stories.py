"""Made-up stories: as long and as varied as promised, and well-formed."""

import re
from collections import Counter, defaultdict
from itertools import pairwise
from random import Random

import pytest

from pipelines.sample.dates import DAYS, iso, written
from pipelines.sample.grammar import Sentence, _with_article, fill, subjects
from pipelines.sample.newsroom import events
from pipelines.sample.stories import tell
from tests.made_news import bigrams, words


def test_stories_have_30_to_400_words_and_differ() -> None:
    """No two stories share three tenths of their word pairs, nor six tenths of the shorter's."""
    dice = Random(4)
    subject = [s for s in subjects().values() for _ in range(40)]
    texts = [bigrams(text) for s in subject if (text := tell(s, dice).text) and in_bounds(text)]
    assert len(texts) == len(subject)
    holders: dict[tuple[str, str], list[int]] = {}
    shared: Counter[tuple[int, int]] = Counter()
    for number, text in enumerate(texts):
        for pair in text:
            others = holders.setdefault(pair, [])
            shared.update((other, number) for other in others)
            others.append(number)
    for (one, other), count in shared.items():
        sizes = len(texts[one]), len(texts[other])
        assert count / (sum(sizes) - count) < 0.3
        assert count / min(sizes) < 0.6


def in_bounds(text: str) -> bool:
    """Whether a text has 30 to 400 words or so."""
    return 28 <= len(words(text)) <= 430


@pytest.mark.parametrize("name", subjects())
def test_sentences_have_slots_enough(name: str) -> None:
    """Filled anew, a pattern keeps at most 0.6 of its word pairs, and a quarter on average."""
    subject, dice = subjects()[name], Random(1)
    kept = []
    order, names = subject.orders[0], defaultdict(lambda: "name")
    bodies = [
        Sentence(text, order.lists[start:end])
        for text, (start, end) in zip(order.texts, pairwise(order.starts), strict=True)
    ]
    for sentence in subject.leads + bodies[: len(bodies) // 2]:
        fills = [bigrams(fill(*sentence, dice) % names) for _ in range(8)]
        ratios = [len(a & b) / len(a) for a, b in pairwise(fills)]
        kept.append(sum(ratios) / len(ratios))
    assert max(kept) < 0.6
    assert sum(kept) / len(kept) < 0.27


@pytest.mark.parametrize("name", subjects())
def test_stories_leave_no_slot_open(name: str) -> None:
    """A told story has no braces, signs, doubled spaces or choices left, and fits its articles."""
    dice, english = Random(2), subjects()[name].language == "en"
    wrong = re.compile(r"[{}<>]|  |%[sd%(]" + r"|\b[Aa] (?!uni|eu|one|us)[aeiou]" * english)
    for _ in range(40):
        story = tell(subjects()[name], dice)
        for text in (story.title, story.text):
            assert not wrong.search(text), text
            assert not text[0].islower(), text


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("good win", "a good win"),
        ("early vote", "an early vote"),
        ("union leader", "a union leader"),  # sounds like "you"
        ("honest answer", "an honest answer"),  # a silent h
        ("8-3 win", "an 8-3 win"),
        ("$11 million bond", "an $11 million bond"),  # the sign is not spoken first
    ],
)
def test_articles(entry: str, expected: str) -> None:
    """The article follows the sound of the word after it."""
    assert _with_article(entry) == expected


def test_near_headlines_are_other_stories() -> None:
    """A headline one word away stands over a text that is as different as any other's."""
    lines = list(events(1_500, 6))
    seen = 0
    for event, truth in lines:
        if truth.beside and isinstance(event, dict) and "text" in event:
            other = lines[truth.beside - 1][0]
            if isinstance(other, dict) and "text" in other:
                one, two = bigrams(event["text"]), bigrams(other["text"])
                assert len(one & two) / len(one | two) < 0.3
                seen += 1
    assert seen > 15


def test_times_take_many_forms_over_ten_days() -> None:
    """Each is written in one of a dozen ways, and a few are missing."""
    dice = Random(1)
    forms = {re.sub(r"[A-Za-z]+", "a", re.sub(r"\d+", "9", str(written(s, dice))))
             for s in range(0, DAYS * 86_400, 120)}  # fmt: skip
    assert len(forms) > 10
    assert (iso(0), iso(DAYS * 86_400 - 1)) == ("2026-03-02T00:00:00Z", "2026-03-11T23:59:59Z")
