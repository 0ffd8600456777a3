"""Read's transforms in a graph, and Read on the data that Newsbeam is measured with."""

import gzip
from collections.abc import Iterable
from pathlib import Path

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import FixedWindows, TimestampedValue

from pipelines.batch import Place, RawBatch, SketchedBatch, Span
from pipelines.errors import InputError
from pipelines.read import ReadFiles, StageBatches, ToBatches
from pipelines.read.inputs import find
from pipelines.read.parts import read_share
from pipelines.read.plan import Sizes, plan
from pipelines.read.staging import Handle, load
from pipelines.runners import pipeline

DATA = Path(__file__).parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")


def event_ids(batch: RawBatch) -> list[str]:
    """The batch's event ids."""
    return batch.event_ids


def test_read_files_yields_every_record(tmp_path):
    """Plain, compressed and text files, through a runner: every event id that the parts yield."""
    lines = b"".join(b'{"n": %d}\n' % i for i in range(3_000))
    (tmp_path / "a.jsonl").write_bytes(lines)
    (tmp_path / "b.jsonl").write_bytes(gzip.compress(lines))
    (tmp_path / "c.txt").write_bytes(b"Title\n\nText\n")
    (one,) = plan(find([str(tmp_path)]), sizes=Sizes(part_bytes=10_000), workers=2)
    expected = [i for share in one.shares for batch in read_share(share) for i in batch.event_ids]
    assert len(expected) == 6_001
    with pipeline("direct", []) as graph:
        read = graph | "Read" >> ReadFiles(one.shares)
        assert_that(read | beam.FlatMap(event_ids), equal_to(expected))


def test_to_batches_keeps_windows_apart():
    """A batch is of one window, and every message is in one."""

    def sizes(batches: list[list[bytes]]) -> None:
        assert sorted(map(sorted, batches)) == [[b"a", b"b"], [b"c"]]

    with pipeline("direct", []) as graph:
        batches = (
            graph
            | beam.Create([(b"a", 1), (b"b", 2), (b"c", 61)])
            | "At" >> beam.Map(lambda pair: TimestampedValue(*pair))
            | beam.WindowInto(FixedWindows(60))
            | "Bodies" >> beam.Map(bytes)
            | ToBatches(batch_seconds=60)
        )
        assert_that(batches | "Of" >> beam.Map(lambda batch: batch.payloads), sizes)


def test_to_batches_closes_by_count():
    """Within a bundle a batch holds no more than asked."""
    with pipeline("direct", []) as graph:
        batches = graph | beam.Create([b"%d" % i for i in range(10)]) | ToBatches(batch_records=3)
        total = (
            batches
            | beam.Map(lambda batch: min(len(batch.payloads), 4))
            | beam.CombineGlobally(sum)
        )
        assert_that(total, equal_to([10]))


def test_stage_batches_hands_on_what_can_be_loaded(tmp_path):
    """Handles survive a shuffle, and lead to the batches."""

    def staged(number: int) -> SketchedBatch:
        span = Span("f", number, number + 1, 1, "d")
        return SketchedBatch(Place(0, number), [span], [], pa.record_batch({"n": [number]}))

    def loaded(pair: tuple[None, Iterable[Handle]]) -> list[int]:
        return [load(handle).rows["n"][0].as_py() for handle in sorted(pair[1])]

    with pipeline("direct", []) as graph:
        handles = graph | beam.Create(range(5)) | beam.Map(staged) | StageBatches(tmp_path)
        together = handles | "Key" >> beam.Map(lambda handle: (None, handle)) | beam.GroupByKey()
        assert_that(together | "Load" >> beam.Map(loaded), equal_to([[0, 1, 2, 3, 4]]))


@pytest.mark.parametrize("given", ["gs://no-such-bucket/x", "nowhere://x/y.jsonl"])
def test_a_url_that_cannot_be_read_is_an_input_error(given):
    """It says what was named, and which extra reads such URLs."""
    with pytest.raises(InputError, match="newsbeam"):
        find([given])


@needs_data
def test_the_real_stream_is_read_to_its_last_byte():
    """150,000 items, each with an id of its own, from one decompression."""
    sources = find([str(DATA / "stream" / "newsapi_2022.jsonl.gz")])
    batches = [b for one in plan(sources) for share in one.shares for b in read_share(share)]
    assert sum(len(batch.payloads) for batch in batches) == 150_000
    assert len({event_id for batch in batches for event_id in batch.event_ids}) == 150_000
    assert not any(batch.dead for batch in batches)
