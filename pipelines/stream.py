"""A stream without end, in slices: pull, stage, run the graph, commit, acknowledge, and again.

Only what a commit names is acknowledged, and only after it. Whatever dies before leaves its
messages with the server, which delivers them again; whatever dies after leaves messages that the
lake knows. Nothing else is remembered, so there is nothing to recover.
"""

import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import apache_beam as beam

from pipelines import runners
from pipelines.errors import InputError, NewsbeamError, RunFailed
from pipelines.lake.errors import LakeError, LostRace, Unwritable
from pipelines.lake.log import open_lake
from pipelines.lake.sources import last_arrival
from pipelines.lake.versions import versions
from pipelines.lake.writer import CommitResult, writer_for
from pipelines.read.arrival import ArrivalClock
from pipelines.read.leases import Leases
from pipelines.read.messages import Message, Naming, batches, freshness, order, sent_at
from pipelines.read.pubsub import Subscription
from pipelines.read.pulled import ReadPulled, save
from pipelines.read.pulling import QUIET_WINDOWS, Inbox, Pulling
from pipelines.read.staging import staging_root, sweep, sweep_abandoned
from pipelines.run import Outcome
from pipelines.story_pipeline import story_pipeline
from pipelines.streaming import Slice, Streaming, Told

LONGEST_PAUSE = 30.0  # s, between attempts to write a lake that cannot be written
WRITE_PATIENCE_SECONDS = 1.0  # within a commit; then the slice is tried anew, pulling paused
STOP_SECONDS = 20.0  # after being told to stop, for what was pulled; a service manager waits longer


def stream(job: Streaming, stopping: threading.Event, told: Told | None = None) -> Outcome:
    """Bring the subscription's messages into the lake until `stopping` is set, or it is drained.

    Once it is set, what was pulled is committed and acknowledged within `STOP_SECONDS`; what does
    not fit into that time is given back.

    Raises:
        InputError: the subscription cannot be used, or not any more.
        LakeError: the lake cannot be used. One that cannot be written for a while is waited for.
        RunFailed: the graph stopped; nothing that is not in the lake was acknowledged.
    """
    told = told or Told()
    lake = open_lake(job.lake, job.verdicts)
    subscription = Subscription(job.subscription, job.topic)
    try:
        # Reads the index, which may take a while, before any lease is running.
        writer_for(job.lake, **writer_settings(job, WRITE_PATIENCE_SECONDS)).follow()
        clock = ArrivalClock(not_before=last_arrival(lake))
        return _Loop(job, subscription, clock, stopping, told).run()
    finally:
        subscription.close()


