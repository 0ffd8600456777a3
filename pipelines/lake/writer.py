"""The one writer of a lake: five steps from a window of batches to a commit.

1. *Follow* the log to a version, and bring the index to exactly that.
2. *Decide* the window against the index, which itself does not change yet.
3. *Write* the files, sync them, and append one entry that names them all. That is the commit. It
   succeeds only right after the version that was followed: when another writer was quicker, the
   files are deleted and the same window goes back to 1.
4. *Sync* the entry, and merge the decisions into the index.
5. *Acknowledge*: only now does anyone hear of it.

A crash before the append leaves files that no entry names; after it everything is there, and events
that come again count as redelivered. There is no other case, hence no recovery to do.

Several writers, in several processes, may be at it at once, and each may stop for any time between
any two steps: the log admits one entry a version, and that is all that is relied on.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import structlog
from deltalake import DeltaTable

from pipelines.batch import Place, SketchedBatch, Span
from pipelines.deduplicate.decide import Decisions
from pipelines.lake import compact, log, upkeep
from pipelines.lake.appending import Steps, append
from pipelines.lake.deciding import Decider, Deduplicate
from pipelines.lake.errors import LakeError, LostRace, Unwritable
from pipelines.lake.files import LiveFile, NewFiles
from pipelines.lake.log import Lake
from pipelines.lake.memory import Memory
from pipelines.lake.rows import Counts, commit_row, count, event_rows
from pipelines.patience import Patience
from pipelines.settings import Verdicts

SMALLEST_WINDOW = 1_000  # events; a window that loses races is halved down to this
MOST_RACES = 100  # lost in a row
COMMITS_A_COMPACTION = 16
COMMITS_A_CHECKPOINT = 32
COMMITS_A_VACUUM = 1_000

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class CommitResult(Counts):
    """What became of a window, once it is safe to acknowledge it."""

    version: int | None = None  # of the lake that has it; None where it brought nothing new
    ack_ids: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()  # of the window's batches
    sent_at: tuple[int, ...] = ()  # when each of its events was sent; µs since 1970, UTC


def writer_for(path: Path | str, verdicts: Verdicts | None = None, **settings: Any) -> "Writer":
    """The process's one writer of the lake at `path`, opened (and the lake made) when first needed.

    `settings` are the `Writer`'s; those of the first call stay.

    Raises: as `open_lake`.
    """
    with _OPENING:
        lake = log.open_lake(Path(path).absolute(), verdicts)
        writer = _WRITERS.get(lake.path)
        if writer is None or writer.lake != lake:  # another lake since, at the same place
            writer = _WRITERS[lake.path] = Writer(lake, **settings)
        return writer


class Writer:
    """Commits windows to one lake. Threads may share it: they take turns."""

    def __init__(
        self,
        lake: Lake,
        action: str = "run",
        versions: Mapping[str, Any] | None = None,
        patience_seconds: float = 1.0,
        decider: Decider | None = None,
        sent_at: Callable[[pa.RecordBatch], pa.Array] = lambda rows: rows["arrived_at"],
        order: Callable[[pa.RecordBatch], pa.Array] | None = None,
    ) -> None:
        """A writer whose commit rows say `action` and `versions`.

        It waits `patience_seconds` for a lake that cannot be written before it gives up. `sent_at`
        tells when events were first sent: those from before the index's memory are looked up in
        the lake. `order` tells what the events of a window are sorted by, where that is not the
        order of their batches.
        """
        self.lake = lake
        self.at: Callable[[str], None] = lambda stop: None  # called wherever `steps` stops
        self._action = action
        self._versions = {"sketch": lake.verdicts.sketch_version, **(versions or {})}
        self._patience_seconds = patience_seconds
        self._decider = decider or Deduplicate()
        self._sent_at = sent_at
        self._order = order
        self._turn = threading.Lock()
        self._memory: Memory | None = None  # made when first needed, and again after a failure
        self._table: DeltaTable | None = None

    def commit(self, window: Sequence[SketchedBatch]) -> list[CommitResult]:
        """Bring a window of batches, in order of arrival, into the lake; then acknowledge them.

        Usually one result; several if the window had to be halved.

        Raises:
            Unwritable: the lake cannot be written; what is not in a version is not there at all.
            LostRace: other writers were quicker every time.
            Damaged: the lake cannot be read.
        """
        with self._turn:
            results = self.run(self.steps(window))
            self.keep_house([r.version for r in results if r.version is not None])
            return results

    def steps(self, window: Sequence[SketchedBatch]) -> Steps[list[CommitResult]]:
        """What `commit` does, stopping after each step: to abandon it is to die there.

        Stops: followed, decided, written, appending, appended, synced, merged.
        """
        waiting, results, races = [list(window)] if window else [], list[CommitResult](), 0
        patience = Patience(self._patience_seconds)
        while waiting:
            memory, table = self.follow()
            yield "followed"
            plan = self._plan(memory, table, waiting[0])
            yield "decided"
            if plan.tables:
                try:
                    new = self.write(table.version() + 1, plan.tables)
                except Unwritable as why:
                    patience.wait(why)
                    continue
                yield "written"
                if not (yield from self.append(table, new)):
                    races += 1
                    waiting[:1] = _after_race(waiting[0], races)
                    continue
                memory.merge(plan.decisions, new.version)
                yield "merged"
            results.append(plan.result)
            waiting.pop(0)
            races = 0
        return results

    def compact(self) -> bool:
        """Merge small files into larger ones where there are many; whether there were."""
        with self._turn:
            return self.run(upkeep.compaction(self))

    def vacuum(self, keep_seconds: float = upkeep.DAY) -> list[str]:
        """Delete files that no version of the last `keep_seconds` needs; returns their paths.

        Raises: as `commit`.
        """
        with self._turn:
            return upkeep.vacuum(self, keep_seconds)

    def follow(self) -> tuple[Memory, DeltaTable]:
        """Step 1: a handle at the newest version, and the index at exactly the same.

        Raises:
            Damaged: the lake cannot be read.
        """
        self._table = self.lake.table() if self._table is None else log.bring_on(self._table)
        if self._memory is None:
            self._memory = Memory(self.lake, self._decider)
        self._memory.follow(self._table)
        return self._memory, self._table

    def write(
        self, version: int, tables: Mapping[str, pa.Table], old: Sequence[LiveFile] = ()
    ) -> NewFiles:
        """Step 3, first half: the files of that version, durable, but in no entry yet.

        `tables` are new rows by kind; the rows of `old` files are written once more.

        Raises:
            Unwritable: and no file is left.
        """
        new = NewFiles(self.lake.path, version)
        try:
            for kind, rows in tables.items():
                new.write(kind, rows)
            compact.rewrite(self.lake.path, old, new)
            new.sync()
        except BaseException:
            new.discard()
            raise
        return new

    def row(
        self,
        version: int,
        action: str,
        counts: Counts | None = None,
        arrivals: pa.Array | None = None,
        spans: Sequence[Span] = (),
    ) -> pa.Table:
        """The commit row of a commit of this writer's."""
        now = datetime.now(UTC)
        return commit_row(version, action, counts or Counts(), now, arrivals, spans, self._versions)

    def append(self, table: DeltaTable, new: NewFiles, old: Sequence[LiveFile] = ()) -> Steps[bool]:
        """Step 3, second half, and the sync of step 4: whether the files are the next version."""
        patience = Patience(self._patience_seconds)
        return append(self.lake, table, new, compact.removals(old), patience)

    def run(self, steps: Steps[_Result]) -> _Result:
        """Take all the steps; what they return. Only while it is this thread's turn."""
        try:
            while True:
                self.at(next(steps))
        except StopIteration as done:
            return done.value
        except BaseException:
            self._memory = None  # it may have stopped half-way; the lake knows better
            raise

    def keep_house(self, versions: Sequence[int]) -> None:
        """What keeps a lake quick, when a commit of ours became a version that it is due at."""
        try:
            if _due(versions, COMMITS_A_COMPACTION):
                self.run(upkeep.compaction(self))
            if _due(versions, COMMITS_A_CHECKPOINT):
                log.checkpoint(self.follow()[1])
                self._table = None  # one opened from a checkpoint is quicker than one brought on
            if _due(versions, COMMITS_A_VACUUM):
                upkeep.vacuum(self)
            if self._memory:
                self._memory.save_when_due()
        except LakeError as why:  # which does not undo the commit
            _LOG.warning("the lake was not tidied up", why=str(why))

    def _plan(self, memory: Memory, table: DeltaTable, window: list[SketchedBatch]) -> "_Plan":
        """Step 2: what each event of the window is, and the rows that this makes."""
        version = table.version() + 1
        rows = pa.concat_batches([batch.rows for batch in window])
        if self._order is not None:
            rows = rows.take(pc.array_sort_indices(self._order(rows)))  # a stable sort
        sent_at = self._sent_at(rows)
        known = memory.seen_before(table, rows, sent_at)
        fresh = rows if known is None else rows.filter(pc.invert(known))
        decisions = memory.decide(fresh)
        counts = count(fresh, decisions, len(rows) - len(fresh))
        spans = [span for batch in window for span in batch.spans]
        tables = {}
        if counts.new_rows or memory.brings_new_span(table, spans):
            tables = event_rows(fresh, decisions, version)
            tables["commit"] = self.row(version, self._action, counts, rows["arrived_at"], spans)
        acks = tuple(ack for batch in window for ack in batch.ack_ids)
        places = tuple(batch.place for batch in window)
        result = CommitResult(
            **vars(counts),
            version=version if tables else None,
            ack_ids=acks,
            places=places,
            sent_at=tuple(sent_at.cast(pa.int64()).to_pylist()),
        )
        return _Plan(tables, decisions, result)


class _Plan(NamedTuple):
    """A window decided: what is to be written, merged and told."""

    tables: dict[str, pa.Table]  # by kind, the commit row's included; none if nothing is new
    decisions: Decisions
    result: CommitResult


def _after_race(window: list[SketchedBatch], lost: int) -> list[list[SketchedBatch]]:
    """The same window, from the second lost race on in halves: smaller ones are quicker."""
    if lost > MOST_RACES:
        raise LostRace(f"other writers committed first {lost} times in a row")
    events = sum(len(batch.rows) for batch in window)
    if lost < 2 or events <= SMALLEST_WINDOW or len(window) == 1:
        return [window]
    middle = len(window) // 2
    return [window[:middle], window[middle:]]


def _due(versions: Sequence[int], every: int) -> bool:
    return any(version % every == 0 for version in versions)


_LOG = structlog.get_logger()
_OPENING = threading.Lock()
_WRITERS: dict[Path, Writer] = {}
