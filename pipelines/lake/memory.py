"""What the writer remembers of the lake: its index, and how that follows the log.

The index is a function of the lake's rows in the order of their ordinals, so it can always be made
again; a snapshot of it is a cache, and one that does not fit the log is discarded.
"""

import time
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import structlog
from deltalake import DeltaTable

from pipelines.batch import Span
from pipelines.deduplicate.decide import Decisions
from pipelines.lake import files, snapshot
from pipelines.lake.deciding import Decider
from pipelines.lake.errors import Damaged
from pipelines.lake.log import Lake, sync_entries

FOLLOWED_AT_ONCE = 50_000  # rows; they are held in memory with their texts
LONG_SECONDS = 5.0  # that following may still take; then it is told how long
ROWS_A_SNAPSHOT = 100_000  # at least so many new ones, and an eighth of those held


class Memory:
    """The index of one lake in one process, as of the lake's version `version`."""

    def __init__(self, lake: Lake, decider: Decider) -> None:
        self._lake = lake
        self._decider = decider
        self._scratch = snapshot.Scratch(lake)
        self._index = snapshot.load(lake, decider, self._scratch.folder) or decider.new_index(
            lake.verdicts, self._scratch.folder
        )
        self._saved_rows = self._index.next_ordinal
        self._spans: set[Span] = set()
        self._spans_version = -1

    @property
    def version(self) -> int:
        """The version of the lake that the index has followed to; -1 before the first."""
        return self._index.lake_version

    def follow(self, table: DeltaTable) -> None:
        """Bring the index to exactly the handle's version, reading the rows that others committed.

        The entry is synced first, since whatever is decided next rests on it. Its predecessors are
        already: whoever appended it had done the same. The rows come from the files live at that
        version, in the order of their ordinals, so that neither an expired entry nor a file that a
        compaction removed is missed.

        Raises:
            Damaged: a file that the log names cannot be read, or the log went back.
        """
        version = table.version()
        if version == self.version:
            return
        if version < self.version:
            raise Damaged(f"the log of the lake at {self._lake.path} went back to {version}")
        sync_entries(self._lake.path, [version])
        for rows in self._rows_since(table, self.version):
            self._index.follow(
                self._decider.resketch(rows), rows["relation"], rows["story_id"], rows["ordinal"]
            )
        self._index.lake_version = version

    def decide(self, rows: pa.RecordBatch) -> Decisions:
        """What each event is, given the index; the index itself does not change."""
        return self._index.decide(self._decider.sketches_of(rows))

    def merge(self, decisions: Decisions, version: int) -> None:
        """Take a window in that has become that version of the lake."""
        self._index.merge(decisions)
        self._index.lake_version = version

    def pass_over(self, version: int) -> None:
        """Note a version of our own that brought no event."""
        self._index.lake_version = version

    def seen_before(
        self, table: DeltaTable, rows: pa.RecordBatch, sent_at: pa.Array
    ) -> pa.Array | None:
        """Which events the lake holds though the index may have forgotten them: a mask, or None.

        The index remembers event ids as far back as its low mark; for an event sent before that
        the lake itself is asked, and only then.
        """
        last_arrival = pc.max(rows["arrived_at"]).cast(pa.int64()).as_py() or 0
        low_mark = pa.scalar(self._index.low_mark(last_arrival), pa.int64())
        old = pc.less(sent_at, low_mark.cast(sent_at.type))
        if not pc.any(old).as_py():
            return None
        ids = rows["event_id"].filter(old.fill_null(False))
        live = [f for f in files.live_files(table) if f.kind != "commit"]
        wanted = pc.field("event_id").isin(ids)
        held = files.read(self._lake.path, live, ["event_id"], wanted)
        return pc.is_in(rows["event_id"], held["event_id"].combine_chunks())

    def brings_new_span(self, table: DeltaTable, spans: Sequence[Span]) -> bool:
        """Whether any of these parts of files is in no commit up to the handle's version."""
        if not spans:
            return False
        if self._spans_version != table.version():
            live = [f for f in files.live_files(table) if f.kind == "commit"]
            newer = [f for f in live if f.commits[1] > self._spans_version]
            for sources in files.read(self._lake.path, newer, ["sources"])["sources"]:
                self._spans.update(Span(**source) for source in sources.as_py() or ())
            self._spans_version = table.version()
        return not self._spans.issuperset(spans)

    def save_when_due(self) -> None:
        """Make a snapshot if enough rows have come since the last."""
        new = self._index.next_ordinal - self._saved_rows
        if new >= max(ROWS_A_SNAPSHOT, self._index.next_ordinal // 8):
            snapshot.save(self._lake, self._index, self._scratch.folder)
            self._saved_rows = self._index.next_ordinal

    def _rows_since(self, table: DeltaTable, version: int) -> Iterator[pa.Table]:
        """The events' rows that came after that version, in order, some thousands at a time."""
        live = [f for f in files.live_files(table) if f.commits[1] > version and f.ordinals]
        if not live:
            return
        newer = pc.field("commit") > version
        first, last = self._index.next_ordinal, max(f.ordinals[1] for f in live)
        began = time.monotonic()
        for start in range(first, last + 1, FOLLOWED_AT_ONCE):
            if start == first + FOLLOWED_AT_ONCE:
                _tell(last + 1 - start, (time.monotonic() - began) / FOLLOWED_AT_ONCE)
            end = start + FOLLOWED_AT_ONCE
            holding = [f for f in live if f.ordinals[0] < end and f.ordinals[1] >= start]
            within = (pc.field("ordinal") >= start) & (pc.field("ordinal") < end)
            rows = files.read(self._lake.path, holding, _FOLLOWED, newer & within)
            yield _with_relations(rows.sort_by("ordinal"))


def _tell(rows: int, seconds_a_row: float) -> None:
    if rows * seconds_a_row >= LONG_SECONDS:
        left = round(rows * seconds_a_row)
        _LOG.info("the index is being made from the lake's rows", rows=rows, seconds_left=left)


_LOG = structlog.get_logger()
# What sketches are made of, and what the rows were decided to be.
_FOLLOWED = (
    *("kind", "ordinal", "event_id", "arrived_at", "story_id", "relation", "reason"),
    *("title", "text", "summary", "truncated", "url_key", "publisher_id", "bands"),
)


def _with_relations(rows: pa.Table) -> pa.Table:
    """The rows with `relation` also for stories and dead letters: their kind."""
    relation = pc.coalesce(rows["relation"], rows["kind"])
    return rows.set_column(rows.schema.get_field_index("relation"), "relation", relation)
