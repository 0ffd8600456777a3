"""Made-up stories: a headline and 30 to 400 words, no two of them alike."""

from random import Random
from typing import NamedTuple

from .dice import pick
from .grammar import CHOICE, PEOPLE, PLACES, Sentence, Subject, fill

# How many sentences follow the first: most stories are short, a few are long.
_LENGTHS = [2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 5, 6, 7, 10, 19]
_PARAGRAPHS = [1, 2, 2, 3]  # sentences in one

_UPPER = [(key.capitalize(), key) for key in (*PEOPLE, *(f"{p}_last" for p in PEOPLE), *PLACES)]


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
    leads, sections = subject.leads, subject.sections
    order = subject.orders[a * len(subject.orders) >> 8]
    lead = leads[b * len(leads) >> 8]
    rest = _some(order, dice, _LENGTHS[c * len(_LENGTHS) >> 8])
    text = _told([lead, *rest], names, dice, _PARAGRAPHS[d * len(_PARAGRAPHS) >> 8])
    return Story(subject, sections[e * len(sections) >> 8], title, other_title, text, names)


def continue_text(story: Story, dice: Random, sentences: int) -> str:
    """One more paragraph about the people and places of a story."""
    order = pick(story.subject.orders, dice)
    return _told(_some(order, dice, sentences), story.names, dice)


def teaser(story: Story, dice: Random) -> tuple[str, str]:
    """The headline and the cut first sentence of a story that is told nowhere else."""
    subject = story.subject
    names = _names(subject, dice)
    title, _ = _headline(subject, names, dice)
    lead = _told([pick(subject.leads, dice)], names, dice)
    return title, lead[: 60 + int(dice.random() * 60)].rpartition(" ")[0]


def _told(
    sentences: list[Sentence], names: dict[str, str], dice: Random, paragraph: int = 99
) -> str:
    texts = [sentence.text for sentence in sentences]
    lists = [words for sentence in sentences for words in sentence.lists]
    text = "\n\n".join(
        [" ".join(texts[at : at + paragraph]) for at in range(0, len(texts), paragraph)]
    )
    return fill(text, lists, dice).format_map(names)


def _some(order: list[Sentence], dice: Random, count: int) -> list[Sentence]:
    """Some of the sentences, none twice, and never most of them: texts must differ."""
    total = len(order) // 2
    at = int(dice.random() * total)
    return order[at : at + min(count, total * 2 // 3)]


def _names(subject: Subject, dice: Random) -> dict[str, str]:
    # Each name twice: as it stands in the middle of a sentence, and at its start. By hand for
    # each person, since a quarter of a story's time is spent here.
    first, last, places = subject.first, subject.last, subject.places
    a, b, c, d, e, f, *others = dice.randbytes(6 + len(subject.once))
    person, rival, witness = last[b], last[d], last[f]
    names = {"person_last": person, "rival_last": rival, "witness_last": witness}
    names["person"] = f"{first[a]} {person}"
    names["rival"] = f"{first[c]} {rival}"
    names["witness"] = f"{first[e]} {witness}"
    names["place"] = places[int(dice.random() * len(places))]
    names["elsewhere"] = places[int(dice.random() * len(places))]
    for upper, key in _UPPER:
        names[upper] = names[key]
    for (key, words, upper, upper_words), byte in zip(subject.once, others, strict=True):
        names[key] = words[byte]
        names[upper] = upper_words[byte]
    return names


def _headline(subject: Subject, names: dict[str, str], dice: Random) -> tuple[str, str]:
    title = pick(subject.titles, dice)
    before, _, after = fill(*title.headline, dice).format_map(names).partition(CHOICE)
    at = int(dice.random() * len(title.choices))
    return before + title.choices[at] + after, before + title.choices[at - 1] + after
