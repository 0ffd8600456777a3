"""The runner: is what it needs there?"""

import importlib
import os
import shutil
import socket
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.check.finding import Finding, note, ok, problem

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

CONNECT_SECONDS = 3.0


def check_runner(runner: str, flags: Sequence[str]) -> list[Finding]:
    """What was found of a runner by its name here, and of Beam's own flags for it."""
    if runner == "direct":
        if flags:
            return [problem("runner", "the direct runner of a stream takes no flags of Beam's")]
        return [ok("runner", "direct: in this process, nothing else is needed")]
    from apache_beam.options.pipeline_options import PipelineOptions

    return list(_CHECKS[runner](PipelineOptions(list(flags))))


def _prism(options: "PipelineOptions") -> Iterator[Finding]:
    from apache_beam.options.pipeline_options import PortableOptions, PrismRunnerOptions

    if endpoint := options.view_as(PortableOptions).job_endpoint:
        yield _reached("Prism", endpoint)
        return
    location = options.view_as(PrismRunnerOptions).prism_location
    if not location:
        yield _cached_prism()
    elif "://" in location:
        yield note("runner", f"Prism will be fetched from {location} at each start")
    elif shutil.which(Path(location).absolute()) or zipfile.is_zipfile(location):
        yield ok("runner", f"Prism is at {location}")
    else:
        yield problem("runner", f"there is no program at {location} (--prism_location)")


def _cached_prism() -> Finding:
    """Where Beam looks for Prism when it is not told: among what it has downloaded."""
    from apache_beam import __version__ as version
    from apache_beam.runners.portability.prism_runner import PrismJobServer

    kept = list(Path(PrismJobServer.BIN_CACHE).glob(f"apache_beam-v{version}-prism-*"))
    if kept:
        return ok("runner", f"Prism is at {kept[0]}, as Beam downloaded it")
    build = f"go install github.com/apache/beam/sdks/v2/go/cmd/prism@v{version}"
    missing = "" if shutil.which("go") else " (Go is not here)"
    return note(
        "runner",
        f"Prism is not here: Beam downloads it at the start; or make it by `{build}`{missing} and"
        " name it by `-- --prism_location=PATH`",
    )


def _flink(options: "PipelineOptions") -> Iterator[Finding]:
    from apache_beam.options.pipeline_options import PortableOptions

    portable = options.view_as(PortableOptions)
    if not portable.job_endpoint:
        yield problem(
            "runner", "no job server is named: `-- --job_endpoint=HOST:PORT`; infra/flink has one"
        )
    else:
        yield _reached("Flink's job server", portable.job_endpoint)
    if portable.environment_type in (None, "DOCKER"):
        image = portable.environment_config or "Beam's own image, which has no Newsbeam in it"
        grade = note if portable.environment_config else problem
        yield grade("workers", f"they run in {image}; --environment_type says otherwise")
    else:
        where = f" at {portable.environment_config}" if portable.environment_config else ""
        yield note("workers", f"{portable.environment_type}{where}: as the task managers see it")
    java = shutil.which("java") or shutil.which("java", path=f"{os.environ.get('JAVA_HOME')}/bin")
    yield note("java", java or "not here: needed where the job server and Flink run, not here")


def _dataflow(options: "PipelineOptions") -> Iterator[Finding]:
    from apache_beam.options.pipeline_options import (
        GoogleCloudOptions,
        SetupOptions,
        WorkerOptions,
    )

    try:
        importlib.import_module("google.cloud.storage")
    except ImportError:
        yield problem("runner", "Dataflow needs an extra: pip install 'newsbeam[gcp]'")
    cloud = options.view_as(GoogleCloudOptions)
    for name in ("project", "region", "temp_location"):
        if not getattr(cloud, name):
            yield problem("runner", f"Dataflow needs `-- --{name}=…`")
    setup = options.view_as(SetupOptions)
    brought = setup.extra_packages or setup.setup_file or setup.requirements_file
    if not (brought or options.view_as(WorkerOptions).sdk_container_image):
        yield problem("workers", "Beam's image has no Newsbeam in it: `-- --sdk_container_image=…`")
    yield note(
        "workers", "every worker has to see the lake's folder, at the same path, as one disk"
    )


_CHECKS = {"prism": _prism, "flink": _flink, "dataflow": _dataflow}


def _reached(what: str, endpoint: str) -> Finding:
    host, _, port = endpoint.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except ValueError:
        return problem("runner", f"{endpoint} is no address: HOST:PORT")
    except OSError as why:
        said = why.strerror or str(why)
        return problem("runner", f"{what} at {endpoint} cannot be reached: {said}")
    return ok("runner", f"{what} at {endpoint} takes connections")
