"""Read and Decode together, and on the data that Newsbeam is measured with."""

import json
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from pipelines.batch import DecodedBatch
from pipelines.decode.decode import decode
from pipelines.read import ReadFiles
from pipelines.read.inputs import find
from pipelines.read.parts import read_share
from pipelines.read.plan import plan
from pipelines.runners import pipeline

DATA = Path(__file__).parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")


def decoded(*inputs: Path) -> list[DecodedBatch]:
    """The batches of the inputs, decoded."""
    slices = plan(find([str(path) for path in inputs]))
    return [decode(batch) for one in slices for share in one.shares for batch in read_share(share)]


def test_every_record_is_alive_or_a_dead_letter(tmp_path):
    """Through a runner: what was read is either decoded or rejected, in a folder of all kinds."""
    (tmp_path / "a.jsonl").write_text(
        '{"id": 1, "title": "Bridge"}\nnot json\n{"title": "nobody\'s"}\n\n[1]\n', encoding="utf-8"
    )
    (tmp_path / "b.txt").write_text("Road closed\n\nFor a week.\n", encoding="utf-8")
    (tmp_path / "c.html").write_text("<h1>Ferry</h1><p>It sails.</p>", encoding="utf-8")
    (one,) = plan(find([str(tmp_path)]))

    def outcomes(batch: DecodedBatch) -> list[tuple[int, str]]:
        living = zip(batch.position, batch.title, strict=True)
        return [*living, *((letter.position, letter.reason) for letter in batch.dead)]

    with pipeline("direct", []) as graph:
        batches = graph | "Read" >> ReadFiles(one.shares) | "Decode" >> beam.Map(decode)
        expected = [
            (0, "Bridge"),
            (1, "NotJson"),
            (2, "MissingIdentity"),
            (3, "NotAnObject"),
            (0, "Road closed"),
            (0, "Ferry"),
        ]
        assert_that(batches | beam.FlatMap(outcomes), equal_to(expected))


@needs_data
def test_the_real_stream_is_told_as_newsapi_and_loses_nothing():
    """The first 20,000 items live, but for those without content; no mark is left in a text."""
    sources = find([str(DATA / "stream" / "newsapi_2022.jsonl.gz")])
    batches, events = [], 0
    for share in next(iter(plan(sources))).shares:
        for batch in read_share(share):
            batches.append(decode(batch))
            events += len(batch.payloads)
            if events >= 20_000:
                break
    assert sum(len(batch.dead) + len(batch.position) for batch in batches) == events
    assert {letter.reason for batch in batches for letter in batch.dead} <= {"MissingContent"}
    assert not any(text.endswith(" chars]") for batch in batches for text in batch.text)
    assert sum(sum(batch.truncated) for batch in batches) > events // 2
    kept = sum(title.count(" - ") for batch in batches for title in batch.title)
    assert kept < events // 5  # two thirds had one


@needs_data
def test_the_seed_is_one_story_named_by_its_path():
    """A text file of a scraped page."""
    (batch,) = decoded(DATA / "seed")
    assert (len(batch.title), batch.dead) == (1, [])
    assert batch.publisher_id[0].endswith(".txt")
    assert batch.url == [None]
    assert len(batch.text[0]) > 1_000


@needs_data
@pytest.mark.parametrize("name", ["reuters21578", "ecbplus_events"])
def test_other_collections_are_refused_with_reasons_or_kept(name):
    """Records of other shapes never break a batch."""
    batches = decoded(DATA / "dedupe" / f"{name}.jsonl.gz")
    reasons = {letter.reason for batch in batches for letter in batch.dead}
    assert reasons <= {"MissingContent", "MissingIdentity"}
    extras = [json.loads(extra) for batch in batches for extra in batch.extra[:1] if extra]
    assert all(extras)
