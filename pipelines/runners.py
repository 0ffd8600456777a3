"""Where the graph runs: one entry a runner.

Our own flags are strict; what stands after `--` goes to Beam, and is checked here, since Beam
ignores flags it does not know.
"""

import argparse
import os
from collections.abc import Sequence

from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions
from apache_beam.pipeline import Pipeline
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipelines.errors import RunFailed

# The class is named because "DirectRunner" chooses among three runners by what is in the graph.
RUNNERS = {
    "direct": FnApiRunner,
    "prism": lambda: "PrismRunner",
    "flink": lambda: "PortableRunner",
    "dataflow": lambda: "DataflowRunner",
}

# How a stream runs on Flink, unless its flags say otherwise.
FLINK_STREAM = (
    # Each time the source has paused Flink keeps a table for every group of keys, for as long as
    # the job runs: 78 KB with its own 128 groups, under 1 KB with one (apache/beam#27648).
    "--parallelism=1",
    "--max_parallelism=1",
    # The source and what follows it in one process, Commit in another.
    "--sdk_worker_parallelism=2",
    # A window is written 0.2 s after its end, not 0.5 to 1.
    "--max_bundle_time_mills=100",
)


def pipeline(runner: str, flags: Sequence[str]) -> Pipeline:
    """An empty pipeline on that runner, with Beam's own flags; a later flag wins.

    Raises:
        RunFailed: a flag that Beam does not know, where there is no job server to know it.
    """
    if runner in ("direct", "prism") and (unknown := _unknown(flags)):
        raise RunFailed(f"Beam does not know {' '.join(unknown)}")
    if runner == "flink" and "--streaming" in flags:
        flags = [*FLINK_STREAM, *flags]
    return Pipeline(runner=RUNNERS[runner](), options=PipelineOptions(list(flags)))


def workers(flags: Sequence[str]) -> int:
    """How many workers those flags ask of the direct runner; it takes 0 as all processors."""
    asked = PipelineOptions(list(flags)).view_as(DirectOptions).direct_num_workers
    return asked or os.cpu_count() or 1


def _unknown(flags: Sequence[str]) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for options in [PipelineOptions, *PipelineOptions.__subclasses__()]:
        try:
            options._add_argparse_args(parser)
        except argparse.ArgumentError:
            continue  # two option classes share a flag: one of them is enough to know it
    return parser.parse_known_args(list(flags))[1]
