"""Three writers on one lake, stopped, killed and woken between any two steps: nothing is lost."""

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from deltalake.exceptions import DeltaError
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from pipelines.batch import SketchedBatch, Span
from pipelines.lake import appending, compact, log, memory, upkeep, writer
from pipelines.lake.errors import LakeError, Unwritable
from pipelines.lake.files import live_files, read
from pipelines.lake.writer import Writer
from tests.exact_decider import ExactDecider, sketched

EVENTS = 12  # so few that windows overlap, and the same event comes to several writers
TEXTS = 4
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None  # nothing here waits for a disk
WRITERS = st.integers(0, 2)
STEPS = st.integers(1, 7)

# An event is known by its number, which also says what it is: one in six is a dead letter, and the
# others have one of a few texts, so that stories of one writer are duplicates of another's.
windows = st.lists(st.lists(st.integers(0, EVENTS - 1), max_size=4), min_size=1, max_size=3)


def batches(numbers: list[list[int]]) -> list[SketchedBatch]:
    """A window of those events, each batch with an ack id an event and a span of its own."""
    return [
        sketched(
            [
                {"event_id": f"e{n}", "text": None if n % 6 == 5 else f"text {n % TEXTS}"}
                for n in batch
            ],
            offset=place,
            ack_ids=[f"e{n}" for n in batch],
            spans=[Span("file", n, n + 1, 1, f"{n}") for n in batch],
        )
        for place, batch in enumerate(numbers)
    ]


class ThreeWriters(RuleBasedStateMachine):
    """Each rule lets one writer take one step, or ends it; the invariants hold after every rule."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp(dir=MEMORY)
        self.lake = log.open_lake(Path(self.folder) / "lake")
        self.writers = [self.born() for _ in range(3)]
        self.tasks: list = [None, None, None]
        self.acknowledged: set[str] = set()
        self.checked = 0
        self.live: list = []
        self.held: set[str] = set()
        Faults.next = None

    def born(self) -> Writer:
        return Writer(self.lake, decider=ExactDecider(), patience_seconds=0)

    @initialize(numbers=windows)
    def begin(self, numbers: list[list[int]]) -> None:
        """Something is in the lake."""
        self.start(0, numbers, 1)
        self.finish(0)

    @rule(who=WRITERS, numbers=windows, steps=STEPS)
    def start(self, who: int, numbers: list[list[int]], steps: int) -> None:
        """A window comes to a writer that is not busy, which takes some steps and stalls."""
        if self.tasks[who] is None:
            self.tasks[who] = self.writers[who].steps(batches(numbers))
        self.step(who, steps)

    @rule(who=WRITERS, steps=STEPS)
    def compact(self, who: int, steps: int) -> None:
        """A writer that is not busy turns to compaction."""
        if self.tasks[who] is None:
            self.tasks[who] = upkeep.compaction(self.writers[who])
        self.step(who, steps)

    @rule(who=WRITERS, steps=STEPS)
    def step(self, who: int, steps: int) -> None:
        """A writer goes on for some steps."""
        for _ in range(steps):
            if self.tasks[who] is not None:
                self._step(who)

    @rule(who=WRITERS)
    def finish(self, who: int) -> None:
        """A writer goes on to the end."""
        while self.tasks[who] is not None:
            self._step(who)

    @rule(fault=st.sampled_from(["lies", "refuses"]))
    def fail(self, fault: str) -> None:
        """The next append raises: although its entry is there, or without having done anything."""
        Faults.next = fault

    @rule(who=WRITERS)
    def die(self, who: int) -> None:
        """A process is killed where it stands, and another starts with nothing but the lake."""
        self.writers[who], self.tasks[who] = self.born(), None

    def _step(self, who: int) -> None:
        try:
            next(self.tasks[who])
        except Unwritable:
            self.tasks[who] = None  # given up, not acknowledged
        except StopIteration as done:
            self.tasks[who] = None
            if isinstance(done.value, list):
                self.acknowledged |= {ack for result in done.value for ack in result.ack_ids}

    @invariant()
    def every_event_in_exactly_one_row(self) -> None:
        """A version never changes, so that a new one is read once, and its files stay."""
        if log.entry(self.lake.path, self.checked + 1).exists():
            table = self.lake.table()
            self.checked, self.live = table.version(), live_files(table)
            self.held = check_rows(read(self.lake.path, self.live).to_pylist(), self.checked)
        assert self.acknowledged <= self.held
        assert all((self.lake.path / file.path).exists() for file in self.live)

    def teardown(self) -> None:
        try:
            for who in range(3):
                self.finish(who)
            self.every_event_in_exactly_one_row()
        finally:
            shutil.rmtree(self.folder)


def check_rows(rows: list[dict], version: int) -> set[str]:
    """The lake balances: versions, ids, ordinals, stories of duplicates, counts of each commit."""
    events = [row for row in rows if row["kind"] != "commit"]
    commits = [row for row in rows if row["kind"] == "commit"]
    ids = [row["event_id"] for row in events]
    assert len(set(ids)) == len(ids)
    assert sorted(row["commit"] for row in commits) == list(range(2, version + 1))
    ordinals = sorted(events, key=lambda row: row["ordinal"])
    assert [row["ordinal"] for row in ordinals] == list(range(len(events)))
    assert [row["commit"] for row in ordinals] == sorted(row["commit"] for row in events)
    stories = {row["story_id"] for row in events if row["kind"] == "story"}
    texts = [row["text"] for row in events if row["kind"] == "story"]
    assert len(set(texts)) == len(texts)
    assert {row["story_id"] for row in events if row["kind"] == "duplicate"} <= stories
    kinds = Counter((row["commit"], row["kind"]) for row in events)
    for row in commits:
        counts = {"story": "stories", "duplicate": "duplicates", "dead_letter": "dead_letters"}
        assert all(row[name] == kinds[row["commit"], kind] for kind, name in counts.items())
        assert row["received"] == sum(row[n] for n in counts.values()) + row["redelivered"]
    return set(ids)


OPTIONS = {
    "stateful_step_count": 40,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "database": None,
    "print_blob": False,
    "report_multiple_bugs": False,  # one is enough
}
# To find is enough where a mistake was planted; to shrink is for people who look for one.
FINDING = settings(max_examples=200, phases=[Phase.generate], derandomize=True, **OPTIONS)
true_append = log.append


class Faults:
    """What the next append does that it should not; the machine's rule sets it."""

    next: str | None = None


