"""The batch graph on any runner, and the rows that it makes."""

from pathlib import Path
from typing import Any

from pipelines import runners
from pipelines.lake.log import open_lake
from pipelines.lake.reader import read_lake
from pipelines.read.inputs import find
from pipelines.read.plan import Sizes, plan
from pipelines.read.transforms import ReadFiles
from pipelines.story_pipeline import story_pipeline


def rows(news: Path, folder: Path, runner: str, *flags: str) -> dict[str, list[dict[str, Any]]]:
    """Every row that this runner makes of the news, but for when it was at work."""
    lake = folder / runner
    open_lake(lake)
    (part,) = plan(find([str(news)]), sizes=Sizes(part_bytes=1 << 20), workers=2)
    with runners.pipeline(runner, flags) as pipeline:
        batches = pipeline | "Read" >> ReadFiles(part.shares)
        story_pipeline(batches, lake, folder / f"{runner} staging")
    with read_lake(lake) as reader:
        return {
            kind: reader.dicts(
                f"select * exclude (arrived_at, arrived_date) from {kind} order by ordinal"
            )
            for kind in ("stories", "duplicates", "dead_letters")
        }
