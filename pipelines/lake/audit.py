"""Proves that a lake balances: every event received is in exactly one row, and every row is sound.

Each check is a question in SQL whose right answer is nothing; what it finds is counted, and the
first few are named. Memory is bounded however large the lake is: DuckDB spills to disk.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipelines.lake.audit_files import unnamed_files, wrong_files
from pipelines.lake.errors import Damaged
from pipelines.lake.reader import Reader, first_of, named_files, read_lake

_MEMORY = "1GB"
_NAMED = 5  # of each fault; the others are counted


class Finding(NamedTuple):
    """Something that is wrong with the lake."""

    check: str  # balance, files, ids, stories, ordinals or sources
    sentence: str


class Balance(NamedTuple):
    """What became of everything that was ever received, by the commit rows."""

    received: int
    stories: int
    duplicates: int
    dead_letters: int
    redelivered: int

    def __str__(self) -> str:
        return (
            f"{self.received:,} received = {self.stories:,} stories + {self.duplicates:,} "
            f"duplicates + {self.dead_letters:,} dead letters + {self.redelivered:,} redelivered"
        )


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found; the lake is sound when there are no findings."""

    version: int
    commits: int
    files: int
    balance: Balance
    findings: list[Finding]
    notes: list[str]  # worth knowing, and not wrong


def audit(path: Path, at: int | None = None) -> Audit:
    """Check the lake at `path`, at its newest version or at version `at`.

    Files that cannot be read are findings, and the rows of all others are checked nevertheless.

    Raises:
        NotALake: no lake is there, or it has no such version.
        Damaged: its log cannot be read.
    """
    version, files = named_files(path, at)
    wrong = wrong_files(path, files)
    try:
        commits, balance, findings = _checked(path, version, wrong)
    except Damaged:
        # A file whose footer is whole and whose pages are not: look for it in every byte.
        wrong = wrong_files(path, files, whole=True)
        commits, balance, findings = _checked(path, version, wrong)
    findings = [Finding("files", sentence) for sentence in wrong.values()] + findings
    notes = unnamed_files(path, version)
    return Audit(version, commits, len(files), balance, findings, notes)


def _checked(
    path: Path, version: int, without: Iterable[str]
) -> tuple[int, Balance, list[Finding]]:
    with read_lake(path, version, without=without, memory_limit=_MEMORY) as reader:
        [(commits, *counts)] = reader.rows(f"select count(*), {_SUMS} from commits")
        findings = [finding for check in _CHECKS for finding in check(reader)]
    return commits, Balance(*counts), findings


_COUNTS = ("received", "stories", "duplicates", "dead_letters", "redelivered")
_SUMS = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in _COUNTS)


def _unbalanced(lake: Reader) -> Iterator[Finding]:
    """Commits whose counts do not add up, or are not the rows that are there."""
    rows = lake.rows(
        """
        with there as (
            select "commit", count(*) filter (kind = 'story') as stories,
                count(*) filter (kind = 'duplicate') as duplicates,
                count(*) filter (kind = 'dead_letter') as dead_letters
            from lake where kind != 'commit' group by 1)
        select c."commit", t."commit", c.received,
            c.stories + c.duplicates + c.dead_letters + c.redelivered,
            c.stories, coalesce(t.stories, 0), c.duplicates, coalesce(t.duplicates, 0),
            c.dead_letters, coalesce(t.dead_letters, 0)
        from commits c full join there t on c."commit" = t."commit" order by 1, 2"""
    )
    for said, found, received, total, *pairs in rows:
        if said is None:
            yield Finding("balance", f"rows of commit {found} have no commit row")
            continue
        if received != total:
            sentence = f"commit {said} received {received:,} events and accounts for {total or 0:,}"
            yield Finding("balance", sentence)
        kinds = zip(("stories", "duplicates", "dead letters"), pairs[::2], pairs[1::2], strict=True)
        for kind, expected, there in kinds:
            if expected != there:
                sentence = f"commit {said} says {expected:,} {kind}, and {there:,} are there"
                yield Finding("balance", sentence)


