"""Made-up stories: a headline and 30 to 400 words, no two of them alike."""

from random import Random
from typing import NamedTuple

from .dice import pick
from .grammar import CHOICE, Subject, fill

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
    # Picks from seven bytes at once: seven calls of `pick` would be a tenth of a story's time.
    a, b, c, d, e, f, g = dice.randbytes(7)
    titles, leads, orders = subject.titles, subject.leads, subject.orders
    sections = subject.sections
    headline, choices = titles[a * len(titles) >> 8]
    lead = leads[b * len(leads) >> 8]
    length = _LENGTHS[d * len(_LENGTHS) >> 8]
    texts, lists = orders[c * len(orders) >> 8].some(g, length)
    body = _paragraphs([lead.text, *texts], _PARAGRAPHS[e * len(_PARAGRAPHS) >> 8])
    # Headline and text at once: what a call costs is paid half as often.
    told = fill(f"{headline.text}\n{body}", [*headline.lists, *lead.lists, *lists], dice)
    title, _, text = (told % names).partition("\n")
    title, other_title = _chosen(title, choices, dice)
    return Story(subject, sections[f * len(sections) >> 8], title, other_title, text, names)


def continue_text(story: Story, dice: Random, sentences: int) -> str:
    """One more paragraph about the people and places of a story."""
    texts, lists = pick(story.subject.orders, dice).some(dice.randbytes(1)[0], sentences)
    return fill(" ".join(texts), lists, dice) % story.names


def teaser(story: Story, dice: Random) -> tuple[str, str]:
    """The headline and the cut first sentence of a story that is told nowhere else."""
    subject = story.subject
    names = _names(subject, dice)
    headline, choices = pick(subject.titles, dice)
    title, _ = _chosen(fill(*headline, dice) % names, choices, dice)
    lead = fill(*pick(subject.leads, dice), dice) % names
    return title, lead[: 60 + int(dice.random() * 60)].rpartition(" ")[0]


def _paragraphs(sentences: list[str], size: int) -> str:
    return "\n\n".join(
        [" ".join(sentences[at : at + size]) for at in range(0, len(sentences), size)]
    )


def _names(subject: Subject, dice: Random) -> dict[str, str]:
    # By hand for each person, since a seventh of a story's time is spent here.
    first, last, towns = subject.first, subject.last, subject.towns
    a, b, c, d, e, f, g, h, *others = dice.randbytes(8 + len(subject.once))
    person, rival, witness = last[b], last[d], last[f]
    names = {
        "person_last": person,
        "rival_last": rival,
        "witness_last": witness,
        "person": f"{first[a]} {person}",
        "rival": f"{first[c]} {rival}",
        "witness": f"{first[e]} {witness}",
        "place": towns[g],
        "elsewhere": towns[h],
    }
    # As they stand in the middle of a sentence, and at its start.
    for (key, words, upper, upper_words), byte in zip(subject.once, others, strict=True):
        names[key] = words[byte]
        names[upper] = upper_words[byte]
    return names


def _chosen(title: str, choices: list[str], dice: Random) -> tuple[str, str]:
    before, _, after = title.partition(CHOICE)
    at = int(dice.random() * len(choices))
    return before + choices[at] + after, before + choices[at - 1] + after
