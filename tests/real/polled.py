"""The smallest graph of a polling source: files of a folder, in windows, until a marker stops it.

In a module, since Python workers that the test does not start import what they run.
"""

import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.coders import PickleCoder
from apache_beam.io.unbounded_source import (
    ReadFromUnboundedSource,
    UnboundedReader,
    UnboundedSource,
)
from apache_beam.transforms.window import FixedWindows
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp

STOP = "stop"
WAIT_SECONDS = 0.2  # in `advance`, so that an idle source is not asked again and again


def polled(
    pipeline: beam.Pipeline,
    folder: Path,
    window_seconds: float,
    splits: int = 1,
    **reading: Any,
) -> None:
    """Read `folder/in` until `folder/stop` is there; write each window into `folder/out`."""
    for name in ("in", "out", "told"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    source = FolderSource(folder, range(splits), splits)
    options = {"poll_interval": 0.05, "max_read_time_seconds": 0.2, **reading}
    (
        pipeline
        | "Poll" >> ReadFromUnboundedSource(source, **options)
        | "Window" >> beam.WindowInto(FixedWindows(window_seconds))
        | "Key" >> beam.WithKeys(0)
        | "Together" >> beam.GroupByKey()
        | "Write" >> beam.ParDo(WriteWindow(folder))
    )


def put(folder: Path, number: int) -> None:
    """Give the source an item."""
    started = folder / f"{number}.part"
    started.write_text(str(time.time()), "utf-8")
    started.rename(folder / "in" / f"{number:08d}")


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """What the source told of itself, and each window written, oldest first."""
    files = [*(folder / "out").glob("*.json"), *(folder / "told").glob("*.json")]
    return iter(sorted((json.loads(f.read_text("utf-8")) for f in files), key=lambda t: t["at"]))


def tell(folder: Path, event: str, **facts: Any) -> None:
    """Leave a fact in the folder, whole or not at all."""
    told = {"event": event, "at": time.time(), "pid": os.getpid(), **facts}
    started = folder / f"{uuid.uuid4()}.part"
    started.write_text(json.dumps(told), "utf-8")
    started.rename(folder / ("out" if event == "window" else "told") / f"{started.stem}.json")


@dataclass(frozen=True)
class FolderSource(UnboundedSource):
    """The items of some of the `of` parts into which the folder's numbers fall."""

    folder: Path
    parts: Iterable[int]
    of: int

    def split(self, desired_num_splits: int, options: Any = None) -> list["FolderSource"]:
        tell(self.folder, "split", desired=desired_num_splits)
        return [FolderSource(self.folder, (part,), self.of) for part in self.parts]

    def create_reader(self, options: Any, checkpoint_mark: None) -> "FolderReader":
        tell(self.folder, "reader", part=list(self.parts), mark=checkpoint_mark)
        return FolderReader(self)

    def get_checkpoint_mark_coder(self) -> PickleCoder:
        return PickleCoder()


class FolderReader(UnboundedReader):
    """Brings items in the order of their numbers, each at the moment when it is found."""

    def __init__(self, source: FolderSource) -> None:
        self._source = source
        self._name = ""
        self._stopped = False
        self._now = Timestamp.now()

    def start(self) -> bool:
        return self.advance()

    def advance(self) -> bool:
        until = time.monotonic() + WAIT_SECONDS
        while True:
            stopped = (self._source.folder / STOP).exists()
            self._now = Timestamp.now()
            if found := self._next():
                self._name = found
                return True
            self._stopped = stopped
            if stopped or time.monotonic() > until:
                return False
            time.sleep(0.02)

    def get_current(self) -> str:
        return self._name

    def get_current_timestamp(self) -> Timestamp:
        return self._now

    def get_watermark(self) -> Timestamp:
        return MAX_TIMESTAMP if self._stopped else self._now

    def get_checkpoint_mark(self) -> None:
        """Nothing: what is in the folder is what is left to do.

        With a mark a bundle waits to be finalized. Without checkpoints Flink never does that, and
        each bundle leaves behind its reader and all of the graph that it ran.
        """

    def close(self) -> None:
        tell(self._source.folder, "closed", part=list(self._source.parts))

    def _next(self) -> str | None:
        names = (name for name in os.listdir(self._source.folder / "in") if name > self._name)
        parts = self._source.parts
        return min((name for name in names if int(name) % self._source.of in parts), default=None)


class WriteWindow(beam.DoFn):
    """Write a window's items into a file, with how long each took, and take them away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def process(self, element: Any, window: Any = beam.DoFn.WindowParam) -> None:
        now = time.time()
        items = [self._folder / "in" / name for name in sorted(element[1])]
        items = [item for item in items if item.exists()]  # else another attempt has written it
        seconds = [round(now - float(item.read_text("utf-8")), 3) for item in items]
        names = [item.name for item in items]
        tell(self._folder, "window", end=float(window.end), names=names, seconds=seconds)
        for item in items:
            item.unlink(missing_ok=True)
