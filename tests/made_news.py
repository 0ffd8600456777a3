"""What the tests of made-up news have in common: the words of texts, and stories that are out."""

import re
from itertools import pairwise
from random import Random

from pipelines.sample.grammar import subjects
from pipelines.sample.outlets import outlets, publish
from pipelines.sample.repeats import Told
from pipelines.sample.stories import tell

Bigrams = set[tuple[str, str]]


def words(text: str) -> list[str]:
    """The words of a text, lower-cased, without punctuation."""
    return re.findall(r"\w+", text.lower())


def bigrams(text: str) -> Bigrams:
    """The pairs of neighbouring words."""
    found = words(text)
    return set(pairwise(found))


def told(seed: int, subject: str = "politics", least: int = 80) -> Told:
    """A story that is out, with at least so many words."""
    dice = Random(seed)
    while True:
        story = tell(subjects()[subject], dice)
        if len(words(story.text)) >= least:
            event = publish(story, f"{seed}-1", 0, outlets()[0], dice)
            return Told(1, story, event)
