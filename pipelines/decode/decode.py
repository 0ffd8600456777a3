"""Decode: from bytes to an event's members, whatever dialect they were written in."""

from collections.abc import Callable

from pipelines.batch import DecodedBatch, RawBatch
from pipelines.decode import html_files, json_lines, text_files
from pipelines.decode.members import Members
from schemas.reasons import Rejected


def decode(batch: RawBatch) -> DecodedBatch:
    """The batch's events with their members in columns; what is none becomes a dead letter.

    The order of the events is kept. The dialect is the batch's, or with "auto" each record's own.
    """
    members = DIALECTS[batch.dialect]
    rows: list[Members] = []
    rejected: dict[int, Rejected] = {}
    for i, (payload, event_id) in enumerate(zip(batch.payloads, batch.event_ids, strict=True)):
        try:
            rows.append(members(payload, event_id))
        except Rejected as why:
            rejected[i] = why
    living = batch.reject(rejected)
    return DecodedBatch(
        place=living.place,
        arrived_at=living.arrived_at,
        spans=living.spans,
        ack_ids=living.ack_ids,
        dead=living.dead,
        position=living.position,
        event_ids=living.event_ids,
        attributes=living.attributes,
        payloads=living.payloads,
        **dict(zip(Members._fields, _columns(rows), strict=True)),
    )


# A new format is one line here: from a record and its event id to its members, or `Rejected`.
DIALECTS: dict[str, Callable[[bytes, str], Members]] = {
    "auto": json_lines.of_either,
    "story": json_lines.of_story_event,
    "newsapi": json_lines.of_newsapi,
    "text": text_files.members,
    "html": html_files.members,
}


def _columns(rows: list[Members]) -> list[list]:
    if not rows:
        return [[] for _ in Members._fields]
    return [list(column) for column in zip(*rows, strict=True)]
