"""Made-up stories: a headline and 30 to 400 words, no two of them alike."""

from typing import NamedTuple

from .grammar import PEOPLE, PLACES, Draw, Sentence, Subject, Title

# How many sentences follow the first: most stories are short, a few are long.
_LENGTHS = [1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10, 12, 15, 18]
# What stands between two sentences: a paragraph has about two.
_BREAKS = [" ", "\n\n"]


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


def tell(subject: Subject, draw: Draw, names: dict[str, str] | None = None) -> Story:
    """A new story about the subject, with the people and places of `names` if given."""
    if names is None:
        names = _names(subject, draw)
    title, other_title = _headline(subject.titles[int(draw() * len(subject.titles))], names, draw)
    section = subject.sections[int(draw() * len(subject.sections))]
    return Story(subject, section, title, other_title, _text(subject, names, draw), names)


def continue_text(story: Story, draw: Draw, sentences: int) -> str:
    """More paragraphs about the people and places of a story."""
    subject, names = story.subject, story.names
    parts = [body.fill(draw) for body in _some(subject, draw, sentences)]
    return " ".join(parts).format_map(names)


def teaser(story: Story, draw: Draw) -> tuple[str, str]:
    """The headline and the cut first sentence of a story that is told nowhere else."""
    subject = story.subject
    names = _names(subject, draw)
    title, _ = _headline(subject.titles[int(draw() * len(subject.titles))], names, draw)
    lead = subject.leads[int(draw() * len(subject.leads))].fill(draw).format_map(names)
    return title, lead[: 60 + int(draw() * 60)].rpartition(" ")[0]


def _text(subject: Subject, names: dict[str, str], draw: Draw) -> str:
    parts = [subject.leads[int(draw() * len(subject.leads))].fill(draw)]
    for body in _some(subject, draw, _LENGTHS[int(draw() * len(_LENGTHS))]):
        parts.append(_BREAKS[int(draw() * 2)])
        parts.append(body.fill(draw))
    return "".join(parts).format_map(names)


def _some(subject: Subject, draw: Draw, count: int) -> list[Sentence]:
    """Some of the subject's sentences, none twice."""
    bodies, strides = subject.bodies, subject.strides
    at, step = int(draw() * len(bodies)), strides[int(draw() * len(strides))]
    return [bodies[(at + step * i) % len(bodies)] for i in range(min(count, len(bodies)))]


def _names(subject: Subject, draw: Draw) -> dict[str, str]:
    # Each name twice: as it stands in the middle of a sentence, and at its start.
    first, last, place = subject.first, subject.last, subject.place
    names = {}
    for key, key_last, upper, upper_last in _PEOPLE:
        surname = last[int(draw() * len(last))]
        names[key] = names[upper] = f"{first[int(draw() * len(first))]} {surname}"
        names[key_last] = names[upper_last] = surname
    for key, upper in _PLACES:
        names[key] = names[upper] = place[int(draw() * len(place))]
    for key, upper, words in subject.once:
        name = names[key] = words[int(draw() * len(words))]
        names[upper] = name[0].upper() + name[1:]
    return names


def _headline(title: Title, names: dict[str, str], draw: Draw) -> tuple[str, str]:
    before = title.before.fill(draw).format_map(names)
    after = title.after.fill(draw).format_map(names)
    at = int(draw() * len(title.choices))
    told, other = title.choices[at], title.choices[at - 1]
    return before + told + after, before + other + after
