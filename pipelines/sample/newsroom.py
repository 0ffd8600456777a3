"""The stream of a sample: events in their order, each with the truth about it."""

import tomllib
from collections import deque
from collections.abc import Iterator
from importlib.resources import files
from random import Random
from typing import NamedTuple

from . import repeats
from .broken import break_event
from .dates import DAYS
from .dice import pick
from .grammar import Subject, subjects
from .outlets import Event, as_newsapi, outlets, publish
from .page import dress
from .repeats import LONG, Moment, Told
from .stories import Story, tell

FORMATS = ("story", "newsapi")

# Of 1,000 events.
_KINDS = {
    "story": 700,
    "distinct-near-headline": 30,
    "exact": 60,
    "edited": 50,
    "truncated": 30,
    "expanded": 20,
    "revision": 30,
    "syndicated": 60,
    "broken": 20,
}
_REPEATS: dict[str, repeats.Repeat] = {
    "exact": repeats.exact,
    "edited": repeats.edited,
    "truncated": repeats.truncated,
    "expanded": repeats.expanded,
    "revision": repeats.revision,
    "syndicated": repeats.syndicated,
}
_WHOLE = {"exact", "syndicated"}  # the repeats that a short story can have, and one cut by NewsAPI
_FURNITURE = {"syndicated": True, "edited": False}  # the repeats that get a new dress

# Of 100 stories.
_SUBJECTS = {
    "politics": 31, "sports": 31, "both": 5, "business": 8, "science": 7, "culture": 7,
    "incidents": 6, "german": 2, "french": 1, "spanish": 1, "russian": 1,
}  # fmt: skip

EDITION = 10_000  # events that know nothing of those before
_MEMORY = 3_000  # stories that can still be repeated
_PAIR_FROM = 1_000  # events a sample must have to hold the record pair
_PAIR_LINES = (401, 701)


class Truth(NamedTuple):
    """What is known of one event."""

    kind: str  # one of `_KINDS`
    repeats: int | None = None  # the line of the story that it repeats
    beside: int | None = None  # the line of the other story with nearly its headline
    topic: str | None = None  # null for broken records, as is the language
    language: str | None = None
    reason: str | None = None  # the class of `schemas.reasons` that a broken record must meet


def events(count: int, seed: int, dialect: str = "story") -> Iterator[tuple[Event | bytes, Truth]]:
    """Made-up events in the order of their lines, the first being line 1; broken ones as bytes.

    The same for the same arguments on every machine. Holds a few thousand stories at a time.
    """
    for edition in range(editions(count)):
        yield from edition_of(count, seed, dialect, edition)


