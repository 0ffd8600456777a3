"""A sample's known truth, met by the real command: every event ends where it should."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable

from pipelines.commands import newsbeam

# Where each kind of event may end. A copy of a copy is `exact`, whatever the copy before it was.
ENDS = {
    "story": {"story"},
    "distinct-near-headline": {"story"},
    "exact": {"exact"},
    "syndicated": {"exact", "near"},
    "edited": {"near", "exact", "truncated", "expanded"},
    "truncated": {"truncated", "exact"},
    "expanded": {"expanded", "exact"},
    "revision": {"revision"},
    "broken": {"dead_letter"},
}


@pytest.mark.parametrize("dialect", ["story", "newsapi"])
def test_every_event_ends_where_the_truth_says(dialect: str, tmp_path: Path) -> None:
    """Each event is the story, repeat of that story, or dead letter that it was made to be."""
    sample, lake = tmp_path / "events.jsonl", tmp_path / "lake"
    invoke("sample", "--events", "4000", "--format", dialect, "--out", str(sample))
    invoke("run", str(sample), "--lake", str(lake))
    rows = rows_by_offset(lake)
    truths = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert len(rows) == len(truths) == 4_000
    topics: Counter[bool] = Counter()
    for truth in truths:
        row = rows[truth["offset"]]
        end = row["relation"] if row["kind"] == "duplicate" else row["kind"]
        assert end in ENDS[truth["kind"]], (truth, row)
        assert row["reason"] == truth["reason"]
        if truth["repeats"]:
            assert offset(row["story_id"]) == truths[truth["repeats"] - 1]["offset"]
        if end == "story" and truth["language"] != "en":
            assert row["topic"] is None
        if end == "story" and truth["topic"] in ("politics", "sports"):
            topics[row["topic"] == truth["topic"]] += 1
    assert topics[True] > 0.95 * topics.total()


def invoke(*words: str) -> None:
    """Run a verb, which has to succeed."""
    done = CliRunner().invoke(newsbeam, words)
    assert done.exit_code == 0, done.output


def rows_by_offset(lake: Path) -> dict[int, dict[str, Any]]:
    """The lake's rows of events, by the place of their record in the file."""
    columns = ["kind", "event_id", "story_id", "relation", "reason", "topic"]
    table = pa.table(DeltaTable(lake).to_pyarrow_table(columns=columns))
    return {offset(row["event_id"]): row for row in table.to_pylist() if row["kind"] != "commit"}


def offset(event_id: str) -> int:
    """The byte offset in an event id, `<uri>@<offset>:<hash>`."""
    return int(event_id.rpartition("@")[2].partition(":")[0])
