"""Pulled batches on their way into the graph: files, since a graph with a megabyte in it is slow.

`beam.Create` of a megabyte costs 2 s; of fifty paths, nothing. The files are as passing as those of
`pipelines.read.staging`: what they hold is not acknowledged yet, so the server has it still.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import apache_beam as beam
import pyarrow as pa

from pipelines.batch import Place, RawBatch


def save(batch: RawBatch, folder: Path) -> str:
    """Writes a batch of messages into the folder (made where missing); the file's path.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{batch.place.name}.pulled"
    columns = [batch.ack_ids, batch.event_ids, batch.attributes, batch.payloads]
    told = {"place": batch.place, "arrived_at": batch.arrived_at, "dialect": batch.dialect}
    schema = _SCHEMA.with_metadata({_KEY: json.dumps(told).encode()})
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    rows = pa.record_batch(arrays, schema)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as out:
        out.write_batch(rows)
    return str(path)


def load(path: str) -> RawBatch:
    """The batch that `save` wrote there; raises OSError."""
    with pa.OSFile(path) as file, pa.ipc.open_file(file) as saved:
        rows = saved.get_batch(0)
        told = json.loads(saved.schema.metadata[_KEY])
    columns = [column.to_pylist() for column in rows.columns]
    place, dialect = Place(*told["place"]), told["dialect"]
    return RawBatch.of_messages(place, told["arrived_at"], *columns, dialect=dialect)


@dataclass
class ReadPulled(beam.PTransform):
    """From the paths of saved batches to the batches."""

    paths: Sequence[str]

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[RawBatch]:
        return begin | beam.Create(list(self.paths)) | beam.Map(load)


_KEY = b"newsbeam"
_SCHEMA = pa.schema(
    [
        pa.field("ack_id", pa.string()),
        pa.field("event_id", pa.string()),
        pa.field("attributes", pa.string()),
        pa.field("payload", pa.binary()),
    ]
)