def editions(count: int) -> int:
    """How many editions a sample of so many events has."""
    return -(-count // EDITION)


def edition_of(
    count: int, seed: int, dialect: str, edition: int
) -> Iterator[tuple[Event | bytes, Truth]]:
    """The events of one edition, from 0 on; it repeats no other's, so each can be made alone."""
    return _Newsroom(count, seed, dialect, edition).events()


class _Newsroom:
    def __init__(self, count: int, seed: int, dialect: str, edition: int) -> None:
        self._count, self._seed, self._dialect = count, seed, dialect
        first = edition * EDITION
        self._lines = range(first + 1, min(first + EDITION, count) + 1)
        self._dice = Random(f"{seed}/{edition}" if edition else seed)
        self._all: deque[Told] = deque(maxlen=_MEMORY)
        self._long: deque[Told] = deque(maxlen=_MEMORY)  # English, and enough to be edited
        self._kinds = [kind for kind, n in _KINDS.items() for _ in range(n)]
        if dialect == "newsapi":
            self._kinds = [_kind_when_cut(kind) for kind in self._kinds]
        self._pace = DAYS * 86_400 / count  # seconds from one event to the next
        self._subjects = [subjects()[name] for name, n in _SUBJECTS.items() for _ in range(n)]

    def events(self) -> Iterator[tuple[Event | bytes, Truth]]:
        pair = _record_pair() if self._count >= _PAIR_FROM else {}
        for line in self._lines:
            if line in pair:
                beside = min(pair) if line > min(pair) else None
                kind = "distinct-near-headline" if beside else "story"
                yield self._tell(line, pair[line], kind, beside)
                continue
            kind = pick(self._kinds, self._dice)
            if kind == "broken":
                yield self._broken(line)
            elif kind == "story" or not self._long:
                yield self._tell(line, tell(self._subject(), self._dice), "story", None)
            elif kind == "distinct-near-headline":
                yield self._beside(line)
            else:
                yield self._repeat(line, kind)

    def _tell(self, line: int, story: Story, kind: str, beside: int | None) -> tuple[Event, Truth]:
        event, now = self._published(line, story)
        if self._dialect == "newsapi":
            event = as_newsapi(event, now.second, self._dice)
        else:
            event = dress(_in_part(event, self._dice), story, self._dice)
        told = Told(line, story, event)
        self._all.append(told)
        if len(story.text) >= LONG and story.subject.language == "en":
            self._long.append(told)
        return event, _truth(kind, story, None, beside)

    def _beside(self, line: int) -> tuple[Event, Truth]:
        """Another story about the same people, its headline one word away."""
        other = pick(self._long, self._dice)
        story = tell(other.story.subject, self._dice, other.story.names)
        story = story._replace(title=other.story.other_title, other_title=other.story.title)
        return self._tell(line, story, "distinct-near-headline", other.line)

    def _repeat(self, line: int, kind: str) -> tuple[Event, Truth]:
        told = pick(self._all if kind in _WHOLE else self._long, self._dice)
        now = self._now(line)
        event = _REPEATS[kind](told, now)
        if self._dialect == "newsapi":
            if "source" not in event:
                event = as_newsapi(event, now.second, self._dice)
        elif kind in _FURNITURE:
            event = dress(event, told.story, self._dice, _FURNITURE[kind])
        return event, _truth(kind, told.story, told.line, None)

    def _broken(self, line: int) -> tuple[bytes, Truth]:
        event, now = self._published(line, tell(self._subject(), self._dice))
        if self._dialect == "newsapi":
            event = as_newsapi(event, now.second, self._dice)
        record, reason = break_event(event, self._dice)
        return record, Truth("broken", reason=reason.__name__)

    def _published(self, line: int, story: Story) -> tuple[Event, Moment]:
        now, outlet = self._now(line), pick(outlets(), self._dice)
        return publish(story, now.name, now.second, outlet, self._dice), now

    def _now(self, line: int) -> Moment:
        # Stories come in up to three hours late.
        second = int(line * self._pace - self._dice.random() * 10_800)
        return Moment(f"{self._seed}-{line}", second, self._dice)

    def _subject(self) -> Subject:
        return pick(self._subjects, self._dice)


def _truth(kind: str, story: Story, repeats: int | None, beside: int | None) -> Truth:
    subject = story.subject
    return Truth(kind, repeats, beside, subject.topic, subject.language)


def _kind_when_cut(kind: str) -> str:
    # Of two texts that NewsAPI cut off nobody can tell any more that one was edited further down.
    return "syndicated" if kind in _REPEATS and kind not in _WHOLE else kind


def _in_part(event: Event, dice: Random) -> Event:
    """Some events have no id, a few no address."""
    luck = dice.random()
    if luck < 0.08:
        del event["id"]
    elif luck < 0.10:
        del event["url"]
    return event


def _record_pair() -> dict[int, Story]:
    """The two stories of words/record_pair.toml, by their lines."""
    text = (files(__package__) / "words" / "record_pair.toml").read_text("utf-8")
    pair = tomllib.loads(text)
    subject = subjects()["sports"]
    return {
        line: Story(subject, pair["section"], told["title"], other["title"], told["text"], {})
        for line, told, other in zip(
            _PAIR_LINES, (pair["tied"], pair["broken"]), (pair["broken"], pair["tied"]), strict=True
        )
    }
