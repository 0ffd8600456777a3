"""Which parts of which files a lake holds already, and when its last event arrived."""

import pyarrow as pa
import pyarrow.compute as pc

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


def last_arrival(lake: Lake) -> int:
    """When the last event of the lake's newest version arrived: µs since 1970, UTC; 0 for none."""
    live = [file for file in files.live_files(lake.table()) if file.kind == "commit"]
    if not live:
        return 0
    last = pc.max(files.read(lake.path, live, ["last_arrival"])["last_arrival"])
    return last.cast(pa.int64()).as_py() or 0
