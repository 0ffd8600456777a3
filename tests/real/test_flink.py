"""Flink runs what other runners run, with the same rows."""

from pathlib import Path

import pytest

from pipelines.sample.writing import write_sample
from tests.real.batch_graph import rows
from tests.real.flink import FlinkCluster

pytestmark = pytest.mark.real


def test_the_batch_graph_makes_the_same_rows_on_flink(flink: FlinkCluster, tmp_path: Path) -> None:
    """A sample's stories, duplicates and dead letters are the same, and in the same order."""
    news = write_sample(tmp_path / "news.jsonl", 3_000, seed=7, dialect="story").events
    expected = rows(news, tmp_path, "direct")
    assert sum(map(len, expected.values())) == 3_000
    assert all(expected.values())
    assert rows(news, tmp_path, "flink", *flink.flags, "--parallelism=2") == expected
