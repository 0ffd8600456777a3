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


def pipeline(runner: str, flags: Sequence[str]) -> Pipeline:
    """An empty pipeline on that runner, with Beam's own flags.

    Raises:
        RunFailed: a flag that Beam does not know, where there is no job server to know it.
    """
    if runner in ("direct", "prism") and (unknown := _unknown(flags)):
        raise RunFailed(f"Beam does not know {' '.join(unknown)}")
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
