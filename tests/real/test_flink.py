"""Flink runs what other runners run, and goes on where a part of it was killed."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import runners
from pipelines.sample.writing import write_sample
from tests.real.batch_graph import rows
from tests.real.flink import FlinkCluster
from tests.real.polled import STOP, polled, put, read

pytestmark = pytest.mark.real


def test_the_batch_graph_makes_the_same_rows_on_flink(flink: FlinkCluster, tmp_path: Path) -> None:
    """A sample's stories, duplicates and dead letters are the same, and in the same order."""
    news = write_sample(tmp_path / "news.jsonl", 3_000, seed=7, dialect="story").events
    expected = rows(news, tmp_path, "direct")
    assert sum(map(len, expected.values())) == 3_000
    assert all(expected.values())
    assert rows(news, tmp_path, "flink", *flink.flags, "--parallelism=2") == expected


def test_a_polling_source_outlives_a_task_manager_and_drains(
    flink: FlinkCluster, tmp_path: Path
) -> None:
    """A source starts again from what is left after a kill, and its job ends at the marker."""

    def feed(count: int) -> None:
        for _ in range(count):
            put(tmp_path, next(numbers))
            time.sleep(0.02)

    numbers = iter(range(10_000))
    pipeline = runners.pipeline("flink", ["--streaming", *flink.flags])
    polled(pipeline, tmp_path, window_seconds=1)
    job = pipeline.run()
    feed(100)
    until(lambda: windows(tmp_path))
    first = flink.workers()
    # Flink keeps a table for each group of keys and pause of the source: one group is enough.
    (running,) = (id_ for id_, state in flink.jobs().items() if state == "RUNNING")
    steps = flink.ask(f"jobs/{running}")["vertices"]
    assert {(step["parallelism"], step["maxParallelism"]) for step in steps} == {(1, 1)}
    feed(50)
    flink.kill("task-manager")
    until(lambda: not flink.workers())
    feed(50)
    flink.start("task-manager")
    before = len(windows(tmp_path))
    until(lambda: len(windows(tmp_path)) > before)
    feed(50)
    (tmp_path / STOP).touch()
    stopped = time.monotonic()
    assert job.wait_until_finish(duration=60_000) == "DONE"
    drained = time.monotonic() - stopped

    told = list(read(tmp_path))
    readers = [(each["pid"], each["mark"]) for each in told if each["event"] == "reader"]
    processes = [process for process, _ in readers]
    assert len(set(processes)) == len(processes) >= 2  # one reader a process, over all its bundles
    assert processes[0] in first
    assert {mark for _, mark in readers} == {None}
    names = Counter(name for window in windows(tmp_path) for name in window["names"])
    items, doubled = next(numbers), names.total() - len(names)
    lost = items - len(names)
    print(f"\nitems {items} · lost {lost} · doubled {doubled} · drained in {drained:.1f} s")
    assert lost == 0
    assert not list((tmp_path / "in").iterdir())


def windows(folder: Path) -> list[dict]:
    """The windows written so far."""
    return [each for each in read(folder) if each["event"] == "window"]


def until(reached: Callable[[], object], seconds: float = 60) -> None:
    """Wait until that is so."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)
