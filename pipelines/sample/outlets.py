"""Outlets that do not exist, and the events they publish."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from .dates import iso, written
from .grammar import Draw
from .stories import Story

Event = dict[str, Any]  # the members of a `StoryEvent`, or of a NewsAPI item

_NOT_SLUG = re.compile("[^a-z0-9]+")
_CUT = 200  # characters that NewsAPI leaves of a text


class Outlet(NamedTuple):
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
    return _NOT_SLUG.sub("-", title.lower()).strip("-")[:60]


def publish(story: Story, name: str, second: int, outlet: Outlet, draw: Draw) -> Event:
    """A story as an event: its members as the outlet would fill them, text and title undressed.

    `name` is the event's id, unique in the sample; `second` when it was published.
    """
    event: Event = {
        "id": name,
        "url": _url(story, name, second, outlet, draw),
        "title": story.title,
        "text": story.text,
    }
    if draw() < 0.6:
        event["summary"] = summary(story.text)
    if (published := written(second, draw)) is not None:
        event["published_at"] = published
    event |= _credits(story, outlet, draw)
    return event


def summary(text: str) -> str:
    """The beginning of a text, as feeds repeat it."""
    first = text[:160].partition("\n")[0]
    return first if len(first) < 160 else first.rpartition(" ")[0] + "…"


def by(story: Story, draw: Draw) -> str:
    """Somebody's name, in the story's language."""
    first, last = story.subject.first, story.subject.last
    return f"{first[int(draw() * len(first))]} {last[int(draw() * len(last))]}"


def as_newsapi(event: Event, second: int, draw: Draw) -> Event:
    """The event as an item of NewsAPI: the outlet in the headline, the text cut off."""
    publisher, text = event["publisher"], event["text"]
    content = text if len(text) <= _CUT else f"{text[:_CUT]}… [+{len(text) - _CUT} chars]"
    authors = event.get("authors")
    return {
        "source": {"id": slug(publisher) if draw() < 0.5 else None, "name": publisher},
        "author": authors if isinstance(authors, str) else ", ".join(authors or ()) or None,
        "title": f"{event['title']} - {publisher}",
        "description": summary(text),
        "url": event["url"],
        "urlToImage": f"https://img.example/{int(draw() * 1e9)}.jpg",
        "publishedAt": iso(second),
        "content": content.replace("\n\n", "\r\n"),
    }


def _url(story: Story, name: str, second: int, outlet: Outlet, draw: Draw) -> str:
    luck = draw()
    if luck < 0.04:
        return f"https://www.{outlet.site}/story.php?id={name}"
    host = f"www.{outlet.site}" if luck < 0.7 else outlet.site
    day = iso(second)[:10].replace("-", "/")
    return f"https://{host}/{story.section.lower()}/{day}/{slug(story.title)}-{name}"


def _credits(story: Story, outlet: Outlet, draw: Draw) -> Event:
    event: Event = {"publisher": outlet.name, "section": story.section}
    luck = draw()
    if luck < 0.7:
        event["authors"] = [by(story, draw)]
    elif luck < 0.8:
        event["authors"] = f"{by(story, draw)} and {by(story, draw)}"
    elif luck < 0.85:
        event["authors"] = [by(story, draw), by(story, draw)]
    if draw() < 0.5:
        event["language"] = story.subject.language
    if draw() < 0.1:
        event["tags"] = [story.subject.name, story.section]
        event["word_count"] = story.text.count(" ") + 1
    return event
