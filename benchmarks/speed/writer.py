"""The writer alone: finished columns in, rows in the lake out, at two sizes of text.

`HELD` stories are in the lake when its commits are timed, beside those of a small lake by turns.
NEWSBEAM_BENCH_LONG=1 holds 5,000,000: an hour, and 10 GB in .cache/bench while it lasts.
"""

import os
import shutil
from pathlib import Path
from statistics import median

from benchmarks.speed import inputs
from benchmarks.speed.processes import measured
from benchmarks.speed.windows import ROWS

NAME = "The writer alone"
HELD = 5_000_000 if os.environ.get("NEWSBEAM_BENCH_LONG") else 300_000
_OPENINGS = 3


def figures(held: int = HELD) -> dict[str, float]:
    """Ratios and rates at 10,000 events a commit, a fifth of them repeats; opening; memory."""
    return {
        **_figures("texts of 0.7 KB", inputs.sample(16_000), held),
        **_figures("texts of 2.8 KB", inputs.long_texts(ROWS), held),
    }


def _figures(name: str, events: Path, held: int) -> dict[str, float]:
    folder = inputs.KEPT / f"writer-{os.getpid()}"
    try:
        told = measured("writing", "fill", events, held, folder)
        opened = [measured("writing", "open", folder / "large") for _ in range(_OPENINGS)]
        for snapshot in (folder / "large" / "_index").glob("[0-9]*"):
            shutil.rmtree(snapshot)
        anew = measured("writing", "open", folder / "large")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    seconds, whole = told["seconds"], told["tidied"]
    rate = {lake: ROWS / seconds[lake] for lake in seconds}
    return {
        f"{name}: commit to the reference kernel": rate["large"] / told["reference"],
        f"{name}: a commit to one of a small lake, seconds": seconds["large"] / seconds["small"],
        f"{name}: with tidying up to without, seconds": whole["large"] / seconds["large"],
        f"{name}: resident bytes a story": told["resident"],
        f"{name}: planted repeats found": told["repeats"],
        f"{name}: stories held": told["held"],
        f"{name}: reference kernel, documents/s": told["reference"],
        f"{name}: events/s": rate["large"],
        f"{name}: CPU, µs an event": told["cpu"]["large"] / ROWS * 1e6,
        f"{name}: events/s with tidying up": ROWS / whole["large"],
        f"{name}: events/s, small lake": rate["small"],
        f"{name}: opening with a snapshot, s": median(each["seconds"] for each in opened),
        f"{name}: opening without, s": anew["seconds"],
        f"{name}: resident once opened, bytes a story": opened[0]["resident"] / told["held"],
    }
