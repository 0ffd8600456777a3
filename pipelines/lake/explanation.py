"""An explained event in words, line by line, for people at a terminal."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pipelines.differences import Piece, differences, shortened

_SHOWN = 300  # bytes of a dead letter's payload, characters of a text
_AROUND = 6  # words left of a shared run on either side of a difference
_WORDS = 150  # of each text that are compared


def lines(event: dict[str, Any]) -> Iterator[str]:
    """What became of one event of `lake.explain`, the verdict first."""
    kinds = {"story": _story, "duplicate": _duplicate, "dead_letter": _dead_letter}
    yield from kinds[event["kind"]](event)
    yield from _origin(event)


def _story(event: dict[str, Any]) -> Iterator[str]:
    yield f"A story: {event['event_id']}"
    yield from _content(event)
    if previous := event["previous"]:
        yield f"  Follows   {previous['event_id']}, “{previous['title']}”, which went by the same"
        yield "            URL or publisher's id before its content was replaced"
    for later in event["followed_by"]:
        yield f"  Replaced  by {later['event_id']}, “{later['title']}”"
    if not event["repeats"]:
        yield "  Repeated  never"
        return
    counts = ", ".join(f"{count:,} {relation}" for relation, count in event["repeats"].items())
    yield f"  Repeated  {counts}"
    for repeat in event["repeated_by"]:
        yield f"            {repeat['relation']}{_likeness(repeat)}: {repeat['event_id']}"
    hidden = sum(event["repeats"].values()) - len(event["repeated_by"])
    if hidden:
        yield f"            and {hidden:,} more"


def _duplicate(event: dict[str, Any]) -> Iterator[str]:
    story = event["story"]
    yield f"A duplicate: {event['event_id']}"
    yield f"  Repeats   {event['story_id']}: {event['relation']}{_likeness(event)}"
    yield f"            {_RELATIONS.get(event['relation'], '')}"
    yield from _content(event)
    if not story:
        yield "  Story     is not in the lake"
        return
    yield f"  Story     “{story['title']}”"
    for name in ("title", "text"):
        ours, theirs = differences(event[name] or "", story[name] or "", limit=_WORDS)
        if any(piece.differs for piece in ours + theirs):
            yield f"  In the {name}, words that differ are in [brackets]:"
            yield f"    here    {_marked(ours)}"
            yield f"    story   {_marked(theirs)}"


_RELATIONS = {
    "exact": "its normalised text is the story's, word for word",
    "revision": "it has the story's URL or publisher's id, and enough of its words",
    "truncated": "it is a part of the story's text",
    "expanded": "it holds the story's text, and more",
    "near": "enough of their pairs of neighbouring words are the same",
}


def _dead_letter(event: dict[str, Any]) -> Iterator[str]:
    yield f"A dead letter: {event['event_id']}"
    yield f"  Reason    {event['reason']}, in {event['stage']}: {event['sentence'] or ''}"
    if event["detail"]:
        yield f"  Detail    {event['detail']}"
    payload = event["payload"] or b""
    shown = payload[:_SHOWN].decode("utf-8", "backslashreplace")
    which = (
        f"the first {_SHOWN} of {len(payload):,}" if len(payload) > _SHOWN else f"{len(payload)}"
    )
    yield f"  Payload   {which} bytes"
    yield f"            {shown}"


def _content(event: dict[str, Any]) -> Iterator[str]:
    yield f"  Title     {event['title'] or '(none)'}"
    text = event["text"] or event["summary"] or ""
    if text:
        yield f"  Text      {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}"
    for label, value in (
        ("URL", event["url"]),
        ("Known as", event["publisher_id"]),
        ("Published", _time(event["published_at"]) or event["published_raw"]),
        ("Language", event["language"]),
    ):
        if value:
            yield f"  {label:9} {value}"
    yield f"  Topic     {_topic(event)}"
    for head in ("politics", "sports"):
        words = [said["words"] for said in event["words"] if said["head"] == head]
        if words:
            yield f"            for {head}: {', '.join(words)}"


def _topic(event: dict[str, Any]) -> str:
    if event["topic"] is None:
        return "none: the tagger cannot read its language"
    sure = "" if event["topic_confident"] else ", not confidently"
    scores = [(head, event[f"{head}_score"]) for head in ("politics", "sports")]
    said = ", ".join(f"{head} {score:.3f}" for head, score in scores if score is not None)
    return f"{event['topic']}{sure} ({said})" if said else f"{event['topic']}{sure}"


def _origin(event: dict[str, Any]) -> Iterator[str]:
    yield f"  Arrived   {_time(event['arrived_at'])}"
    if source := event["source"]:
        yield f"  From      {source['path']}, byte {source['offset']:,}"
    if event["attributes"]:
        yield f"  With      {event['attributes']}"
    commit = event["brought_by"]
    if commit is None:
        yield f"  Commit    {event['commit']}, whose own row is missing"
        return
    yield (
        f"  Commit    {event['commit']} ({commit['action']}, {_time(commit['committed_at'])}: "
        f"{commit['received']:,} received), place {event['ordinal']:,} in the lake"
    )


def _likeness(event: dict[str, Any]) -> str:
    measures = ("similarity", "containment")
    said = [f"{name} {event[name]:.2f}" for name in measures if event[name] is not None]
    return f" ({', '.join(said)})" if said else ""


def _marked(pieces: list[Piece]) -> str:
    kept = [shortened(piece, _AROUND) for piece in pieces]
    return " ".join(f"[{piece.text}]" if piece.differs else piece.text for piece in kept)


def _time(time: datetime | None) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if time else ""
