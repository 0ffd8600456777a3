"""What publishing does to a clean text: HTML, page furniture, damaged characters."""

from random import Random

from .dice import pick
from .outlets import Event, page_words
from .stories import Story, teaser

_PAGE_WORDS = 80  # shorter texts would drown in the furniture of a page

_ENTITIES = {"“": "&ldquo;", "”": "&rdquo;", "£": "&pound;", "é": "&eacute;", "ü": "&#252;"}
_MARKUP = {"&": "&amp;", "<": "&lt;"}


def dress(event: Event, story: Story, dice: Random, furniture: bool = True) -> Event:
    """The event as its site would give it away; most stay as they are.

    With `furniture` the text may come with that of a whole page, as scrapers take it.
    """
    luck = dice.random()
    if luck < 0.80:
        return event
    if luck < 0.91:
        _as_html(event, dice)
    elif luck < 0.95:
        if furniture and event["text"].count(" ") >= _PAGE_WORDS:
            event["text"] = _scraped(event, story, dice)
    else:
        pick(_DAMAGES, dice)(event)
    return event


def _as_html(event: Event, dice: Random) -> None:
    words = page_words()
    number = int(dice.random() * 1e6)
    paragraphs = _replaced(event.pop("text"), _MARKUP).split("\n\n")
    parts = [f"<p>{paragraph}</p>" for paragraph in paragraphs]
    for kind in ("html_share", "html_comments", "html_noise"):
        if dice.random() < 0.6:
            piece = pick(words[kind], dice)
            parts.insert(
                0 if kind == "html_share" else len(parts),
                piece.format(url=event.get("url", ""), number=number),
            )
    body = "\n".join(parts)
    event["html"] = _replaced(body, _ENTITIES) if dice.random() < 0.5 else body


def _scraped(event: Event, story: Story, dice: Random) -> str:
    """The page as plain text: headline twice, widgets, and teasers of other stories below."""
    words = page_words()
    share = pick(words["plain_share"], dice)
    comments = pick(words["plain_comments"], dice)
    parts = [event["title"], event["title"], share, event["text"]]
    parts.append(comments.format(number=2 + int(dice.random() * 90)))
    for _ in range(1 + int(dice.random() * 2)):
        title, start = teaser(story, dice)
        initials = f"{chr(65 + int(dice.random() * 26))} {chr(65 + int(dice.random() * 26))}"
        parts += [title, title, start, initials]
    return "\n\n".join(parts)


def _mojibake(event: Event) -> None:
    """UTF-8 read as Windows-1252, where the text has anything that shows it."""
    event["text"] = _replaced(event["text"], _MISREAD)
    event["title"] = _replaced(event["title"], _MISREAD)


def _entities(event: Event) -> None:
    event["text"] = _replaced(event["text"], _MARKUP | _ENTITIES)
    event["title"] = _replaced(event["title"], _MARKUP | _ENTITIES)


def _invisible(event: Event) -> None:
    """Spaces that do not break, characters of no width."""
    text = event["text"].replace(" a ", " a\u00a0").replace(" of ", " of\u200b ")
    event["text"] = f"\ufeff{text}"


def _doubled_title(event: Event) -> None:
    event["title"] = f"{event['title']} {event['title']}"


def _misread(character: str) -> str:
    # Windows-1252 leaves five bytes open, which browsers read as control characters.
    return "".join(
        bytes([byte]).decode("cp1252", "replace").replace("\ufffd", chr(byte))
        for byte in character.encode()
    )


def _replaced(text: str, table: dict[str, str]) -> str:
    # Several times faster than `str.translate` where few characters change.
    for character, other in table.items():
        if character in text:
            text = text.replace(character, other)
    return text


# In an order in which no character is misread twice.
_MISREAD = {c: _misread(c) for c in "âéèêàçñáíóúüöäßÉ€£«»„‘’“”…–—"}
_DAMAGES = (_mojibake, _mojibake, _entities, _entities, _invisible, _doubled_title)
