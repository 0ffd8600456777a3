"""The journey of a story event, on one page.

Each line is a stage: a folder, a function in it, and the label of the step. Beam checks the wiring
by the functions' annotations when the graph is built.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines.batch import RawBatch
from pipelines.decode.decode import decode
from pipelines.deduplicate.sketch import sketch
from pipelines.lake.commit import Commit, CommitResult
from pipelines.normalize.normalize import normalize
from pipelines.read import StageBatches
from pipelines.tag.tag import tag


def story_pipeline(
    batches: PCollection[RawBatch],
    lake: Path,
    staging: Path,
    writer: Mapping[str, Any] | None = None,
) -> PCollection[CommitResult]:
    """Raw batches in, committed windows out.

    Everything up to Stage runs side by side, a batch at a time, in any order. Commit is one writer,
    and takes the batches in the order of their places; `writer` holds settings of its own. Both
    Stage and Commit wait for a disk that cannot be written, as long as its `patience_seconds` say.
    """
    settings = writer or {}
    return (
        batches
        | "Decode" >> beam.Map(decode)
        | "Normalize" >> beam.Map(normalize)
        | "Tag" >> beam.Map(tag)
        | "Sketch" >> beam.Map(sketch)
        # The shuffle carries names of files: it would hold a slice's stories in memory.
        | "Stage" >> StageBatches(staging, settings.get("patience_seconds", 0.0))
        | "Commit" >> Commit(lake, writer=settings)
    )
