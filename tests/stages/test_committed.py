"""What a lake holds of a file is not read again, unless its bytes changed."""

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.read.committed import remaining
from pipelines.read.cursor import END, Limits
from pipelines.read.parts import Part, read_part
from pipelines.read.streams import open_stream

DATA = b"".join(b'{"n": %d}\n' % i for i in range(100))


@pytest.fixture
def file(tmp_path):
    """A file that can be written anew and read in part or asked what remains of it."""
    return File(tmp_path / "in")


class File:
    def __init__(self, path):
        self.path = path
        self.compression = "none"

    def write(self, data, compression="none"):
        self.compression = compression
        self.path.write_bytes(gzip.compress(data) if compression == "gzip" else data)

    def read(self, start=0, end=END, records=7, dialect="auto"):
        """The spans and event ids of a range."""
        part = Part(0, str(self.path), "f", self.compression, start, end, dialect)
        batches = list(read_part(part, Limits(records)))
        ids = [event_id for batch in batches for event_id in batch.event_ids]
        return [span for batch in batches for span in batch.spans], ids

    def remaining(self, spans, whole=False):
        """What the planner would still read."""
        stream = open_stream(str(self.path), self.compression)
        try:
            return remaining(stream, spans, whole)
        finally:
            stream.close()


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_an_unchanged_file_is_not_read_again(file, compression):
    """All its records are left out, those of its last line without newline too."""
    file.write(DATA + b"{}", compression)
    spans, _ = file.read()
    assert file.remaining(spans) == ([], 101)


def test_a_file_without_spans_is_read_whole(file):
    """Nothing known, nothing left out."""
    file.write(DATA)
    assert file.remaining([]) == ([(0, END)], 0)


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_grown_file_continues_where_it_ended(file, compression):
    """Only what was appended is read."""
    file.write(DATA, compression)
    spans, _ = file.read()
    file.write(DATA + b"{}\n", compression)
    assert file.remaining(spans) == ([(len(DATA), END)], 100)


def test_a_last_line_that_was_half_written_is_read_again(file):
    """It begins where the half did, and the half does not count."""
    file.write(DATA + b'{"ha')
    spans, _ = file.read()
    file.write(DATA + b'{"half": 1}\n[1]')
    ranges, records = file.remaining(spans)
    assert (ranges, records) == ([(len(DATA), END)], 100)
    more, ids = file.read(*ranges[0])
    assert len(ids) == 2
    assert file.remaining(spans + more) == ([], 102)


def test_what_an_interrupted_run_did_not_commit_is_read(file):
    """The gaps between committed spans are the ranges left."""
    file.write(DATA)
    spans, ids = file.read()
    held = spans[:3] + spans[5:9]
    ranges, records = file.remaining(held)
    assert ranges == [(spans[2].end, spans[5].start), (spans[8].end, END)]
    assert records == 7 * 7
    again = [event_id for range_ in ranges for event_id in file.read(*range_)[1]]
    assert again == ids[21:35] + ids[63:]


def test_changed_bytes_are_read_again(file):
    """A span one of whose bytes differs covers nothing; those beside it still do."""
    file.write(DATA)
    spans, _ = file.read()
    changed = bytearray(DATA)
    changed[spans[4].start + 2] ^= 1
    file.write(bytes(changed))
    assert file.remaining(spans) == ([(spans[4].start, spans[4].end)], 93)


def test_a_span_whose_first_line_now_belongs_to_another_covers_nothing(file):
    """With the newline before it gone, its first line is no line any more."""
    file.write(DATA)
    spans, _ = file.read()
    changed = bytearray(DATA)
    changed[spans[4].start - 1] = ord(" ")
    file.write(bytes(changed))
    ranges, _ = file.remaining(spans)
    assert ranges == [(spans[3].start, spans[5].start)]


def test_of_several_readings_the_one_that_fits_counts(file):
    """A lake may hold spans of a file's earlier content beside its present one's."""
    file.write(DATA)
    old, _ = file.read()
    file.write(b'{"n": "first"}\n' + DATA)
    new, _ = file.read(records=11)
    assert file.remaining(old + new) == ([], 101)


def test_a_shortened_file_has_nothing_left(file):
    """Spans beyond its end are of what is no longer there."""
    file.write(DATA)
    spans, _ = file.read()
    file.write(DATA[: spans[5].start])
    assert file.remaining(spans) == ([], 35)


def test_a_broken_tail_is_tried_again(file):
    """Its dead letter comes again, as the same event, until the file is mended."""
    file.write(DATA, "gzip")
    zipped = file.path.read_bytes()
    file.path.write_bytes(zipped[:-4])
    spans, _ = file.read()
    assert file.remaining(spans) == ([(len(DATA), END)], 100)
    file.path.write_bytes(zipped)
    assert file.remaining(spans) == ([], 100)


def test_a_file_that_is_one_record_is_covered_whole_or_not(file):
    """A grown text file is another record."""
    file.write(b"Title\n\nText\n")
    spans, _ = file.read(dialect="text")
    assert file.remaining(spans, whole=True) == ([], 1)
    file.write(b"Title\n\nText\nMore\n")
    assert file.remaining(spans, whole=True) == ([(0, END)], 0)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    before=st.lists(st.sampled_from([b"a", b"bb", b"", b"\r"]), max_size=12),
    after=st.lists(st.sampled_from([b"a", b"bb", b"", b"ccc"]), max_size=12),
    kept=st.integers(0, 12),
    ended=st.booleans(),
    records=st.integers(1, 4),
)
def test_what_is_left_out_and_what_is_read_are_the_whole_file(
    file, before, after, kept, ended, records
):
    """However a file changed: each record is left out or read, once."""
    file.write(b"\n".join(before) + b"\n" * ended)
    spans, _ = file.read(records=records)
    file.write(b"\n".join(before[:kept] + after))
    ranges, left_out = file.remaining(spans)
    _, all_ids = file.read()
    read = [event_id for range_ in ranges for event_id in file.read(*range_)[1]]
    assert left_out + len(read) == len(all_ids)
    assert set(read) <= set(all_ids)
