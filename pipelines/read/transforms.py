"""Read's steps in the graph."""

import gc
import pickle
import random
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.utils.windowed_value import WindowedValue

from pipelines.batch import RawBatch, SketchedBatch
from pipelines.patience import Patience
from pipelines.read.batches import Gathering, Places, body_id
from pipelines.read.cursor import Limits
from pipelines.read.messages import Naming, micros
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
    """From any collection of messages to batches, for sources other than files.

    Messages are bodies, of which `event_id` says which are one event; or Pub/Sub's own, as
    `ReadFromPubSub(with_attributes=True)` brings them, which `naming` names. A batch closes by
    count, by bytes, by the time its first message waited, and where its bundle ends.
    """

    event_id: Callable[[bytes], str] = body_id
    naming: Naming | None = None
    dialect: str = "auto"
    batch_records: int = 1_000
    batch_bytes: int = 10_000_000
    batch_seconds: float = 0.2

    def expand(
        self, messages: beam.PCollection[bytes | PubsubMessage]
    ) -> beam.PCollection[RawBatch]:
        if messages.element_type is PubsubMessage and self.naming is None:
            raise TypeError("Pub/Sub messages are named by their topic: ToBatches(naming=…)")
        return messages | beam.ParDo(_Gather(self))


@dataclass
class StageBatches(beam.PTransform):
    """From finished batches to their handles, the batches themselves in files in that folder.

    A disk that is full or read-only is waited for so many seconds.
    """

    folder: Path
    patience_seconds: float = 0.0

    def expand(self, batches: beam.PCollection[SketchedBatch]) -> beam.PCollection[Handle]:
        staging = _Stage(str(self.folder), self.patience_seconds)
        return batches | beam.ParDo(staging).with_output_types(Handle)


def _read(packed: bytes, limits: Limits) -> Iterable[RawBatch]:
    return read_share(pickle.loads(zlib.decompress(packed)), limits)


class _Stage(beam.DoFn):
    """Every process that works on batches has one, so this is where such a process is set up.

    A batch is many objects and no cycles of them: looking for cycles after every 700 objects took
    an eighth of the time.
    """

    def __init__(self, folder: str, patience_seconds: float):
        self._folder = folder
        self._patience_seconds = patience_seconds

    def setup(self) -> None:
        self._collected_after = gc.get_threshold()
        gc.set_threshold(200_000, 50, 1_000)

    def process(self, batch: SketchedBatch) -> Iterable[Handle]:
        patience = Patience(self._patience_seconds)
        yield patience.until(lambda: stage(batch, self._folder))

    def teardown(self) -> None:
        gc.set_threshold(*self._collected_after)


class _Gather(beam.DoFn):
    """One gathering a window, since a batch is of one window."""

    def __init__(self, settings: ToBatches):
        self._settings = settings

    def start_bundle(self) -> None:
        self._gatherings: dict[object, Gathering] = {}

    def process(
        self, message: bytes | PubsubMessage, window=beam.DoFn.WindowParam
    ) -> Iterable[RawBatch]:
        gathering = self._gatherings.get(window)
        if gathering is None:
            settings = self._settings
            gathering = self._gatherings[window] = Gathering(
                places=_PLACES,
                dialect=settings.dialect,
                event_id=settings.event_id,
                records=settings.batch_records,
                bytes_=settings.batch_bytes,
                seconds=settings.batch_seconds,
            )
        if isinstance(message, bytes):
            batch = gathering.add(message)
        else:
            time = message.publish_time
            published = None if time is None else micros(time)
            batch = gathering.add(
                message.data, *self._settings.naming.described(message, published)
            )
        if batch:
            yield batch

    def finish_bundle(self) -> Iterable[WindowedValue]:
        for window, gathering in self._gatherings.items():
            if batch := gathering.close():
                yield WindowedValue(batch, window.max_timestamp(), [window])


# Workers do not know of each other, and no two batches may have one place.
_PLACES = Places(random.SystemRandom().randrange(100_000_000))