def _commits_twice(lake: Reader) -> Iterator[Finding]:
    twice = 'select "commit", count(*) from commits group by 1 having count(*) > 1'
    yield from _found(lake, "balance", twice, "commit {} has {} commit rows")


def _ids_twice(lake: Reader) -> Iterator[Finding]:
    # By hash first: eight bytes an event instead of its whole id.
    twice = """
        with suspects as (
            select hash(event_id) as key from lake where kind != 'commit'
            group by 1 having count(*) > 1)
        select event_id, string_agg(kind || ' of commit ' || "commit", ', ' order by ordinal)
        from lake where kind != 'commit' and hash(event_id) in (from suspects)
        group by 1 having count(*) > 1"""
    yield from _found(lake, "ids", twice, "event {} stands in the lake more than once: {}")
    without = "select kind, ordinal from lake where kind != 'commit' and event_id is null"
    yield from _found(lake, "ids", without, "the {} at ordinal {} has no event id")


def _astray(lake: Reader) -> Iterator[Finding]:
    """Duplicates that point at no story, and stories that do not carry their own name."""
    orphans = """
        select d.event_id, d.story_id, d.story_id in (select event_id from duplicates)
        from duplicates d anti join stories s on d.story_id = s.story_id"""
    for event, story, chained, count in _first(lake, orphans):
        what = "which is a duplicate itself" if chained else "which is not in the lake"
        sentence = f"duplicate {event} repeats {story}, {what}"
        yield Finding("stories", sentence + _others(count))
    misnamed = "select event_id, story_id from stories where story_id is distinct from event_id"
    yield from _found(lake, "stories", misnamed, "story {} has another event's story id, {}")
    lost = """
        select a.event_id, a.previous_story_id from stories a
        anti join stories b on a.previous_story_id = b.story_id
        where a.previous_story_id is not null"""
    yield from _found(lake, "stories", lost, "story {} follows {}, which is not in the lake")


def _ordinals(lake: Reader) -> Iterator[Finding]:
    """Places taken twice or never: the order of the lake is what verdicts are a function of."""
    [(count, different, first, last)] = lake.rows(
        "select count(*), count(distinct ordinal), min(ordinal), max(ordinal) "
        "from lake where kind != 'commit'"
    )
    if count == 0 or (count == different == last - first + 1 and first == 0):
        return
    twice = """
        select ordinal, string_agg(event_id, ', ' order by event_id) from lake
        where kind != 'commit' group by 1 having count(*) > 1"""
    yield from _found(lake, "ordinals", twice, "ordinal {} is taken more than once: {}")
    gaps = """
        with places as (select distinct ordinal from lake where kind != 'commit')
        select before + 1, ordinal - 1 from (
            select ordinal, lag(ordinal, 1, -1) over (order by ordinal) as before from places)
        where ordinal - before > 1"""
    yield from _found(lake, "ordinals", gaps, "ordinals {} to {} are missing")


def _sources_twice(lake: Reader) -> Iterator[Finding]:
    """The same bytes of a file committed twice; with another digest it was rewritten meanwhile."""
    twice = """
        select s.path, s."start", s."end", string_agg("commit", ' and ' order by "commit")
        from (select "commit", unnest(sources) as s from commits)
        where s."end" > s."start"
        group by 1, 2, 3, s.digest having count(*) > 1"""
    yield from _found(lake, "sources", twice, "{}, bytes {} to {}, is in commits {}")


_CHECKS: tuple[Callable[[Reader], Iterator[Finding]], ...] = (
    _unbalanced,
    _commits_twice,
    _ids_twice,
    _astray,
    _ordinals,
    _sources_twice,
)


def _found(lake: Reader, check: str, sql: str, sentence: str) -> Iterator[Finding]:
    for *values, others in _first(lake, sql):
        yield Finding(check, sentence.format(*values) + _others(others))


def _first(lake: Reader, sql: str) -> list[tuple]:
    """The first few rows in order, each with how many are left out after it."""
    rows = lake.rows(first_of(sql, "all", _NAMED))
    return [
        (*values, total - len(rows) if number == len(rows) else 0)
        for number, (*values, total) in enumerate(rows, 1)
    ]


def _others(count: int) -> str:
    return f" (and {count:,} more)" if count else ""
