"""The parallel part on so many workers: `python -m benchmarks.speed.sharing WORKERS EVENTS FOLDER`.

The graph from Read to Stage, without Commit; prints JSON: seconds by the clock, of the runner's
processor time and of the workers'. One worker is the runner itself.
"""

import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam

from pipelines import runners
from pipelines.decode.decode import decode
from pipelines.deduplicate.sketch import sketch
from pipelines.normalize.normalize import normalize
from pipelines.read import StageBatches
from pipelines.read.inputs import find
from pipelines.read.plan import plan
from pipelines.read.staging import staged_rows
from pipelines.read.transforms import ReadFiles
from pipelines.tag.tag import tag


def parallel_part(events: Path, folder: Path, workers: int = 1) -> int:
    """Stages a file's events into a folder; how many they are."""
    for part in plan(find([str(events)]), workers=workers):
        pipeline = runners.pipeline("direct", _flags(workers))
        _ = (
            pipeline
            | "Read" >> ReadFiles(part.shares)
            | "Decode" >> beam.Map(decode)
            | "Normalize" >> beam.Map(normalize)
            | "Tag" >> beam.Map(tag)
            | "Sketch" >> beam.Map(sketch)
            | "Stage" >> StageBatches(folder)
        )
        pipeline.run().wait_until_finish()
    return staged_rows(folder)


def main(workers: int, events: Path, folder: Path) -> None:
    """Run it and print what it took."""
    start = time.perf_counter()
    count = parallel_part(events, folder, workers)
    told = {
        "seconds": time.perf_counter() - start,
        "events": count,
        "runner": _processor_seconds(resource.RUSAGE_SELF),
        "workers": _processor_seconds(resource.RUSAGE_CHILDREN),
    }
    print(json.dumps(told))


def _flags(workers: int) -> Sequence[str]:
    if workers == 1:
        return []
    return [f"--direct_num_workers={workers}", "--direct_running_mode=multi_processing"]


def _processor_seconds(whose: int) -> float:
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
