"""Outlets that do not exist, and the events they publish."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from .dates import day_path, iso, written
from .dice import pick
from .stories import Story

Event = dict[str, Any]  # the members of a `StoryEvent`, or of a NewsAPI item

_SLUG_WORDS = re.compile("[a-z0-9]+")
_CUT = 200  # characters that NewsAPI leaves of a text


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher and its site."""

    name: str
    site: str


@cache
def outlets() -> list[Outlet]:
    """All outlets, in the order of their file."""
    text = (files(__package__) / "words" / "outlets.toml").read_text("utf-8")
    return [Outlet(name, f"{slug(name)}.example") for name in tomllib.loads(text)["names"]]


@cache
def page_words() -> dict[str, list[str]]:
    """What pages, editors and trackers add: words/page.toml."""
    return tomllib.loads((files(__package__) / "words" / "page.toml").read_text("utf-8"))


def slug(title: str) -> str:
    """The title as addresses spell it."""
    return "-".join(_SLUG_WORDS.findall(title.lower()))[:60]


def publish(story: Story, name: str, second: int, outlet: Outlet, dice: Random) -> Event:
    """A story as an event: its members as the outlet would fill them, text and title undressed.

    `name` is the event's id, unique in the sample; `second` when it was published.
    """
    event: Event = {
        "id": name,
        "url": _url(story, name, second, outlet, dice),
        "title": story.title,
        "text": story.text,
    }
    if dice.random() < 0.6:
        event["summary"] = summary(story.text)
    if (published := written(second, dice)) is not None:
        event["published_at"] = published
    _add_credits(event, story, outlet, dice)
    return event


def summary(text: str) -> str:
    """The beginning of a text, as feeds repeat it."""
    first = text[:160].partition("\n")[0]
    return first if len(first) < 160 else first.rpartition(" ")[0] + "…"


def by(story: Story, dice: Random) -> str:
    """Somebody's name, in the story's language."""
    first, last = story.subject.first, story.subject.last
    return f"{pick(first, dice)} {pick(last, dice)}"


def as_newsapi(event: Event, second: int, dice: Random) -> Event:
    """The event as an item of NewsAPI: the outlet in the headline, the text cut off."""
    publisher, text = event["publisher"], event["text"]
    content = text if len(text) <= _CUT else f"{text[:_CUT]}… [+{len(text) - _CUT} chars]"
    authors = event.get("authors")
    return {
        "source": {"id": slug(publisher) if dice.random() < 0.5 else None, "name": publisher},
        "author": authors if isinstance(authors, str) else ", ".join(authors or ()) or None,
        "title": f"{event['title']} - {publisher}",
        "description": summary(text),
        "url": event["url"],
        "urlToImage": f"https://img.example/{int(dice.random() * 1e9)}.jpg",
        "publishedAt": iso(second),
        "content": content.replace("\n\n", "\r\n"),
    }


def _url(story: Story, name: str, second: int, outlet: Outlet, dice: Random) -> str:
    luck = dice.random()
    if luck < 0.04:
        return f"https://www.{outlet.site}/story.php?id={name}"
    host = f"www.{outlet.site}" if luck < 0.7 else outlet.site
    headline = f"{slug(story.title)}-" if luck < 0.5 else ""
    return f"https://{host}/{story.section.lower()}/{day_path(second)}/{headline}{name}"


def _add_credits(event: Event, story: Story, outlet: Outlet, dice: Random) -> None:
    event["publisher"] = outlet.name
    event["section"] = story.section
    luck = dice.random()
    if luck < 0.7:
        event["authors"] = [by(story, dice)]
    elif luck < 0.8:
        event["authors"] = f"{by(story, dice)} and {by(story, dice)}"
    elif luck < 0.85:
        event["authors"] = [by(story, dice), by(story, dice)]
    if dice.random() < 0.5:
        event["language"] = story.subject.language
    if dice.random() < 0.1:
        event["tags"] = [story.subject.name, story.section]
        event["word_count"] = story.text.count(" ") + 1
