"""Made-up stories: a headline and 30 to 400 words, no two of them alike."""

from random import Random
from typing import NamedTuple

from .dice import pick
from .grammar import CHOICE, Subject, Words, fill

# How many sentences follow the first: most stories are short, a few are long.
_LENGTHS = [2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 5, 6, 7, 10, 19]
_PARAGRAPHS = [1, 2, 2, 3]  # sentences in one


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
    title, other_title = _headline(subject, names, dice)
    # Five picks from five bytes at once: `pick` would be a tenth of a story's time.
    a, b, c, d, e = dice.randbytes(5)
    leads, orders, sections = subject.leads, subject.orders, subject.sections
    lead, lead_lists = leads[b * len(leads) >> 8]
    length = _LENGTHS[c * len(_LENGTHS) >> 8]
    rest, lists = orders[a * len(orders) >> 8].some(dice.random(), length)
    paragraph = _PARAGRAPHS[d * len(_PARAGRAPHS) >> 8]
    text = _told(_paragraphs([lead, *rest], paragraph), lead_lists + lists, names, dice)
    return Story(subject, sections[e * len(sections) >> 8], title, other_title, text, names)


def continue_text(story: Story, dice: Random, sentences: int) -> str:
    """One more paragraph about the people and places of a story."""
    texts, lists = pick(story.subject.orders, dice).some(dice.random(), sentences)
    return _told(" ".join(texts), lists, story.names, dice)


def teaser(story: Story, dice: Random) -> tuple[str, str]:
    """The headline and the cut first sentence of a story that is told nowhere else."""
    subject = story.subject
    names = _names(subject, dice)
    title, _ = _headline(subject, names, dice)
    lead = _told(*pick(subject.leads, dice), names, dice)
    return title, lead[: 60 + int(dice.random() * 60)].rpartition(" ")[0]


def _told(text: str, lists: list[Words], names: dict[str, str], dice: Random) -> str:
    return fill(text, lists, dice).format_map(names)


def _paragraphs(sentences: list[str], size: int) -> str:
    return "\n\n".join(
        [" ".join(sentences[at : at + size]) for at in range(0, len(sentences), size)]
    )


def _names(subject: Subject, dice: Random) -> dict[str, str]:
    # By hand for each person, since a seventh of a story's time is spent here.
    first, last, places = subject.first, subject.last, subject.places
    a, b, c, d, e, f, *others = dice.randbytes(6 + len(subject.once))
    person, rival, witness = last[b], last[d], last[f]
    names = {
        "person_last": person,
        "rival_last": rival,
        "witness_last": witness,
        "person": f"{first[a]} {person}",
        "rival": f"{first[c]} {rival}",
        "witness": f"{first[e]} {witness}",
        "place": places[int(dice.random() * len(places))],
        "elsewhere": places[int(dice.random() * len(places))],
    }
    # As they stand in the middle of a sentence, and at its start.
    for (key, words, upper, upper_words), byte in zip(subject.once, others, strict=True):
        names[key] = words[byte]
        names[upper] = upper_words[byte]
    return names


def _headline(subject: Subject, names: dict[str, str], dice: Random) -> tuple[str, str]:
    title = pick(subject.titles, dice)
    before, _, after = _told(*title.headline, names, dice).partition(CHOICE)
    at = int(dice.random() * len(title.choices))
    return before + title.choices[at] + after, before + title.choices[at - 1] + after
