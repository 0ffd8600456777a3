"""How fast a batch run is, where its time goes, and whether its memory grows: `make bench`.

Runs on `newsbeam sample` data and, where it is present, on the news of ../shared/data. Absolute
figures are this machine's; the ratios are what can be compared.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipelines.decode.decode import decode
from pipelines.deduplicate.sketch import sketch
from pipelines.lake.writer import writer_for
from pipelines.normalize.normalize import normalize
from pipelines.read.inputs import find
from pipelines.read.parts import read_share
from pipelines.read.plan import plan
from pipelines.tag.tag import tag

NEWS = Path(__file__).parents[1].parent / "shared" / "data" / "stream" / "newsapi_2022.jsonl.gz"
HELD = 850  # bytes that a story held in the index may take
COMMAND = [sys.executable, "-m", "pipelines.commands"]


def main() -> None:
    """Print both tables for each input."""
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "sample.jsonl.gz"
        subprocess.run(
            [*COMMAND, "sample", "--events", "150000", "--out", sample, "--json"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        files = {"newsbeam sample": sample, "NewsAPI items": NEWS}
        for name in [name for name, file in files.items() if not file.exists()]:
            Console().print(f"{name}: left out, its data is not here")
            del files[name]
        # The runs first: a child's peak memory is at least what its parent had when it began.
        for name, file in files.items():
            print_runs(name, file, Path(folder))
        for name, file in files.items():
            print_shares(name, file, Path(folder))


def print_shares(name: str, file: Path, folder: Path) -> None:
    """Each stage's share of the same functions called in a loop, without Beam."""
    spent = dict.fromkeys(["Read", "Decode", "Normalize", "Tag", "Sketch", "Commit"], 0.0)
    writer = writer_for(folder / f"loop-{time.time_ns()}")
    window, events = [], 0
    batches = _batches(file)
    while True:
        batch, spent["Read"] = _timed(lambda: next(batches, None), spent["Read"])
        if batch is None:
            break
        for stage in (decode, normalize, tag, sketch):
            label = stage.__name__.capitalize()
            batch, spent[label] = _timed(lambda: stage(batch), spent[label])  # noqa: B023
        window.append(batch)
        events += len(batch.rows)
        if len(window) == 50:
            _, spent["Commit"] = _timed(lambda: writer.commit(window), spent["Commit"])  # noqa: B023
            window = []
    _, spent["Commit"] = _timed(lambda: writer.commit(window), spent["Commit"])
    table = Table(title=f"{name}: {events:,} events in a loop, one core")
    for column in ("stage", "µs an event", "share"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    total = sum(spent.values())
    for stage, seconds in spent.items():
        table.add_row(stage, f"{seconds / events * 1e6:.1f}", f"{seconds / total:.0%}")
    table.add_row(
        "all", f"{total / events * 1e6:.1f}", f"{events / total:,.0f}/s", end_section=True
    )
    Console().print(table)


def print_runs(name: str, file: Path, folder: Path) -> None:
    """Rate and peak memory of the whole command at two sizes."""
    table = Table(title=f"{name}: newsbeam run, one worker")
    for column in ("events", "seconds", "events/s", "peak MB", "less index MB"):
        table.add_column(column, justify="right")
    peaks = []
    for events in (50_000, 150_000):
        part = folder / f"{events}.jsonl"
        _head(file, events, part)
        seconds, peak = _run(part, folder / f"run-{name}-{events}")
        peaks.append(peak - HELD * events)
        mega = [f"{size / 1e6:,.0f}" for size in (peak, peaks[-1])]
        table.add_row(f"{events:,}", f"{seconds:.1f}", f"{events / seconds:,.0f}", *mega)
    Console().print(table)
    Console().print(f"memory at 150,000 events is {peaks[1] / peaks[0]:.2f} × that at 50,000\n")


def _batches(file: Path) -> Iterator:
    for part in plan(find([str(file)])):
        for share in part.shares:
            yield from read_share(share)


def _timed(call, spent: float):
    start = time.perf_counter()
    result = call()
    return result, spent + time.perf_counter() - start


def _head(file: Path, events: int, out: Path) -> None:
    import gzip

    with gzip.open(file) as lines, out.open("wb") as kept:
        kept.writelines(islice(lines, events))


def _run(file: Path, lake: Path) -> tuple[float, int]:
    """Seconds and peak bytes of one `newsbeam run`."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, "run", file, "--lake", lake, "--json"], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"newsbeam run failed on {file}")
    return time.perf_counter() - start, usage.ru_maxrss * 1024


if __name__ == "__main__":
    main()
