"""What benchmarks of streams are made of: events, a lake that holds many, a stream on a server."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from google.pubsub_v1 import PubsubMessage

from pipelines.lake import log
from tests.real import flink, servers
from tests.real.flink import FlinkCluster
from tests.real.running import ROOT, Running, until
from tests.real.streamed import Runner, Streamed

KEPT = ROOT / ".cache" / "bench"
COMMAND = [sys.executable, "-m", "pipelines.commands"]
STORIES = 0.72  # of made-up events, at least
SLICE_SECONDS = 0.1
_TOLD = re.compile(r"^version .*?: ([\d,]+) messages", re.MULTILINE)


def events_file(count: int, seed: int) -> Path:
    """Made-up events, a line each, the same each time; kept once made."""
    folder = KEPT / f"events-{count}-{seed}"
    if not folder.exists():
        making = folder.with_name(f".{folder.name}-{os.getpid()}")
        newsbeam("sample", "--events", str(count), "--seed", str(seed), "--out", str(making))
        making.rename(folder)
    return folder / "events.jsonl"


def events(count: int, seed: int) -> Iterator[bytes]:
    """The lines of `events_file`."""
    with events_file(count, seed).open("rb") as lines:
        for line in lines:
            yield line.rstrip(b"\n")


def newsbeam(*words: str) -> dict:
    """What a verb says as JSON."""
    command = [*COMMAND, *words, "--json"]
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)


def held_lake(stories: int, to: Path) -> int:
    """A lake that holds at least so many stories, and how many: a copy of one that is kept."""
    kept = KEPT / f"held-{stories}"
    if not kept.exists():
        making = kept.with_name(f".{kept.name}-{os.getpid()}")
        source = events_file(int(stories / STORIES), seed=1)
        told = newsbeam("run", str(source), "--lake", str(making / "lake"))
        (making / "stories").write_text(str(told["stories"]))
        shutil.rmtree(source.parent)
        making.rename(kept)
    # Data files never change, so that names for them are copies.
    shutil.copytree(kept / "lake", to, copy_function=_copied)
    return int((kept / "stories").read_text())


def _copied(source: str, to: str) -> None:
    if source.endswith((".parquet", ".bin")) and "_delta_log" not in source:
        os.link(source, to)
    else:
        shutil.copy2(source, to)


class Measured:
    """A server, a feed, a lake and one stream between the two."""

    def __init__(self, server: servers.PubSubServer, folder: Path, runner: Runner) -> None:
        self.feed = Streamed(server, folder / "lake", runner, ack_deadline_seconds=60)
        self.runner = runner
        self.running: Running | None = None
        self.published: dict[str, float] = {}  # when, s since 1970, by event id

    def start(self, *flags: str) -> None:
        """Start the stream."""
        self.running = self.feed.start(*flags)

    def committed(self) -> int:
        """How many messages the stream has committed and acknowledged."""
        return sum(int(count.replace(",", "")) for count in _TOLD.findall(self.running.said))

    def wait_for(self, messages: int, seconds: float = 3_600) -> None:
        """Until so many are committed and acknowledged."""
        until(lambda: self._well() and self.committed() >= messages, f"{messages} rows", seconds)

    def publish(self, lines: Iterator[bytes], count: int, rate: float | None = None) -> None:
        """Publish the next events, so many a second, or as fast as may be."""
        started, done = time.monotonic(), 0
        while done < count:
            due = count
            if rate:
                due = min(count, int((time.monotonic() - started + SLICE_SECONDS) * rate))
            some = [PubsubMessage(data=line) for line in islice(lines, min(due - done, 500))]
            at = time.time()
            already = len(self.feed.expected)
            self.feed.publish(some)
            self.published.update(dict.fromkeys(self.feed.expected[already:], at))
            done += len(some)
            if rate:
                time.sleep(max(0.0, started + done / rate - time.monotonic()))

    def close(self) -> None:
        """End the stream."""
        self.feed.close()

    def _well(self) -> bool:
        if not self.running.runs:
            raise SystemExit(f"the stream ended: {self.running.complaints[-2_000:]}")
        return True


class Versions:
    """When each version of a lake came to be there for readers."""

    def __init__(self, lake: Path) -> None:
        self.seen: dict[int, float] = {}  # s since 1970
        self._lake = lake
        self._done = threading.Event()
        self._next = log.find_lake(lake).table().version() + 1
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Watch no more."""
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            while log.entry(self._lake, self._next).exists():
                self.seen[self._next] = time.time()
                self._next += 1


@contextmanager
def streaming(runner: Runner) -> Iterator[Measured]:
    """A stream on a server of its own, in a folder that is gone afterwards."""
    server = servers.PubSubServer(servers.build_pubsub_server())
    os.environ["PUBSUB_EMULATOR_HOST"] = server.address
    with tempfile.TemporaryDirectory(dir=_scratch()) as folder:
        made = Measured(server, Path(folder), runner)
        try:
            yield made
        finally:
            made.close()
            server.close()


@contextmanager
def running(name: str, flags: Sequence[str]) -> Iterator[tuple[Runner, FlinkCluster | None]]:
    """The runner of that name; where it needs something and no flag tells, that is started."""
    if flags or name == "direct":
        yield Runner(name, tuple(flags)), None
    elif name == "prism":
        yield Runner(name, (f"--prism_location={servers.build_prism()}",)), None
    else:
        with tempfile.TemporaryDirectory(dir=_scratch()) as folder:
            cluster = FlinkCluster(flink.build_flink(), Path(folder))
            try:
                yield Runner(name, cluster.flags), cluster
            finally:
                cluster.close()


def _scratch() -> Path:
    """On the disk where lakes are kept, so that they can be linked."""
    KEPT.mkdir(parents=True, exist_ok=True)
    return KEPT
