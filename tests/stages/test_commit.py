"""Commit in the graph: handles in any order, windows in order of arrival, results once safe."""

import json
import random
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that

from pipelines.batch import Place
from pipelines.lake import files, log
from pipelines.lake.commit import Commit, windows
from pipelines.lake.versions import versions
from pipelines.read.staging import Handle, stage
from pipelines.tag.model import load_model
from tests.exact_decider import ExactDecider, events, sketched


def handle(offset: int, rows: int, size: int) -> Handle:
    return Handle(Place(0, offset), f"{offset}.arrow", rows, size)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([(10, 1)], [[0]]),
        ([(40, 1), (50, 1), (10, 1), (1, 1)], [[0, 1, 2], [3]]),  # full to the event
        ([(10, 60), (10, 60), (10, 30)], [[0], [1, 2]]),  # by bytes
        ([(500, 1), (1, 500), (1, 1)], [[0], [1], [2]]),  # one too large stands alone
    ],
)
def test_windows_close_by_events_and_bytes(
    sizes: list[tuple[int, int]], expected: list[list[int]]
) -> None:
    """A window never has more than 100 events or 100 bytes, unless it is one batch."""
    handles = [handle(place, *size) for place, size in enumerate(sizes)]
    random.Random(7).shuffle(handles)
    made = [[h.place.offset for h in window] for window in windows(handles, 100, 100)]
    assert made == expected


def test_batches_are_committed_in_order_of_arrival(tmp_path: Path) -> None:
    """Whatever order the shuffle has: the first of equal texts is the story, ordinals follow."""
    batches = [
        sketched(events(3 * n, 3 * n + 2) + events(3 * n + 2, 3 * n + 3, "same"), offset=n)
        for n in range(8)
    ]
    handles = [stage(batch, tmp_path / "staging") for batch in batches]
    random.Random(7).shuffle(handles)
    commit = Commit(tmp_path / "lake", events=6, writer={"decider": ExactDecider()})
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        results = pipeline | beam.Create(handles, reshuffle=False) | "Commit" >> commit
        assert_that(results, told)
    lake = log.find_lake(tmp_path / "lake")
    live = [f for f in files.live_files(lake.table()) if f.kind != "commit"]
    rows = files.read(lake.path, live, ["event_id", "kind", "story_id", "ordinal"])
    rows = rows.sort_by("ordinal").to_pylist()
    assert [row["event_id"] for row in rows] == [f"e{n}" for n in range(24)]
    assert {row["story_id"] for row in rows if row["kind"] == "duplicate"} == {"e2"}


def test_commit_rows_name_what_made_their_rows(tmp_path: Path) -> None:
    """The tagger's version, the digest of the rules and the sketch's version, as JSON."""
    handles = [stage(sketched(events(0, 1)), tmp_path / "staging")]
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        _ = pipeline | beam.Create(handles, reshuffle=False) | Commit(tmp_path / "lake")
    lake = log.find_lake(tmp_path / "lake")
    live = [f for f in files.live_files(lake.table()) if f.kind == "commit"]
    (made,) = files.read(lake.path, live, ["versions"])["versions"].to_pylist()
    assert json.loads(made) == {"sketch": 1, **versions()}
    assert json.loads(made)["tagger"] == load_model().version


def told(results: list) -> None:
    assert sorted(result.version for result in results) == [2, 3, 4, 5]
    assert sum(result.received for result in results) == 24
    assert sum(result.stories for result in results) == 17
