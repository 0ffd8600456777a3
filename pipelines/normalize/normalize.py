"""Normalize: stories as readers know them, whatever the publisher's system did to them."""

import re
from dataclasses import fields
from itertools import chain

from pipelines.batch import DecodedBatch, NormalizedBatch
from pipelines.normalize.dates import published
from pipelines.normalize.fragment import fragment_to_text
from pipelines.normalize.furniture import without_furniture
from pipelines.normalize.headings import without_headings
from pipelines.normalize.language import languages
from pipelines.normalize.marks import without_marks
from pipelines.normalize.unicode import repair
from pipelines.normalize.url import url_columns
from pipelines.normalize.whitespace import fold
from pipelines.words import words
from schemas.reasons import NothingLeft, Rejected, UnusableUrl


def normalize(batch: DecodedBatch) -> NormalizedBatch:
    """The batch with clean text, one URL, one clock and one language an event; order is kept.

    Events with a URL that nobody could open (`UnusableUrl`) and those of which neither title nor
    text is left (`NothingLeft`) become dead letters, all before words are counted.
    """
    stories = _with_urls(_with_texts(batch))
    stories.published_at = published(stories.published_raw, stories.arrived_at)
    titles, texts = stories.title, stories.text
    n = len(texts)
    every = words(titles + texts + stories.summary)
    stories.title_words = every.slice(0, n)
    stories.text_words = every.slice(n, 2 * n)
    stories.summary_words = every.slice(2 * n, 3 * n)
    stories.language = languages(stories.title_words, stories.text_words, titles, texts)
    return stories


def _with_texts(batch: DecodedBatch) -> NormalizedBatch:
    """Text without markup, marks, furniture and doubled headings; names without markup."""
    n = len(batch.text)
    named = {name: "" for name in chain(batch.publisher, batch.section, *batch.authors) if name}
    clean = _clean([*batch.title, *batch.text, *batch.summary, *named])
    named.update(zip(named, clean[3 * n :], strict=True))
    bodies, truncated = without_marks(clean[n : 3 * n], batch.truncated + [False] * n)
    bodies = without_furniture(bodies)
    stories = NormalizedBatch(**{f.name: getattr(batch, f.name) for f in fields(batch)})
    stories.published_at = [None] * n  # columns must be parallel from here on
    stories.language = [None] * n
    stories.title, stories.text = without_headings(clean[:n], bodies[:n])
    stories.summary = bodies[n:]
    stories.truncated = truncated[:n]
    stories.publisher = [(name and named[name]) or None for name in batch.publisher]
    stories.section = [(name and named[name]) or None for name in batch.section]
    stories.authors = [
        list(dict.fromkeys(named[name] for name in names if name and named[name]))
        for names in batch.authors
    ]
    return stories


def _clean(texts: list[str]) -> list[str]:
    """Repaired, freed of markup, folded; what the markup hid is repaired in its turn."""
    repaired = repair(texts, plain_spaces=True)
    plain = fragment_to_text(repaired)
    changed = [i for i, text in enumerate(plain) if text is not repaired[i]]
    hidden = [i for i in changed if "&" in repaired[i] or _PARTED.search(repaired[i])]
    unhidden = repair([plain[i] for i in hidden], plain_spaces=True)
    for i, text in zip(hidden, unhidden, strict=True):
        plain[i] = text
    return fold(plain)


# A letter and its mark, with a tag between them.
_PARTED = re.compile(">[\u0300-\u036f\u3099\u309a]")


def _with_urls(stories: NormalizedBatch) -> NormalizedBatch:
    """Addresses and identities; the events that are none of a story leave here."""
    urls = url_columns(stories.url)
    stories.url, stories.url_key, stories.site = urls.url, urls.key, urls.site
    stories.publisher_id = [
        None if identity is None else f"{site or publisher or _source(event_id)}#{identity}"
        for identity, site, publisher, event_id in zip(
            stories.publisher_id, stories.site, stories.publisher, stories.event_ids, strict=True
        )
    ]
    rejected: dict[int, Rejected] = {i: UnusableUrl(why) for i, why in urls.bad.items()}
    for i, (title, text) in enumerate(zip(stories.title, stories.text, strict=True)):
        if not title and not text:
            rejected.setdefault(i, NothingLeft("markup, white space and page furniture only"))
    return stories.reject(dict(sorted(rejected.items())))


def _source(event_id: str) -> str:
    """Where an event came from: its id up to the last `@` (files) or `/` (topics)."""
    return event_id[: max(event_id.rfind("@"), event_id.rfind("/"))]
