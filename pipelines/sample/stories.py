"""Made-up stories: a headline and 30 to 400 words, no two of them alike."""

from collections.abc import Sequence
from itertools import cycle
from random import Random
from typing import NamedTuple

from .dice import pick
from .grammar import PEOPLE, PLACES, Sentence, Subject, Title, Words, fill

# How many sentences follow the first: most stories are short, a few are long.
_LENGTHS = [2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 6, 8, 11, 19]
# What stands between sentences, in several rhythms: a paragraph has about two.
_RHYTHMS = [[" ", "\n\n"], ["\n\n", " ", " "], ["\n\n"], [" ", " ", "\n\n"], [" ", "\n\n", "\n\n"]]

_PEOPLE = [(key, f"{key}_last", key.title(), f"{key.title()}_last") for key in PEOPLE]
_PLACES = [(key, key.title()) for key in PLACES]


class Story(NamedTuple):
    """A story before any outlet has published it."""

    subject: Subject
    section: str
    title: str
    other_title: str  # the same headline with one word changed: another story's
    text: str  # paragraphs, an empty line between them
    names: dict[str, str]  # who and what it is about, as the patterns call them


def tell(subject: Subject, dice: Random, names: dict[str, str] | None = None) -> Story:
    """A new story about the subject, with the people and places of `names` if given."""
    if names is None:
        names = _names(subject, dice)
    title, other_title = _headline(pick(subject.titles, dice), names, dice)
    section = pick(subject.sections, dice)
    return Story(subject, section, title, other_title, _text(subject, names, dice), names)


def continue_text(story: Story, dice: Random, sentences: int) -> str:
    """One more paragraph about the people and places of a story."""
    return _told(_some(story.subject, dice, sentences), story.names, dice)


def teaser(story: Story, dice: Random) -> tuple[str, str]:
    """The headline and the cut first sentence of a story that is told nowhere else."""
    subject = story.subject
    names = _names(subject, dice)
    title, _ = _headline(pick(subject.titles, dice), names, dice)
    lead = _told([pick(subject.leads, dice)], names, dice)
    return title, lead[: 60 + int(dice.random() * 60)].rpartition(" ")[0]


def _text(subject: Subject, names: dict[str, str], dice: Random) -> str:
    lead = pick(subject.leads, dice)
    sentences = [lead, *_some(subject, dice, pick(_LENGTHS, dice))]
    return _told(sentences, names, dice, pick(_RHYTHMS, dice))


def _told(
    sentences: list[Sentence], names: dict[str, str], dice: Random, rhythm: Sequence[str] = (" ",)
) -> str:
    parts: list[str] = []
    lists: list[Words] = []
    for sentence, gap in zip(sentences, cycle(rhythm), strict=False):
        parts += sentence.text, gap
        lists += sentence.lists
    return fill("".join(parts[:-1]), lists, dice).format_map(names)


def _some(subject: Subject, dice: Random, count: int) -> list[Sentence]:
    """Some of the subject's sentences, none twice, and never most of them: texts must differ."""
    bodies = subject.bodies
    at, step = int(dice.random() * len(bodies)), pick(subject.strides, dice)
    return [bodies[(at + step * i) % len(bodies)] for i in range(min(count, len(bodies) * 2 // 3))]


def _names(subject: Subject, dice: Random) -> dict[str, str]:
    # Each name twice: as it stands in the middle of a sentence, and at its start.
    first, last, once = subject.first, subject.last, subject.once
    bytes_ = iter(dice.randbytes(len(PEOPLE) * 2 + len(once)))
    names = {}
    for key, key_last, upper, upper_last in _PEOPLE:
        surname = names[key_last] = names[upper_last] = last[next(bytes_)]
        names[key] = names[upper] = f"{first[next(bytes_)]} {surname}"
    for key, upper in _PLACES:
        names[key] = names[upper] = pick(subject.places, dice)
    for key, upper, words in once:
        name = names[key] = words[next(bytes_)]
        names[upper] = name[0].upper() + name[1:]
    return names


def _headline(title: Title, names: dict[str, str], dice: Random) -> tuple[str, str]:
    before = fill(*title.before, dice).format_map(names)
    after = fill(*title.after, dice).format_map(names)
    at = int(dice.random() * len(title.choices))
    return before + title.choices[at] + after, before + title.choices[at - 1] + after