def append_with_faults(table, actions, commit_id) -> None:
    """`log.append`, raising before the entry is there, or although it is, when told to."""
    fault, Faults.next = Faults.next, None
    if fault == "refuses":
        raise OSError("the disk did not answer")
    true_append(table, actions, commit_id)
    if fault == "lies":
        raise DeltaError("no checkpoint could be written")


@pytest.fixture(autouse=True)
def small_and_faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files are many, and two events a large window, so that small runs meet everything."""
    monkeypatch.setattr(compact, "FANOUT", 2)
    monkeypatch.setattr(writer, "SMALLEST_WINDOW", 2)
    monkeypatch.setattr(log, "append", append_with_faults)
    monkeypatch.setattr(Faults, "next", None)


def test_three_writers_lose_and_double_nothing() -> None:
    """Whatever the order of steps, an acknowledged event is in exactly one row; all balances."""
    run_machine(ThreeWriters, settings=settings(max_examples=12, **OPTIONS))


@pytest.mark.long
def test_three_writers_for_longer() -> None:
    """The same, for many lakes."""
    run_machine(ThreeWriters, settings=settings(max_examples=300, **OPTIONS))


def appends_again_later(patch: pytest.MonkeyPatch) -> None:
    """The append takes any later version that is free, as deltalake does by default."""
    properties = log.CommitProperties
    patch.setattr(log, "CommitProperties", lambda max_commit_retries, **rest: properties(**rest))


def appends_to_the_newest(patch: pytest.MonkeyPatch) -> None:
    """The handle is moved on after the window was decided."""
    append = Writer.append

    def late(self, table, new, old=()):
        table.update_incremental()
        new.version = table.version() + 1
        return append(self, table, new, old)

    patch.setattr(Writer, "append", late)


def merges_before_appending(patch: pytest.MonkeyPatch) -> None:
    """The index takes the window in before it is committed."""
    plan = Writer._plan

    def hasty(self, memory, table, window):
        made = plan(self, memory, table, window)
        memory._index.merge(made.decisions)
        return made

    patch.setattr(Writer, "_plan", hasty)


def acknowledges_before_appending(patch: pytest.MonkeyPatch) -> None:
    """Events are acknowledged once their files are written."""
    step = ThreeWriters._step

    def hasty(self, who):
        step(self, who)
        if self.tasks[who] and self.tasks[who].gi_frame.f_locals.get("new"):
            self.acknowledged |= set(self.tasks[who].gi_frame.f_locals["plan"].result.ack_ids)

    patch.setattr(ThreeWriters, "_step", hasty)


def believes_what_was_raised(patch: pytest.MonkeyPatch) -> None:
    """An append that raised is taken for one that was lost to another writer."""
    owner = appending._owner
    raised = []

    def believing(table, actions, commit_id):
        raised.clear()
        try:
            append_with_faults(table, actions, commit_id)
        except Exception:
            raised.append(True)
            raise

    patch.setattr(log, "append", believing)
    patch.setattr(appending, "_owner", lambda *of: "another" if raised else owner(*of))


def follows_without_rows(patch: pytest.MonkeyPatch) -> None:
    """The index is brought to the handle's version without its rows."""
    patch.setattr(memory.Memory, "_rows_since", lambda self, table, version: [])


@pytest.mark.parametrize(
    "mistake",
    [
        appends_again_later,
        acknowledges_before_appending,
        *(
            pytest.param(mistake, marks=pytest.mark.long)
            for mistake in (
                appends_to_the_newest,
                merges_before_appending,
                believes_what_was_raised,
                follows_without_rows,
            )
        ),
    ],
)
def test_the_machine_finds_a_planted_mistake(mistake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: with any of these mistakes in the writer, it does."""
    mistake(monkeypatch)
    with pytest.raises((AssertionError, LakeError)):
        run_machine(ThreeWriters, settings=FINDING)
