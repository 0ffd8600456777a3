"""Where an event ended, and why, with the evidence.

An event goes by its event id, its publisher's id (with or without the site before the `#`), or its
URL in any spelling; a story id is the event id of the story's first event.
"""

import re
from dataclasses import dataclass
from typing import Any

from pipelines.lake.reader import Reader, first_of
from schemas.reasons import reasons

MOST = 20  # matches that are explained; further ones are counted
_REPEATS = 10  # of a story that are shown; all are counted
_NEAR = 5  # suggestions


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that goes by a name, in the order of arrival."""

    name: str
    version: int
    total: int
    events: list[dict[str, Any]]  # see `explain`
    suggestions: list[str]  # where there are no events: names that are near


def explain(lake: Reader, name: str) -> Explanation:
    """What became of the events that go by `name`.

    Each event is an object: its row's columns, `source` (path and byte offset, for files),
    `brought_by` (its commit row) and, by kind, `repeats` (by relation), `repeated_by`, `previous`,
    `followed_by` and `words` for a story; `story` for a duplicate; `sentence` for a dead letter.
    """
    name = name.strip()
    total, rows = _matches(lake, name)
    events = [_with_evidence(lake, row) for row in rows]
    return Explanation(name, lake.version, total, events, [] if rows else _near(lake, name))


def source(event_id: str) -> dict[str, Any] | None:
    """The file and the byte offset that an event id of a file names; None for a message's."""
    found = re.fullmatch(r"(.+)@(\d+):[0-9a-f]+", event_id, re.DOTALL)
    return {"path": found[1], "offset": int(found[2])} if found else None


def url_key(name: str) -> str | None:
    """The key of the page that `name` is an address of, in any spelling; None if it is none."""
    from pipelines.normalize.url import dedup_key

    for spelling in (name, f"https://{name}") if re.match(r"[^\s/]+\.[^\s/]+/", name) else (name,):
        try:
            return dedup_key(spelling)
        except ValueError:
            continue
    return None


def _matches(lake: Reader, name: str) -> tuple[int, list[dict[str, Any]]]:
    named = "event_id = $1 or publisher_id = $1 or ends_with(publisher_id, '#' || $1)"
    rows = _rows(lake, f"{named} or url_key = $2", [name, url_key(name) or name])
    # The id or URL of an event that could not be decoded is only in its bytes.
    quoted = "instr(hex(payload), hex('\"' || $1 || '\"')) % 2 = 1"
    rows = rows or _rows(lake, f"kind = 'dead_letter' and {quoted}", [name])
    total = rows[0]["total"] if rows else 0
    for row in rows:
        del row["total"]
    return total, rows


def _rows(lake: Reader, condition: str, parameters: list[str]) -> list[dict[str, Any]]:
    named = f"select * exclude (bands) from lake where kind != 'commit' and ({condition})"
    return lake.dicts(first_of(named, "ordinal", MOST), parameters)


def _with_evidence(lake: Reader, row: dict[str, Any]) -> dict[str, Any]:
    event = {name: row[name] for name in _columns(row["kind"])}
    event["source"] = source(row["event_id"] or "")
    commits = lake.dicts('from commits where "commit" = $1', [row["commit"]])
    event["brought_by"] = commits[0] if commits else None
    evidence = {"story": _of_story, "duplicate": _of_duplicate, "dead_letter": _of_dead_letter}
    return {**event, **evidence[row["kind"]](lake, row)}


def _of_story(lake: Reader, row: dict[str, Any]) -> dict[str, Any]:
    story = [row["story_id"]]
    counts = lake.rows(
        "select relation, count(*) from duplicates where story_id = $1 group by 1 order by 1", story
    )
    repeated_by = lake.dicts(
        f"""select relation, event_id, title, url, publisher, similarity, containment, arrived_at
        from duplicates where story_id = $1 order by ordinal limit {_REPEATS}""",
        story,
    )
    following = "select event_id, title from stories where previous_story_id = $1 order by ordinal"
    return {
        "repeats": dict(counts),
        "repeated_by": repeated_by,
        "previous": _story(lake, row["previous_story_id"]),
        "followed_by": lake.dicts(following, story),
        "words": _deciding_words(row),
    }


def _of_duplicate(lake: Reader, row: dict[str, Any]) -> dict[str, Any]:
    return {"story": _story(lake, row["story_id"]), "words": _deciding_words(row)}


def _of_dead_letter(lake: Reader, row: dict[str, Any]) -> dict[str, Any]:
    return {"sentence": sentence(row["reason"])}


def sentence(reason: str) -> str | None:
    """What a reason means, for people; None for one that this version does not know."""
    said = {known.__name__: (known.__doc__ or "").partition("\n")[0] for known in reasons()}
    return said.get(reason)


def _story(lake: Reader, story_id: str | None) -> dict[str, Any] | None:
    columns = "event_id, title, text, summary, url, publisher, published_at, arrived_at"
    found = lake.dicts(f"select {columns} from stories where story_id = $1", [story_id])
    return found[0] if story_id and found else None


def _deciding_words(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The words that spoke loudest for a topic, by the tagger of this version."""
    from pipelines.tag.model import load_model

    if row["topic"] is None:
        return []
    said = load_model().explain(row["title"] or "", row["text"] or "", row["summary"] or "")
    return [contribution._asdict() for contribution in said]


def _near(lake: Reader, name: str) -> list[str]:
    """Names that hold the one asked for, else those spelled most like it."""
    holding = """
        select distinct name from (
            select event_id as name from lake where kind != 'commit'
            union all select publisher_id from lake
            union all select url_key from lake)
        where contains(lower(name), lower($1)) order by 1"""
    # People remember and type what stands after the `#`; event ids are copied, not typed. Lengths
    # are compared first because likeness is dear.
    alike = """
        select name from (
            select distinct publisher_id as name, split_part(publisher_id, '#', -1) as typed
            from lake where contains($1, '#') = false
            union all select distinct publisher_id, publisher_id from lake where contains($1, '#')
            union all select distinct url_key, url_key from lake)
        where abs(length(typed) - length($1)) <= 2
            and jaro_winkler_similarity(lower(typed), lower($1)) >= 0.85
        order by jaro_winkler_similarity(lower(typed), lower($1)) desc, 1"""
    asked = url_key(name) or name
    for sql in (holding, alike):
        if found := lake.rows(f"{sql} limit {_NEAR}", [asked]):
            return [row[0] for row in found]
    return []


def _columns(kind: str) -> list[str]:
    from schemas.tables import SCHEMAS

    return [name for name in SCHEMAS[kind].names if name != "bands"]
