"""A bounded run: the input in slices, each slice one run of the graph, ended by its commits.

A runner holds everything before a shuffle in memory, so a large input goes through in slices
(by default 500,000 events or 1 GiB a worker). What was interrupted is run again: what the lake
holds is hashed and left out.
"""

import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import apache_beam as beam

from pipelines import runners
from pipelines.errors import RunFailed
from pipelines.lake.errors import LakeError
from pipelines.lake.log import open_lake
from pipelines.lake.rows import Counts
from pipelines.lake.sources import committed_spans
from pipelines.read.cursor import Limits
from pipelines.read.inputs import find
from pipelines.read.plan import Sizes, Slice, plan
from pipelines.read.staging import staging_root, sweep, sweep_abandoned
from pipelines.read.transforms import ReadFiles
from pipelines.settings import Verdicts
from pipelines.story_pipeline import story_pipeline

COUNTERS = "newsbeam"
_TOTALS = ("received", "stories", "redelivered")


@dataclass(frozen=True)
class Bounded:
    """What a run reads, where to, and how; the defaults are good ones."""

    inputs: Sequence[str]
    lake: Path
    verdicts: Verdicts = field(default_factory=Verdicts)
    dialect: str = "auto"
    base: str | None = None
    staging: Path | None = None
    runner: str = "direct"
    flags: Sequence[str] = ()  # Beam's own
    limits: Limits = field(default_factory=Limits)
    sizes: Sizes = field(default_factory=Sizes)


@dataclass
class Outcome:
    """The balance of a run: `received` is the sum of all that follows."""

    received: int = 0
    stories: int = 0
    duplicates: Counter[str] = field(default_factory=Counter)  # by relation
    dead_letters: Counter[str] = field(default_factory=Counter)  # by reason
    redelivered: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, counts: Counts) -> Self:
        """The balance of one commit."""
        return cls(
            counts.received,
            counts.stories,
            Counter(counts.duplicates),
            Counter(counts.dead_letters),
            counts.redelivered,
        )

    @property
    def balances(self) -> bool:
        """Whether every event received has one fate."""
        fates = self.stories + self.duplicates.total() + self.dead_letters.total()
        return self.received == fates + self.redelivered

    def add(self, other: "Outcome") -> None:
        """Count another's events too; seconds are left as they are."""
        self.received += other.received
        self.stories += other.stories
        self.duplicates.update(other.duplicates)
        self.dead_letters.update(other.dead_letters)
        self.redelivered += other.redelivered


def run(job: Bounded, on_slice: Callable[[Slice, Path], None] = lambda *_: None) -> Outcome:
    """Bring the inputs into the lake; `on_slice` is told of each slice before it runs.

    Raises:
        InputError: an input is not there.
        LakeError: the lake cannot be used, or written.
        RunFailed: the pipeline stopped; what it had committed stays.
    """
    started = time.monotonic()
    sources = find(job.inputs, job.base, job.dialect)
    lake = open_lake(job.lake, job.verdicts)
    outcome = Outcome()
    with _staging(job) as staging:
        for part in plan(sources, committed_spans(lake), job.sizes, runners.workers(job.flags)):
            outcome.received += part.skipped
            outcome.redelivered += part.skipped
            on_slice(part, staging)
            if part.shares:
                _run_slice(job, part, staging / f"{part.number:06}", outcome)
    outcome.seconds = time.monotonic() - started
    return outcome


def _run_slice(job: Bounded, part: Slice, staging: Path, outcome: Outcome) -> None:
    pipeline = runners.pipeline(job.runner, job.flags)
    batches = pipeline | "Read" >> ReadFiles(part.shares, job.limits)
    results = story_pipeline(batches, job.lake.absolute(), staging)
    _ = results | "Count" >> beam.Map(_count)
    try:
        result = pipeline.run()
        result.wait_until_finish()
    except Exception as why:
        raise _said(why) from why
    counters = result.metrics().query(beam.metrics.MetricsFilter().with_namespace(COUNTERS))
    for counter in counters["counters"]:
        _add(outcome, counter.key.metric.name, counter.result or 0)  # null on Prism


def _count(result: Counts) -> None:
    """The workers may be other processes, so counts come back as Beam's metrics do."""
    for member, count in vars(result).items():
        if isinstance(count, Mapping):
            for key, n in count.items():
                beam.metrics.Metrics.counter(COUNTERS, f"{member}/{key}").inc(n)
        elif member in _TOTALS:
            beam.metrics.Metrics.counter(COUNTERS, member).inc(count)


def _add(outcome: Outcome, name: str, count: int) -> None:
    """A counter is named after the field it adds to, `field/key` where that is a dictionary."""
    member, _, key = name.partition("/")
    if key:
        getattr(outcome, member)[key] += count
    else:
        setattr(outcome, member, getattr(outcome, member) + count)


@contextmanager
def _staging(job: Bounded) -> Iterator[Path]:
    root = staging_root(job.lake, job.staging)
    sweep_abandoned(root)
    folder = root / uuid.uuid4().hex
    try:
        yield folder
    finally:
        sweep(folder)


def _said(why: BaseException) -> Exception:
    """What lies behind Beam's exception: the lake's own sentence where it was the lake."""
    cause: BaseException | None = why
    while cause is not None:
        if isinstance(cause, LakeError):
            return cause
        if isinstance(cause, OSError) and cause.errno:
            where = f"{cause.filename}: " if cause.filename else ""
            said = f"{where}{os.strerror(cause.errno)}"
            return RunFailed(f"{said}; what was committed stays, and running again goes on")
        cause = cause.__cause__ or cause.__context__
    return RunFailed(f"the pipeline stopped, and running again goes on from there: {why}")
