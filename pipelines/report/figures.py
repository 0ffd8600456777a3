"""What the report shows, asked of one version of a lake. Equal lakes give equal figures."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from pipelines.lake.explain import sentence
from pipelines.lake.reader import Reader

Unit = Literal["day", "week", "month"]

_TOP = 12  # of languages, sites and repeated stories
_SAMPLES = 3  # of each reason
_PAIRS = {"near": 8, "expanded": 2, "truncated": 2, "revision": 2}
_BYTES = 300  # of a payload that are shown


class Balance(NamedTuple):
    """The sums of all commit rows."""

    received: int
    stories: int
    duplicates: int
    dead_letters: int
    redelivered: int


class Bar(NamedTuple):
    """Stories of one topic on one day (of publication, of arrival where that is unknown)."""

    day: date
    topic: str | None
    stories: int


class Calendar(NamedTuple):
    """Stories by day and topic, of all days or of the span that holds nearly all stories."""

    bars: list[Bar]
    unit: Unit  # what a bar stands for, by the span
    outside: int  # stories of days too far off to be drawn


class Count(NamedTuple):
    """A name, and how many rows have it; None stands for rows without one."""

    name: str | None
    count: int


class Reason(NamedTuple):
    """Dead letters of one reason, with a few as samples (event_id, detail, payload, size)."""

    name: str
    stage: str
    sentence: str | None
    count: int
    samples: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything on the page."""

    lake: str
    version: int
    first_arrival: datetime | None
    last_arrival: datetime | None
    balance: Balance
    calendar: Calendar
    relations: list[Count]
    reasons: list[Reason]
    pairs: list[dict[str, Any]]  # duplicate and story side by side: see `_pairs`
    languages: list[Count]
    sites: list[Count]
    repeated: list[dict[str, Any]]  # stories by number of duplicates: title, publisher, count


def figures(lake: Reader) -> Figures:
    """The figures of the version that `lake` is pinned to."""
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in Balance._fields)
    [(first, last, *counts)] = lake.rows(
        f"select min(first_arrival), max(last_arrival), {sums} from commits"
    )
    return Figures(
        lake=lake.path.resolve().name,
        version=lake.version,
        first_arrival=first,
        last_arrival=last,
        balance=Balance(*counts),
        calendar=_calendar(lake),
        relations=_counts(lake, "relation from duplicates"),
        reasons=_reasons(lake),
        pairs=[pair for relation, n in _PAIRS.items() for pair in _pairs(lake, relation, n)],
        languages=_counts(lake, "language from stories", _TOP),
        sites=_counts(lake, "coalesce(site, publisher) from stories", _TOP),
        repeated=_repeated(lake),
    )


def _counts(lake: Reader, what: str, most: int = 1_000) -> list[Count]:
    sql = f"select name, count(*) from (select {what}) t(name) group by 1 order by 2 desc, 1"
    return [Count(*row) for row in lake.rows(f"{sql} limit {most}")]


def _calendar(lake: Reader) -> Calendar:
    days = "select coalesce(published_at, arrived_at)::date as day, topic from stories"
    first, last = _span(lake.rows(f"select day, count(*) from ({days}) group by 1 order by 1"))
    unit = _unit((last - first).days)
    bars = lake.rows(
        f"""select date_trunc('{unit}', day)::date as bar, topic, count(*) from ({days})
        where day between $1 and $2 group by 1, 2 order by 1, 2 nulls last""",
        [first, last],
    )
    inside = "count(*) filter (day between $1 and $2)"
    [(outside,)] = lake.rows(f"select count(*) - {inside} from ({days})", [first, last])
    return Calendar([Bar(*bar) for bar in bars], unit, outside)


_DAYS = 92  # bars that can still be told apart
_NEARLY_ALL = 0.9  # of the stories, where drawing all would flatten them


def _span(counts: list[tuple[date, int]]) -> tuple[date, date]:
    """The days to draw: all, or the shortest span with nearly all stories if it is far shorter."""
    if not counts:
        return date.min, date.min
    whole = counts[0][0], counts[-1][0]
    wanted = _NEARLY_ALL * sum(count for _, count in counts)
    shortest, held, start = whole, 0, 0
    for day, count in counts:
        held += count
        while held - counts[start][1] >= wanted:
            held -= counts[start][1]
            start += 1
        if held >= wanted and day - counts[start][0] < shortest[1] - shortest[0]:
            shortest = counts[start][0], day
    far_shorter = (whole[1] - whole[0]).days > max(_DAYS, 3 * (shortest[1] - shortest[0]).days)
    return shortest if far_shorter else whole


def _unit(span: int) -> Unit:
    if span <= _DAYS:
        return "day"
    return "week" if span <= 7 * _DAYS else "month"


def _reasons(lake: Reader) -> list[Reason]:
    found = lake.rows(
        "select reason, any_value(stage), count(*) from dead_letters group by 1 order by 3 desc, 1"
    )
    return [
        Reason(reason, stage, sentence(reason), count, _samples(lake, reason))
        for reason, stage, count in found
    ]


def _samples(lake: Reader, reason: str) -> list[dict[str, Any]]:
    return lake.dicts(
        f"""select event_id, detail, payload[1:{_BYTES}] as payload, octet_length(payload) as size
        from dead_letters where reason is not distinct from $1
        order by md5(event_id), ordinal limit {_SAMPLES}""",
        [reason],
    )


def _pairs(lake: Reader, relation: str, most: int) -> list[dict[str, Any]]:
    """Duplicates of one relation with their stories, evenly spread from least to most alike.

    Which one of each grade is decided by the hash of its id: neither the newest nor the first.
    """
    chosen = lake.rows(
        f"""select arg_min(event_id, md5(event_id)), arg_min(story_id, md5(event_id)) from (
            select event_id, story_id, ntile({most}) over (order by similarity, event_id) as grade
            from duplicates where relation = $1)
        group by grade order by grade""",
        [relation],
    )
    if not chosen:
        return []
    columns = "event_id, title, text, summary, publisher, site, url, published_at"
    sides = []
    for number, view in enumerate(("duplicates", "stories")):
        extra = ", relation, similarity, containment" if view == "duplicates" else ""
        ids = [row[number] for row in chosen]
        sql = (
            f"select {columns}{extra} from {view} where event_id in (select unnest($1::varchar[]))"
        )
        sides.append({row["event_id"]: row for row in lake.dicts(sql, [ids])})
    return [
        {"duplicate": sides[0][event], "story": sides[1][story]}
        for event, story in chosen
        if story in sides[1]
    ]


def _repeated(lake: Reader) -> list[dict[str, Any]]:
    return lake.dicts(
        f"""with most as (
            select story_id, count(*) as repeats from duplicates
            group by 1 order by 2 desc, 1 limit {_TOP})
        select title, publisher, site, repeats from most join stories using (story_id)
        order by repeats desc, story_id"""
    )
