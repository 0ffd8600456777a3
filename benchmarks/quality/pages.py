"""Made-up news pages with their truth: stories as `newsbeam sample` tells them, in five templates.

Each page has what publishers put around a story: navigation, share bars, prompts, comments, teasers
of other stories, JSON-LD that also names those others, notes on cookies.
"""

import json
from html import escape
from random import Random
from typing import Any, NamedTuple

from pipelines.sample.dice import pick
from pipelines.sample.grammar import subjects
from pipelines.sample.stories import Story, teaser, tell

COUNT = 100


class _Page(NamedTuple):
    """A story about to be put on a page."""

    title: str
    paragraphs: list[str]
    date: str
    teasers: list[tuple[str, str]]


def labels() -> list[dict[str, Any]]:
    """The pages as labels of `pipelines.evaluate.articles`; always the same."""
    dice = Random(10)
    subject = subjects()["politics"]
    stories = [tell(subject, dice) for _ in range(COUNT * 3)]
    long = [story for story in stories if len(story.text) > 500][:COUNT]
    templates = (_plain, _divided, _marked, _crowded, _social)
    return [_label(story, templates[i % len(templates)], dice) for i, story in enumerate(long)]


def _label(story: Story, template: Any, dice: Random) -> dict[str, Any]:
    date = f"2026-02-{1 + int(dice.random() * 28):02}T{int(dice.random() * 24):02}:30:00+01:00"
    page = _Page(
        story.title, story.text.split("\n\n"), date, [teaser(story, dice) for _ in range(4)]
    )
    return {
        "html": f"<!doctype html><html lang=en>{template(page, dice)}</html>",
        "text": story.text,
        "title": story.title,
        "date": date[:10],
    }


def _head(page: _Page, *extra: str) -> str:
    return (
        f"<head><meta charset=utf-8><title>{escape(page.title)} - The Example Post</title>"
        f'<meta property="og:site_name" content="The Example Post">{"".join(extra)}</head>'
    )


def _linked(page: _Page, *types: str) -> str:
    """JSON-LD of the page's story, and of those that it teases."""
    story = {
        "@type": types[0],
        "headline": page.title,
        "datePublished": page.date,
        "author": {"@type": "Person", "name": "Ann Lee"},
    }
    others = [{"@type": types[-1], "headline": title} for title, _ in page.teasers]
    graph = json.dumps({"@context": "https://schema.org", "@graph": [*others, story]})
    return f'<script type="application/ld+json">{graph}</script>'


def _published(page: _Page) -> str:
    return f'<meta property="article:published_time" content="{page.date}">'


def _ps(paragraphs: list[str]) -> str:
    return "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)


def _cards(page: _Page, tag: str = "h3") -> str:
    return "".join(
        f'<div class="item"><{tag}><a href="/s/{n}">{escape(title)}</a></{tag}>'
        f"<p>{escape(start)}</p><span>A L</span></div>"
        for n, (title, start) in enumerate(page.teasers)
    )


_MENU = "<nav><ul><li><a href=/a>World</a></li><li><a href=/b>Sport</a></li></ul></nav>"
_SHARE = "<div class=share-bar><span>Share this post</span><a href=#>Copy link</a></div>"
_PROMPT = (
    "<div><p>Be the first to know</p><p>Join our community and get notified about upcoming "
    "stories</p><p>Subscribing...</p><p>You've been subscribed!</p>"
    "<p>Something went wrong</p></div>"
)
_COOKIES = (
    "<div class=layer><p>This website uses cookies to show you what you like, and to count how "
    "many others like it as well. You can say no to some of them.</p></div>"
)
_FOOTER = "<footer><p>© 2026 The Example Post. Nothing may be copied without asking.</p></footer>"
_REMARKS = (
    "I have read about this before, and I think that it was told better the last time.",
    "Nobody asked those who live there what they make of it, as usual.",
    "Thank you for this piece, I will show it to my neighbour tomorrow.",
)


def _plain(page: _Page, dice: Random) -> str:
    """Paragraphs beside everything else in one element."""
    return (
        f"{_head(page, _published(page))}<body>{_MENU}<h1>{escape(page.title)}</h1>{_SHARE}"
        f"{_ps(page.paragraphs)}{_PROMPT}{_cards(page)}{_FOOTER}</body>"
    )


def _divided(page: _Page, dice: Random) -> str:
    """Each paragraph in an element of its own, with adverts between."""
    parts = "<div class=ad-slot><p>Advertisement</p></div>".join(
        f'<div class="component"><p>{escape(paragraph)}</p></div>' for paragraph in page.paragraphs
    )
    return (
        f"{_head(page, _linked(page, 'NewsArticle'))}<body>{_MENU}<main><article>"
        f"<h1>{escape(page.title)}</h1>{_SHARE}<div>{parts}</div></article></main>"
        f"<section><h2>More stories</h2>{_cards(page)}</section>{_COOKIES}{_FOOTER}</body>"
    )


def _marked(page: _Page, dice: Random) -> str:
    """Marked up as schema.org has it, the headline twice, a picture between."""
    middle = len(page.paragraphs) // 2
    figure = (
        "<figure><img alt=''><figcaption>A picture of the event. Photo: A L</figcaption></figure>"
    )
    return (
        f"{_head(page)}<body>{_MENU}<div itemscope itemtype='https://schema.org/NewsArticle'>"
        f"<h1>{escape(page.title)}</h1><time itemprop=datePublished datetime='{page.date}'></time>"
        f"<div itemprop=articleBody><h2>{escape(page.title)}</h2>{_ps(page.paragraphs[:middle])}"
        f"{figure}{_ps(page.paragraphs[middle:])}</div></div>{_cards(page, 'h4')}{_FOOTER}</body>"
    )


def _crowded(page: _Page, dice: Random) -> str:
    """More comments than story."""
    remarks = "".join(
        f"<div class=comment><b>Reader {n}</b><p>{pick(_REMARKS, dice)}</p></div>"
        for n in range(30)
    )
    return (
        f"{_head(page, _linked(page, 'ReportageNewsArticle', 'NewsArticle'))}"
        f"<body class=has-comments>{_MENU}<article>"
        f"<header><h1>{escape(page.title)}</h1></header>{_ps(page.paragraphs)}"
        f"<p><a href=/s/9>Read more: {escape(page.teasers[0][0])}</a></p></article>"
        f"<div id=comments><h3>Comments</h3>{remarks}</div>{_FOOTER}</body>"
    )


def _social(page: _Page, dice: Random) -> str:
    """A feed in which the story stands first and others follow, headlines doubled."""
    others = "".join(
        f"<div class=post><h2>{escape(title)}</h2><h2><a href=/s/{n}>{escape(title)}</a></h2>"
        f"<p>{escape(start)}</p><span>O A</span></div>"
        for n, (title, start) in enumerate(page.teasers)
    )
    return (
        f"{_head(page, _published(page))}<body><div id=app><div class=post><h1>{escape(page.title)}"
        f"</h1><h1>{escape(page.title)}</h1><div>{_SHARE}{_ps(page.paragraphs)}{_SHARE}</div>"
        f"<h3>Comments</h3>{_PROMPT}</div>{others}</div></body>"
    )
