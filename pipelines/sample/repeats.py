"""The ways in which a story comes again: copied, edited, cut off, grown, corrected, passed on."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from .dates import iso, long_date
from .dice import pick
from .outlets import Event, by, outlets, page_words, publish
from .stories import Story, continue_text


class Told(NamedTuple):
    """A story that is out, and what later events need to repeat it."""

    line: int
    story: Story
    event: Event

    @property
    def words(self) -> int:
        """How long the story is."""
        return self.story.text.count(" ") + 1


class Moment(NamedTuple):
    """A repeat's own name, time and luck."""

    name: str
    second: int
    dice: Random


Repeat = Callable[[Told, Moment], Event]

LONG = 520  # characters, about 80 words: shorter stories are only ever copied or passed on whole


def exact(told: Told, now: Moment) -> Event:
    """The same event again, or the same text under another id or address."""
    if now.dice.random() < 0.4:
        return told.event
    event = dict(told.event)
    if "id" in event and now.dice.random() < 0.5:
        event["id"] = now.name
    if "url" in event:
        event["url"] = _tracked(event["url"], now.dice)
    if "text" in event and now.dice.random() < 0.3:
        event["text"] = f"  {event['text']} \n"
    return event


def syndicated(told: Told, now: Moment) -> Event:
    """The same text on another outlet's site."""
    event = _elsewhere(told, now, told.story.text)
    if now.dice.random() < 0.2:
        event["title"] += f" | {event['publisher']}"
    return event


def edited(told: Told, now: Moment) -> Event:
    """The text with 1 to 15 % of its words changed, and what else another desk does to it."""
    dice, text = now.dice, told.story.text
    share = 0.01 + dice.random() * (0.14 if told.words >= 150 else 0.09)
    text = _restyled(_reordered(_substituted(text, share, dice), dice), dice)
    event = _elsewhere(told, now, text)
    event["text"] = _framed(text, event["publisher"], told, now)
    return event


def truncated(told: Told, now: Moment) -> Event:
    """The text's first 40 to 80 %, with or without a mark of the cut."""
    words = told.story.text.split(" ")
    kept = " ".join(words[: int(len(words) * (0.4 + now.dice.random() * 0.4))])
    left = len(told.story.text) - len(kept)
    marks = ["…", "...", f"… [+{left} chars]", ""]
    event = _elsewhere(told, now, kept + marks[int(now.dice.random() * 4)])
    if now.dice.random() < 0.5:
        event["truncated"] = True
    return event


def expanded(told: Told, now: Moment) -> Event:
    """The whole text and a third to two thirds more."""
    sentences = max(2, int(told.words * (0.02 + now.dice.random() * 0.015)))
    more = continue_text(told.story, now.dice, sentences)
    return _elsewhere(told, now, f"{told.story.text}\n\n{more}")


def revision(told: Told, now: Moment) -> Event:
    """Later text under the same id and address: the beginning kept, the rest told anew."""
    event = dict(told.event)
    event.pop("html", None)
    sentences = told.story.text.split(". ")
    kept = ". ".join(sentences[: max(2, int(len(sentences) * (0.5 + now.dice.random() * 0.4)))])
    more = continue_text(told.story, now.dice, 1 + int(now.dice.random() * 3))
    event["text"] = f"{kept.rstrip('.')}.\n\n{more}"
    event["updated_at"] = iso(now.second)
    if now.dice.random() < 0.2:
        event["title"] = f"{told.story.title}: what we know"
    return event


def _elsewhere(told: Told, now: Moment, text: str) -> Event:
    outlet = pick(outlets(), now.dice)
    event = publish(told.story._replace(text=text), now.name, now.second, outlet, now.dice)
    if now.dice.random() < 0.6:
        event["url"] = _tracked(event["url"], now.dice)
    return event


def _tracked(url: str, dice: Random) -> str:
    trackers = page_words()["trackers"]
    mark = pick(trackers, dice).format(number=int(dice.random() * 1e9))
    return url + (mark.replace("?", "&", 1) if "?" in url else mark)


def _substituted(text: str, share: float, dice: Random) -> str:
    words, others = text.split(" "), page_words()["substitutes"]
    for _ in range(max(1, int(len(words) * share))):
        at = int(dice.random() * len(words))
        if "\n" not in words[at]:
            words[at] = pick(others, dice)
    return " ".join(words)


def _reordered(text: str, dice: Random) -> str:
    paragraphs = text.split("\n\n")
    if len(paragraphs) > 2 and dice.random() < 0.3:
        at = 1 + int(dice.random() * (len(paragraphs) - 1))
        paragraphs.append(paragraphs.pop(at))
    return "\n\n".join(paragraphs)


def _restyled(text: str, dice: Random) -> str:
    luck = dice.random()
    if luck < 0.2:
        return text.replace("“", '"').replace("”", '"')
    return text.replace("“", "«").replace("”", "»") if luck < 0.3 else text


def _framed(text: str, publisher: str, told: Told, now: Moment) -> str:
    words, names, dice = page_words(), told.story.names, now.dice
    if dice.random() < 0.5:
        dateline = pick(words["datelines"], dice)
        day = long_date(now.second).partition(",")[0]
        place = names.get("place", "").upper()
        text = dateline.format(place=place, date=day, outlet=publisher) + text
    if dice.random() < 0.4:
        footer = pick(words["footers"], dice)
        text += footer.format(name=by(told.story, dice), town=names["elsewhere"], outlet=publisher)
    return text
