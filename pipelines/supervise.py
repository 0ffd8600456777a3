"""The supervisor of a stream on Prism or Flink: its job in a process of its own, started again.

Each attempt has a folder of its own. What was under way in one that failed is given up: its leases
run out with the process, and the messages come again.
"""

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from pipelines.check.runner import check_runner
from pipelines.errors import InputError, RunFailed
from pipelines.lake.log import open_lake
from pipelines.lake.rows import Counts
from pipelines.lake.sources import last_arrival
from pipelines.read.intake import STOP, Feed
from pipelines.read.journal import Journal
from pipelines.read.pubsub import Subscription, server_address
from pipelines.read.staging import staging_root, sweep, sweep_abandoned
from pipelines.run import Outcome
from pipelines.streaming import Slice, Streaming, Told
from pipelines.unbounded import FATAL, Unbounded

STOP_SECONDS = 25.0  # after being told to stop, for what was pulled
LONGEST_PAUSE = 60.0  # s, between attempts
WELL_SECONDS = 60.0  # an attempt that lasted so long was no failure from the start
_JOB = "job.json"  # in an attempt's folder: whose it is


def supervise(
    job: Streaming,
    runner: str,
    flags: Sequence[str],
    stopping: threading.Event,
    told: Told | None = None,
) -> Outcome:
    """Keep the job running until `stopping` is set, or the subscription is drained.

    Raises:
        InputError: the subscription or the runner cannot be used.
        LakeError: the lake cannot be used.
        RunFailed: the job cannot be run at all, or never came to pull anything.
    """
    for finding in check_runner(runner, flags):
        if finding.grade == "problem":  # some of these a runner would wait for without an end
            raise InputError(finding.sentence)
    return _Supervisor(job, runner, flags, stopping, told or Told()).run()


class _Supervisor:
    """One stream, through all its attempts."""

    def __init__(
        self,
        job: Streaming,
        runner: str,
        flags: Sequence[str],
        stopping: threading.Event,
        told: Told,
    ) -> None:
        self._job = job
        self._runner = runner
        self._flags = flags
        self._stopping = stopping
        self._told = told
        self._lake = open_lake(job.lake, job.verdicts)
        self._subscription = Subscription(job.subscription, job.topic)
        self._subscription.close()
        self._root = staging_root(job.lake, job.staging)
        self._root.mkdir(parents=True, exist_ok=True)
        self._outcome = Outcome()

    def run(self) -> Outcome:
        """One attempt after another, with pauses that grow while none gets anywhere."""
        started, pause = time.monotonic(), 1.0
        sweep_abandoned(self._root)
        if self._runner == "flink":
            _stop_others(self._root, self._job, self._told)
        has_pulled = False
        while True:
            attempt = _Attempt(self._unbounded(), self._told, self._outcome)
            has_ended = attempt.run(self._stopping)
            if has_ended or self._stopping.is_set():
                break
            has_pulled = has_pulled or attempt.has_pulled
            if attempt.is_hopeless or not has_pulled:
                raise RunFailed(attempt.last_words)
            pause = 1.0 if attempt.went_well else pause
            again = f"starting it again in {pause:.0f} s"
            self._told.trouble(f"the job failed: {attempt.last_words}; {again}")
            if self._stopping.wait(pause):
                break
            pause = min(LONGEST_PAUSE, pause * 2)
        self._outcome.seconds = time.monotonic() - started
        return self._outcome

    def _unbounded(self) -> Unbounded:
        """The job of another attempt."""
        feed = Feed(
            subscription=self._job.subscription,
            topic=self._subscription.topic,
            folder=str(self._root / uuid.uuid4().hex),
            deadline_seconds=self._subscription.deadline_seconds,
            address=server_address(),
            id_attribute=self._job.id_attribute,
            not_before=last_arrival(self._lake),
            window_seconds=self._job.window_seconds,
            until_caught_up=self._job.until_caught_up,
        )
        return Unbounded(self._job, feed, self._runner, self._flags)