class _Loop:
    """The loop and what it holds: the messages of one slice, and of one more being pulled."""

    def __init__(
        self,
        job: Streaming,
        subscription: Subscription,
        clock: ArrivalClock,
        stopping: threading.Event,
        told: Told,
    ) -> None:
        self._job = job
        self._subscription = subscription
        self._stopping = stopping
        self._told = told
        self._inbox = Inbox(job.window_messages, job.window_bytes)
        self._leases = Leases(subscription.renew, subscription.deadline_seconds)
        naming = Naming(subscription.topic, job.id_attribute)
        self._pulling = Pulling(
            subscription, naming, self._inbox, self._leases, clock.now, told.trouble
        )
        root = staging_root(job.lake, job.staging)
        sweep_abandoned(root)
        self._staging = root / uuid.uuid4().hex
        self._total = Outcome()
        self._rate = 1_000.0  # messages/s that the last slice went through at
        self._took = 0.0  # s, the last slice
        self._stop_by = float("inf")
        self._inbox.most_messages = self._fitting()

    def run(self) -> Outcome:
        started = time.monotonic()
        self._leases.start()
        self._pulling.start()
        try:
            while not self._stopping.is_set() and not self._caught_up():
                if self._pulling.refusal:
                    raise InputError(str(self._pulling.refusal))
                if self._is_due():
                    self._commit(self._inbox.take())
                else:
                    self._inbox.wait(0.1)
            self._end()
        finally:
            self._pulling.stop()
            self._leases.stop()
            sweep(self._staging)
        self._total.seconds = time.monotonic() - started
        return self._total

    def _is_due(self) -> bool:
        first_at = self._inbox.first_at
        if first_at is None:
            return False
        # A window is from commit to commit, so what a slice takes is taken off.
        wait = self._job.window_seconds - min(self._took, self._job.window_seconds / 2)
        return self._inbox.is_full or time.monotonic() - first_at >= wait

    def _caught_up(self) -> bool:
        """Whether the server answers, and has had nothing for long enough."""
        if not self._job.until_caught_up or len(self._inbox) or len(self._leases):
            return False
        return self._pulling.is_quiet(QUIET_WINDOWS * self._job.window_seconds)

    def _end(self) -> None:
        """Commit what is there still; what takes too long is given back."""
        self._stop_by = time.monotonic() + STOP_SECONDS
        self._pulling.stop()
        left = self._inbox.take()
        fitting = max(1_000, int(self._rate * STOP_SECONDS / 2))
        if left[fitting:]:
            self._give_back(left[fitting:])
        if left:
            self._commit(left[:fitting])

    def _commit(self, messages: Sequence[Message]) -> None:
        """One slice, from messages to their acknowledgement, however long the lake takes."""
        started = time.monotonic()
        pause = 0.5
        while True:
            results, why = self._run_graph(messages)
            failed = self._acknowledge([ack for result in results for ack in result.ack_ids])
            if why is None:
                break
            self._count(results)
            self._wait(why, pause, messages)
            pause = min(LONGEST_PAUSE, pause * 2)
        self._pulling.resume()
        counts = self._count(results)
        seconds = time.monotonic() - started
        self._took, self._rate = seconds, len(messages) / max(seconds, 1e-3)
        self._inbox.most_messages = self._fitting()
        sent_at = [time for result in results for time in result.sent_at]
        grown = tuple(r.version for r in results if r.version is not None)
        self._told.committed(Slice(grown, counts, freshness(sent_at), failed, seconds))

    def _run_graph(
        self, messages: Sequence[Message]
    ) -> tuple[list[CommitResult], NewsbeamError | OSError | None]:
        """What was committed, and what stopped the rest, if anything that may pass did.

        Raises: what will not pass.
        """
        folder = self._staging / uuid.uuid4().hex
        results = _COMMITTED[str(folder)] = []
        try:
            first = self._total.received
            paths = [save(batch, folder) for batch in batches(messages, first)]
            pipeline = runners.pipeline("direct", [])
            pulled = pipeline | "Read" >> ReadPulled(paths)
            writer = writer_settings(self._job, WRITE_PATIENCE_SECONDS)
            done = story_pipeline(pulled, self._job.lake.absolute(), folder, writer)
            _ = done | "Report" >> beam.Map(_report, str(folder))
            pipeline.run().wait_until_finish()
        except Exception as why:
            return results, _passing(why)
        finally:
            del _COMMITTED[str(folder)]
            sweep(folder)
        return results, None

    def _fitting(self) -> int:
        """How many messages a slice may have, lest a slow machine cannot keep their leases."""
        in_a_deadline = int(self._rate * self._subscription.deadline_seconds)
        return min(self._job.window_messages, max(1_000, in_a_deadline))

    def _acknowledge(self, ack_ids: list[str]) -> int:
        self._leases.release(ack_ids)
        share = max(1_000, len(ack_ids) // _SIDE_BY_SIDE + 1)
        shares = [ack_ids[i : i + share] for i in range(0, len(ack_ids), share)]
        failed = sum(_ACKNOWLEDGING.map(self._subscription.acknowledge, shares))
        if failed:
            self._pulling.has_failed()
        return failed

    def _wait(self, why: Exception, pause: float, messages: Sequence[Message]) -> None:
        """Before trying again; or, when it is time to stop, no more: the messages go back."""
        self._pulling.pause()
        self._told.trouble(f"{why}; pulling pauses, trying again in {pause:.1f} s")
        if not self._stopping.is_set():
            self._stopping.wait(pause)
            return
        self._stop_by = min(self._stop_by, time.monotonic() + STOP_SECONDS)
        time.sleep(min(pause, 1.0))
        if time.monotonic() > self._stop_by:
            self._give_back(messages)
            raise RunFailed(f"{why}; what was not committed was given back, and will come again")

    def _give_back(self, messages: Sequence[Message]) -> None:
        ack_ids = [message.ack_id for message in messages]
        self._leases.release(ack_ids)
        self._subscription.give_back(ack_ids)

    def _count(self, results: Sequence[CommitResult]) -> Outcome:
        """Adds to the total, and returns what these alone are."""
        counts = Outcome()
        for result in results:
            counts.add(Outcome.of(result))
        self._total.add(counts)
        return counts


def writer_settings(job: Streaming, patience_seconds: float) -> dict[str, Any]:
    """What a stream's writer is made with."""
    return {
        "action": "stream",
        "versions": versions(),
        "patience_seconds": patience_seconds,
        "sent_at": partial(sent_at, attribute=job.timestamp_attribute),
        "order": partial(order, attribute=job.order_attribute),
    }


def _report(result: CommitResult, slice_: str) -> None:
    """The graph runs in this process, so a result comes back by a list of the module's."""
    _COMMITTED[slice_].append(result)


def _passing(why: BaseException) -> NewsbeamError | OSError:
    """What lies behind Beam's exception, if it may pass by itself: a disk, another writer.

    Raises:
        LakeError, RunFailed: it will not.
    """
    cause: BaseException | None = why
    while cause is not None:
        if isinstance(cause, Unwritable | LostRace):
            return cause
        if isinstance(cause, LakeError):
            raise cause from why
        if isinstance(cause, OSError) and cause.errno:
            return cause
        cause = cause.__cause__ or cause.__context__
    raise RunFailed(f"the graph stopped, and what it had not committed comes again: {why}") from why


_COMMITTED: dict[str, list[CommitResult]] = {}
_SIDE_BY_SIDE = 4
_ACKNOWLEDGING = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="acknowledge")
