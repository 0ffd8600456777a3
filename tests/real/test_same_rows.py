"""The same events make the same rows, whichever way they come and wherever the graph runs."""

import gzip
import random
import subprocess
import sys
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from deltalake import DeltaTable
from google.pubsub_v1 import PubsubMessage

from pipelines.sample.writing import write_sample
from tests.real.streamed import ROOT, Streamed

pytestmark = pytest.mark.real

NEWS = ROOT.parent / "shared" / "data" / "stream"
EVENTS = 4_000
DAY = 86_400
TWO_WORKERS = ("--", "--direct_num_workers=2", "--direct_running_mode=multi_processing")


@pytest.fixture(scope="module", params=["sample", "newsapi"])
def news(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of events: made-up ones, and real ones where these are at hand."""
    path = tmp_path_factory.mktemp("news") / "news.jsonl"
    if request.param == "sample":
        return write_sample(path, EVENTS, seed=9).events
    archives = sorted(NEWS.glob("*.jsonl.gz"))
    if not archives:
        pytest.skip("needs ../shared/data/stream")
    with gzip.open(archives[0], "rb") as lines:
        path.write_bytes(b"".join(islice(lines, EVENTS)))
    return path


@pytest.fixture(scope="module")
def of_a_file(news: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple]:
    """What a run of the file makes of it."""
    return run(news, tmp_path_factory.mktemp("file"))


def test_two_workers_make_the_rows_of_one(
    news: Path, of_a_file: list[tuple], tmp_path: Path
) -> None:
    """Workers side by side change nothing of what is decided."""
    assert run(news, tmp_path, *TWO_WORKERS) == of_a_file


@pytest.mark.parametrize("runner", ["direct", "prism", "flink"], indirect=True)
def test_messages_make_the_rows_of_the_file(
    streamed: Streamed, news: Path, of_a_file: list[tuple]
) -> None:
    """Shuffled messages that tell their order, in one window, are decided like the file's lines."""
    lines = news.read_bytes().splitlines()
    messages = [PubsubMessage(data=line, attributes={"n": str(n)}) for n, line in enumerate(lines)]
    random.Random(3).shuffle(messages)
    streamed.publish(messages)
    running = streamed.start("--window-seconds", str(DAY), "--order-attribute", "n")
    streamed.wait_for_deliveries(EVENTS)
    time.sleep(1)  # the last of them are on their way
    running.stop()
    streamed.settle()
    assert [*verdicts(streamed.rows())] == of_a_file


def run(news: Path, folder: Path, *flags: str) -> list[tuple]:
    """What `newsbeam run` makes of a file."""
    lake = folder / "lake"
    words = ["run", str(news), "--lake", str(lake), *flags]
    subprocess.run([sys.executable, "-m", "pipelines.commands", *words], cwd=ROOT, check=True)
    table = DeltaTable(lake).to_pyarrow_table(filters=[("kind", "!=", "commit")])
    return [*verdicts(table.sort_by("ordinal").to_pylist())]


def verdicts(rows: list[dict[str, Any]]) -> Iterable[tuple]:
    """What was decided of each event, without the names that tell a message from a line."""
    ordinals = {row["event_id"]: row["ordinal"] for row in rows}
    for row in rows:
        yield (
            row["ordinal"],
            row["kind"],
            row["reason"],
            row["relation"],
            ordinals.get(row["story_id"]),
            ordinals.get(row["previous_story_id"]),
            row["url"],
            row["title"],
            row["topic"],
            row["politics_score"],
            row["published_at"],
        )
