"""Which parts of which files a lake holds already."""

import pyarrow as pa

from pipelines.batch import Span
from pipelines.lake import files
from pipelines.lake.log import Lake


def committed_spans(lake: Lake) -> dict[str, list[Span]]:
    """The parts of files in the lake's newest version, by the file's URI."""
    live = [file for file in files.live_files(lake.table()) if file.kind == "commit"]
    spans: dict[str, list[Span]] = {}
    rows: pa.Table = files.read(lake.path, live, ["sources"]) if live else pa.table({"sources": []})
    for sources in rows["sources"].to_pylist():
        for source in sources or ():
            spans.setdefault(source["path"], []).append(Span(**source))
    return spans
