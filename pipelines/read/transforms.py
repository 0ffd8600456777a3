"""Read's steps in the graph."""

import pickle
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

from pipelines.batch import RawBatch, SketchedBatch
from pipelines.patience import Patience
from pipelines.read.batches import Gathering, body_id
from pipelines.read.cursor import Limits
from pipelines.read.parts import read_share
from pipelines.read.plan import Share
from pipelines.read.staging import Handle, stage


@dataclass
class ReadFiles(beam.PTransform):
    """From the shares of a slice (see `pipelines.read.plan`) to the batches of their records."""

    shares: Sequence[Share]
    limits: Limits = field(default_factory=Limits)

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[RawBatch]:
        # As bytes: Beam encodes 10,000 named tuples in 10 s, and a graph's size costs seconds too.
        packed = [zlib.compress(pickle.dumps(share)) for share in self.shares]
        return begin | beam.Create(packed) | beam.FlatMap(_read, self.limits)


@dataclass
class ToBatches(beam.PTransform):
    """From any collection of messages' bodies to batches, for sources other than files.

    A batch closes by count, by bytes, by the time its first message waited, and where its bundle
    ends. `event_id` says which messages are one event.
    """

    event_id: Callable[[bytes], str] = body_id
    dialect: str = "auto"
    batch_records: int = 1_000
    batch_bytes: int = 10_000_000
    batch_seconds: float = 0.2

    def expand(self, bodies: beam.PCollection[bytes]) -> beam.PCollection[RawBatch]:
        return bodies | beam.ParDo(_Gather(self))


@dataclass
class StageBatches(beam.PTransform):
    """From finished batches to their handles, the batches themselves in files in that folder.

    A disk that is full or read-only is waited for so many seconds.
    """

    folder: Path
    patience_seconds: float = 0.0

    def expand(self, batches: beam.PCollection[SketchedBatch]) -> beam.PCollection[Handle]:
        return batches | beam.Map(_stage, str(self.folder), self.patience_seconds)


def _read(packed: bytes, limits: Limits) -> Iterable[RawBatch]:
    return read_share(pickle.loads(zlib.decompress(packed)), limits)


def _stage(batch: SketchedBatch, folder: str, patience_seconds: float) -> Handle:
    patience = Patience(patience_seconds)
    while True:
        try:
            return stage(batch, folder)
        except OSError as why:
            patience.wait(why)


class _Gather(beam.DoFn):
    """One gathering a window, since a batch is of one window."""

    def __init__(self, settings: ToBatches):
        self._settings = settings

    def start_bundle(self) -> None:
        self._gatherings: dict[object, Gathering] = {}

    def process(self, body: bytes, window=beam.DoFn.WindowParam) -> Iterable[RawBatch]:
        gathering = self._gatherings.get(window)
        if gathering is None:
            settings = self._settings
            gathering = self._gatherings[window] = Gathering(
                dialect=settings.dialect,
                event_id=settings.event_id,
                records=settings.batch_records,
                bytes_=settings.batch_bytes,
                seconds=settings.batch_seconds,
            )
        if batch := gathering.add(body):
            yield batch

    def finish_bundle(self) -> Iterable[WindowedValue]:
        for window, gathering in self._gatherings.items():
            if batch := gathering.close():
                yield WindowedValue(batch, window.max_timestamp(), [window])
