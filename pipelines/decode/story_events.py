"""The dialect of our own wire contract: one `StoryEvent` a record."""

from pipelines.decode.members import Members, as_extra, as_names, as_text, require
from schemas.event import StoryEvent

# The validator itself: `StoryEvent.model_validate_json` is a call dearer, and does no more.
validate = StoryEvent.__pydantic_validator__.validate_json


def members(event: StoryEvent, event_id: str) -> Members:
    """The event's members; HTML stands in for a text that is missing.

    Raises:
        MissingContent, MissingIdentity, NumberOutOfRange
    """
    # The model's fields in their order: one unpacking is cheaper than thirteen attributes.
    (
        id_, url, title, text, html, summary, truncated,
        published, authors, publisher, language, section, updated,
    ) = event.__dict__.values()  # fmt: skip
    extra = event.__pydantic_extra__
    if html:
        if text:
            extra = {**extra, "html": html}
        else:
            text = html
    if updated is not None:
        extra = {**extra, "updated_at": updated}
    title, text, summary = title or "", text or "", summary or ""
    identity = as_text(id_)
    require(identity, url, title, text, summary)
    return Members(
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
        as_extra(extra),
    )