class _Attempt:
    """One process with the job, and everything that it starts."""

    def __init__(self, job: Unbounded, told: Told, outcome: Outcome) -> None:
        self._job = job
        self._told = told
        self._outcome = outcome
        self._folder = Path(job.feed.folder)
        self._journal = Journal(self._folder)
        self._complaints: deque[str] = deque(maxlen=20)
        self._failure: str | None = None
        self._refusal: str | None = None
        self._listeners: list[threading.Thread] = []
        self._begun = time.monotonic()
        self._has_committed = False
        self.has_pulled = False
        self.is_hopeless = False  # another attempt would come to the same

    @property
    def last_words(self) -> str:
        """Why it ended, as far as it said."""
        lines = [line.strip() for line in self._complaints if line.strip()]
        return self._failure or (lines[-1] if lines else "it said nothing")

    @property
    def went_well(self) -> bool:
        """Whether it got somewhere before it failed."""
        return self._has_committed or time.monotonic() - self._begun > WELL_SECONDS

    def run(self, stopping: threading.Event) -> bool:
        """Until it ends, or is ended; whether it came to an end of its own.

        Raises:
            InputError: the subscription cannot be used any more.
            RunFailed: it was told to stop, and did not in time.
        """
        whose = {"subscription": self._job.feed.subscription, "runner": self._job.runner}
        try:
            self._folder.mkdir()
            (self._folder / _JOB).write_text(json.dumps(whose))
        except OSError as why:  # a full disk, which may pass
            self._failure = str(why)
            return False
        process = self._start()
        try:
            self._watch(process, stopping)
        finally:
            _end(process)
            for thread in self._listeners:
                thread.join(1.0)
            self._tell(self._journal.news())
            self._leave()
        if self._refusal:
            raise InputError(self._refusal)
        if process.returncode < 0:
            self._failure = f"it was killed by signal {-process.returncode}"
        self.is_hopeless = process.returncode == FATAL
        return process.returncode == 0

    def _start(self) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.unbounded"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that what it starts can be ended with it
        )
        self._listeners = [
            threading.Thread(target=self._listen, args=[process.stdout], daemon=True),
            threading.Thread(target=self._note, args=[process.stderr], daemon=True),
        ]
        for thread in self._listeners:
            thread.start()
        with suppress(BrokenPipeError):  # it ended before it had its job
            pickle.dump(self._job, process.stdin)
            process.stdin.flush()
        return process

    def _watch(self, process: subprocess.Popen, stopping: threading.Event) -> None:
        stop_by = float("inf")
        while process.poll() is None:
            if stopping.is_set() and stop_by == float("inf"):
                self._stop()
                stop_by = time.monotonic() + STOP_SECONDS
            if time.monotonic() > stop_by:
                raise RunFailed(
                    "not all that was pulled could be committed in time; it comes again"
                )
            self._tell(self._journal.news())
            time.sleep(0.1)

    def _stop(self) -> None:
        with suppress(OSError):  # on a full disk it cannot be told, nor stop in time
            (self._folder / STOP).touch()

    def _leave(self) -> None:
        """A cluster may still be at work in the folder; it has ended when this is swept."""
        if self._job.runner == "flink":
            self._stop()
        else:
            sweep(self._folder)

    def _tell(self, entries: Iterable[dict[str, Any]]) -> None:
        for entry in entries:
            if "trouble" in entry:
                self._told.trouble(entry["trouble"])
            elif "failed" in entry:
                self._failure = entry["failed"]
            elif "refused" in entry:
                self._refusal = entry["refused"]
            elif "pulling" in entry:
                self.has_pulled = True
            elif "committed" in entry:
                self._count(entry["committed"])

    def _count(self, committed: dict[str, Any]) -> None:
        self._has_committed = True
        counts = Outcome.of(Counts(**committed["counts"]))
        self._outcome.add(counts)
        version = committed["version"]
        versions = () if version is None else (version,)
        median, late = committed["freshness"]
        slice_ = Slice(versions, counts, (median, late), committed["unacknowledged"])
        self._told.committed(slice_)

    def _listen(self, lines: IO[bytes]) -> None:
        for line in lines:
            try:
                self._tell([json.loads(line)])
            except ValueError:
                self._complaints.append(line.decode(errors="replace"))

    def _note(self, lines: IO[bytes]) -> None:
        for line in lines:
            if os.environ.get("NEWSBEAM_DEBUG"):
                sys.stderr.write(line.decode(errors="replace"))
            self._complaints.append(line.decode(errors="replace"))


def _end(process: subprocess.Popen) -> None:
    """The process, and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _stop_others(root: Path, job: Streaming, told: Told) -> None:
    """A job in a cluster outlives who submitted it; one of this subscription's is told to stop."""
    for folder in root.glob("*/"):
        try:
            whose = json.loads((folder / _JOB).read_text())
        except (OSError, ValueError):
            continue
        same = whose == {"subscription": job.subscription, "runner": "flink"}
        if same and not (folder / STOP).exists():
            told.trouble(f"an earlier job on {job.subscription} is told to end")
            with suppress(OSError):
                (folder / STOP).touch()
