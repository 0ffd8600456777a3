"""What publishing does to a clean text: HTML, page furniture, damaged characters."""

from .grammar import Draw
from .outlets import Event, page_words
from .stories import Story, teaser

_PAGE_WORDS = 80  # shorter texts would drown in the furniture of a page

_ENTITIES = str.maketrans(
    {"“": "&ldquo;", "”": "&rdquo;", "’": "&rsquo;", "—": "&#8212;", "é": "&eacute;"}
)
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;"})


def dress(event: Event, story: Story, draw: Draw, furniture: bool = True) -> Event:
    """The event as its site would give it away; most stay as they are.

    With `furniture` the text may come with that of a whole page, as scrapers take it.
    """
    luck = draw()
    if luck < 0.80:
        return event
    if luck < 0.91:
        _as_html(event, draw)
    elif luck < 0.95:
        if furniture and event["text"].count(" ") >= _PAGE_WORDS:
            event["text"] = _scraped(event, story, draw)
    else:
        _DAMAGES[int(draw() * len(_DAMAGES))](event)
    return event


def _as_html(event: Event, draw: Draw) -> None:
    words = page_words()
    number = int(draw() * 1e6)
    paragraphs = event.pop("text").translate(_MARKUP).split("\n\n")
    parts = [f"<p>{paragraph}</p>" for paragraph in paragraphs]
    for kind in ("html_share", "html_comments", "html_noise"):
        if draw() < 0.6:
            piece = words[kind][int(draw() * len(words[kind]))]
            parts.insert(
                0 if kind == "html_share" else len(parts),
                piece.format(url=event.get("url", ""), number=number),
            )
    body = "\n".join(parts)
    event["html"] = body.translate(_ENTITIES) if draw() < 0.5 else body


def _scraped(event: Event, story: Story, draw: Draw) -> str:
    """The page as plain text: headline twice, widgets, and teasers of other stories below."""
    words = page_words()
    share = words["plain_share"][int(draw() * len(words["plain_share"]))]
    comments = words["plain_comments"][int(draw() * len(words["plain_comments"]))]
    parts = [event["title"], event["title"], share, event["text"]]
    parts.append(comments.format(number=2 + int(draw() * 90)))
    for _ in range(1 + int(draw() * 2)):
        title, start = teaser(story, draw)
        initials = f"{chr(65 + int(draw() * 26))} {chr(65 + int(draw() * 26))}"
        parts += [title, title, start, initials]
    return "\n\n".join(parts)


def _mojibake(event: Event) -> None:
    """UTF-8 read as Windows-1252, where the text has anything that shows it."""
    event["text"] = event["text"].translate(_MISREAD)
    event["title"] = event["title"].translate(_MISREAD)


def _entities(event: Event) -> None:
    event["text"] = event["text"].translate(_ENTITIES)
    event["title"] = event["title"].replace("&", "&amp;").translate(_ENTITIES)


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


_MISREAD = str.maketrans({c: _misread(c) for c in "“”‘’„«»—–…éèêàâçñáíóúüöäßÀÉ£€"})
_DAMAGES = (_mojibake, _mojibake, _entities, _entities, _invisible, _doubled_title)
