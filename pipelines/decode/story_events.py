"""The dialect of our own wire contract: one `StoryEvent` a record."""

from typing import Any

from pipelines.decode.json_faults import wrong_type
from pipelines.decode.members import (
    SCALARS,
    TEXTS,
    Members,
    are_names,
    as_extra,
    as_names,
    as_text,
    require,
)
from pipelines.decode.pages import is_page, with_page
from pipelines.normalize.article import extract
from schemas.event import StoryEvent


def members(record: dict[str, Any]) -> Members:
    """The event's members; HTML stands in for a text that is missing. Empties the record.

    Of a whole page the story is the text, and the page tells what the record leaves open.

    The model is the contract; making one of each record would take longer than parsing it, so the
    types are checked here, and the model says what is wrong with them.

    Raises:
        WrongType, MissingContent, MissingIdentity, NumberOutOfRange
    """
    pop = record.pop
    id_, url, title = pop("id", None), pop("url", None), pop("title", None)
    text, html, summary = pop("text", None), pop("html", None), pop("summary", None)
    truncated, published = pop("truncated", None), pop("published_at", None)
    authors, publisher = pop("authors", None), pop("publisher", None)
    language, section = pop("language", None), pop("section", None)
    updated = pop("updated_at", None)
    texts = map(type, (url, title, text, html, summary, publisher, language, section))
    scalars = map(type, (id_, published, updated))
    if not (
        TEXTS.issuperset(texts)
        and SCALARS.issuperset(scalars)
        and are_names(authors)
        and (truncated is None or type(truncated) is bool)
    ):
        given = (id_, url, title, text, html, summary, truncated, published, authors, publisher)
        values = (*given, language, section, updated)
        raise wrong_type(StoryEvent, dict(zip(StoryEvent.model_fields, values, strict=True)))
    if html:
        if text:
            record["html"] = html
        else:
            text = html
    if updated is not None:
        record["updated_at"] = updated
    title, text, summary = title or "", text or "", summary or ""
    identity = as_text(id_)
    story = Members(
        identity or None,
        url or None,
        title,
        text,
        summary,
        truncated is True,
        as_text(published),
        as_names(authors),
        publisher or None,
        section or None,
        language or None,
        as_extra(record),
    )
    if html and text is html and is_page(html):
        story = with_page(story, extract(html, story.url))
        url, title, text = story.url, story.title, story.text
    require(identity, url, title, text, summary)
    return story
