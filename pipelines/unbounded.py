"""A stream as one unbounded graph: the process that hands it to a runner, and waits for its end.

Started by `pipelines.supervise` as a program, with the job on its standard input. That stays open
as long as the supervisor lives: when it closes, this process ends, and all that it started with it.
"""

import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

import apache_beam as beam
import grpc
import structlog

from pipelines import runners
from pipelines.errors import NewsbeamError
from pipelines.lake.writer import writer_for
from pipelines.read import journal
from pipelines.read.acknowledge import acknowledge
from pipelines.read.intake import Feed
from pipelines.read.unbounded import ReadFeed
from pipelines.read.windows import arrival_windows
from pipelines.story_pipeline import story_pipeline
from pipelines.stream import writer_settings
from pipelines.streaming import Streaming

FOR_EVER = float("inf")
FATAL = 3  # exit code: starting again is of no use
LONG_WAIT = 0.4  # s, for a disk; shorter ones are not worth a word


@dataclass(frozen=True)
class Unbounded:
    """A stream, and where its graph runs."""

    stream: Streaming
    feed: Feed
    runner: str
    flags: Sequence[str] = ()  # Beam's own


def run_unbounded(job: Unbounded) -> None:
    """Run the graph until its feed is told to stop, or has caught up.

    Raises:
        LakeError: the lake cannot be used.
        Exception: whatever the runner raises when a job fails.
    """
    settings = writer_settings(job.stream, FOR_EVER)
    if job.runner == "prism":
        # Reads the index, which may take a while, before any lease is running. Workers of other
        # runners are in other processes.
        writer_for(job.stream.lake, **settings).follow()
    pipeline = runners.pipeline(job.runner, ["--streaming", *job.flags])
    batches = (
        pipeline
        | "Read" >> ReadFeed(job.feed)
        | "Window" >> arrival_windows(job.stream.window_seconds)
    )
    results = story_pipeline(batches, job.stream.lake.absolute(), job.feed.folder, settings)
    _ = results | "Acknowledge" >> beam.Map(acknowledge, job.feed)
    pipeline.run().wait_until_finish()


def main() -> None:
    """Run the job on the standard input; exit 0 when it ended, 3 when it cannot be run at all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor's to hear, and SIGTERM too
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.disable(logging.WARNING)
    structlog.configure(processors=[_relay])
    journal.say = partial(print, end="", flush=True)
    job: Unbounded = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with, args=[sys.stdin.buffer], daemon=True).start()
    # The same from another process, for Prism's sake: this one may be killed with its supervisor.
    subprocess.Popen(["sh", "-c", "cat > /dev/null; kill -9 0"], stdin=sys.stdin)
    try:
        run_unbounded(job)
    except NewsbeamError as why:
        _say(str(why))
        os._exit(FATAL)
    except Exception as why:
        _say(_last_line(why))
        os._exit(1)
    os._exit(0)


def _end_with(supervisor: BinaryIO) -> None:
    supervisor.read()
    os.killpg(0, signal.SIGKILL)


def _last_line(why: Exception) -> str:
    """What went wrong, of a message that a runner has filled with tracebacks."""
    if isinstance(why, grpc.RpcError):
        return f"the runner has gone: {why.details()}"
    lines = [line.strip() for line in str(why).replace("\\n", "\n").splitlines()]
    return next((line for line in reversed(lines) if line), type(why).__name__)[:300]


def _relay(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    """Of our own log, what the supervisor's reader should hear of: a wait that is not a short one.

    Raises:
        DropEvent: always; what is to be said is said here.
    """
    seconds = event.get("seconds", 0.0)
    if seconds >= LONG_WAIT:
        _say(f"{event.get('why')}; pulling pauses, trying again in {seconds:.1f} s", "trouble")
    raise structlog.DropEvent


def _say(sentence: str, what: str = "failed") -> None:
    print(json.dumps({what: sentence}), flush=True)


if __name__ == "__main__":
    # What the graph refers to must have a name that other processes can import it by.
    from pipelines import unbounded

    unbounded.main()
