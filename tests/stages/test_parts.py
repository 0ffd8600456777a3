"""Parts of files: every record once, in order, whatever the parts and the batches."""

import gzip
import os
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xxhash import xxh3_64_hexdigest, xxh3_128_hexdigest

from pipelines.read import parts as parts_module
from pipelines.read.cursor import END, Limits
from pipelines.read.parts import Part, read_part, read_share

STANDARD = Limits()
PACK = {"none": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}


def part(path, start=0, end=END, compression="none", dialect="auto", source=0):
    """A part of a file whose URI is "f"."""
    return Part(source, str(path), "f", compression, start, end, dialect)


def cut(path, cuts, compression="none"):
    """The parts of a file between these offsets, the last one open."""
    edges = [0, *sorted(cuts), END]
    return [part(path, start, end, compression) for start, end in pairwise(edges)]


def read(parts, limits=STANDARD):
    """All batches of the parts, one after another."""
    return [batch for one in parts for batch in read_part(one, limits)]


def events(batches):
    """Event ids and payloads in order."""
    return [pair for batch in batches for pair in zip(batch.event_ids, batch.payloads, strict=True)]


@pytest.fixture
def written(tmp_path):
    """Writes bytes to a file and gives its path."""

    def write(data: bytes, compression: str = "none") -> Path:
        path = tmp_path / "in"
        path.write_bytes(PACK[compression](data))
        return path

    return write


LINE = st.binary(max_size=30).map(lambda data: data.replace(b"\n", b" "))


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lines=st.lists(st.one_of(LINE, st.sampled_from([b"", b"\r", b" "])), max_size=40),
    end=st.sampled_from([b"", b"\n", b"\n\n"]),
    bom=st.booleans(),
    cuts=st.sets(st.integers(1, 900), max_size=8),
    records=st.integers(1, 7),
    size=st.integers(1, 200),
    compression=st.sampled_from(["none", "gzip", "zstd"]),
)
def test_parts_and_batches_change_no_event(
    written, lines, end, bom, cuts, records, size, compression
):
    """Ids, records and their order are the file's alone, and the spans tile it to the last byte."""
    data = (b"\xef\xbb\xbf" if bom else b"") + b"\n".join(lines) + end
    path = written(data, compression)
    expected, at = [], 0
    for line in data.split(b"\n"):
        record = line.removeprefix(b"\xef\xbb\xbf") if at == 0 else line
        if record.strip():
            expected.append((f"f@{at}:{xxh3_64_hexdigest(record)}", record))
        at += len(line) + 1

    batches = read(cut(path, cuts, compression), Limits(records, size))

    assert events(batches) == expected
    spans = [span for batch in batches for span in batch.spans]
    assert [span.start for span in spans] == [0, *(span.end for span in spans)][: len(spans)]
    assert (spans[-1].end if spans else 0) == len(data)
    for span in spans:
        assert span.digest == xxh3_128_hexdigest(data[span.start : span.end])
    assert sum(span.records for span in spans) == len(expected)
    places = [batch.place for batch in batches]
    assert places == sorted(places)
    assert all(len(batch.payloads) <= records for batch in batches)


def test_the_place_of_a_batch_is_its_first_event(written):
    """Blank lines before it do not count."""
    (batch,) = read([part(written(b"\n\n  \n{}\n"))])
    assert batch.place == (0, 5)
    assert batch.position == [0]


def test_a_file_without_events_has_a_span_and_no_event(written):
    """Blank lines are read, so that they are not read again."""
    (batch,) = read([part(written(b"\n \r\n"))])
    assert batch.payloads == []
    assert batch.spans[0][1:4] == (0, 4, 0)


def test_an_empty_file_has_nothing(written):
    """Neither event nor span."""
    assert read([part(written(b""))]) == []
    assert read([part(written(b"", "gzip"), compression="gzip")]) == []


LONG = b"x" * 5_000


@pytest.mark.parametrize("compression", PACK)
@pytest.mark.parametrize("cuts", [[], [1_000, 2_000, 3_000], [5_005, 5_006, 5_007]])
@pytest.mark.parametrize("block", [1 << 22, 64])
def test_a_record_too_long_is_passed_over(written, monkeypatch, compression, cuts, block):
    """It becomes a dead letter with its beginning, and the records after it go on."""
    monkeypatch.setattr("pipelines.read.cursor._BLOCK", block)
    path = written(b"{}\n" + LONG + b"\n\n[]\n", compression)
    batches = read(cut(path, cuts, compression), Limits(record_bytes=1_000))
    assert [payload for _, payload in events(batches)] == [b"{}", b"[]"]
    (letter,) = [letter for batch in batches for letter in batch.dead]
    assert (letter.reason, letter.stage, letter.payload) == (
        "OversizedRecord",
        "read",
        LONG[:1_000],
    )
    assert letter.event_id == f"f@3:{xxh3_64_hexdigest(LONG)}"
    assert "5000 bytes" in letter.detail
    assert "lacks its last 4000" in letter.detail
    spans = [span for batch in batches for span in batch.spans]
    assert sum(span.records for span in spans) == 3
    assert spans[-1].end == len(LONG) + 8
    data = b"{}\n" + LONG + b"\n\n[]\n"
    assert all(s.digest == xxh3_128_hexdigest(data[s.start : s.end]) for s in spans)


def test_positions_count_dead_letters_too(written):
    """A dead letter stands where its record stood."""
    (batch,) = read([part(written(b"{}\n\n" + LONG + b"\n[]\n"))], Limits(record_bytes=1_000))
    assert batch.position == [0, 2]
    assert batch.dead[0].position == 1


def test_a_long_record_is_not_held(written):
    """50 MB in one line need about twice the limit's memory, not the line's."""
    path = written(b'{"a":"' + b"x" * 50_000_000 + b'"}\n{}\n')
    tracemalloc.start()
    batches = read([part(path)], Limits(record_bytes=8_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(batches) == 2
    assert peak < 32_000_000


def test_a_file_that_cannot_be_opened_is_a_dead_letter(tmp_path):
    """It names file and offset, and is the same event each time it is tried."""
    (batch,), (again,) = read([part(tmp_path / "no")]), read([part(tmp_path / "no")])
    (letter,) = batch.dead
    assert letter.reason == "UnreadableFile"
    assert str(tmp_path / "no") in letter.detail
    assert letter.event_id.startswith("f@0:")
    assert letter == again.dead[0]
    assert batch.spans == []


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
@pytest.mark.parametrize("cuts", [[], [100], [50_000, 100_000, 150_000, 200_000, 400_000]])
def test_a_broken_tail_is_one_dead_letter(tmp_path, compression, cuts):
    """It holds the record that was cut, names file and offset, and has no span."""
    data = b"".join(b'{"n": %d}\n' % i for i in range(30_000))
    whole = PACK[compression](data)
    path = tmp_path / "in"
    path.write_bytes(whole[: len(whole) * 3 // 4])
    batches = read(cut(path, cuts, compression))
    (letter,) = [letter for batch in batches for letter in batch.dead]
    kept = sum(len(payload) + 1 for _, payload in events(batches))
    assert letter.reason == "BrokenCompression"
    assert letter.event_id.startswith(f"f@{kept}:")
    assert f"decompressed byte {kept}" in letter.detail
    assert data[kept:].startswith(letter.payload)
    assert max(span.end for batch in batches for span in batch.spans) == kept
    assert kept > len(data) // 3


@pytest.mark.parametrize("cuts", [[], [2], [3], [4], [6], [9]])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_garbage_after_gzip_is_one_dead_letter(tmp_path, cuts, end):
    """All records are kept, the last without newline too; the dead letter holds the garbage."""
    path = tmp_path / "in"
    path.write_bytes(gzip.compress(b"{}\n[1]" + end) + b"garbage")
    batches = read(cut(path, cuts, "gzip"))
    assert [payload for _, payload in events(batches)] == [b"{}", b"[1]"]
    (letter,) = [letter for batch in batches for letter in batch.dead]
    assert (letter.reason, letter.payload) == ("BrokenCompression", b"garbage")
    assert letter.event_id.startswith(f"f@{6 + len(end)}:")


@pytest.mark.parametrize("dialect", ["text", "html"])
def test_a_whole_file_is_one_record(written, dialect):
    """Its lines are its own affair."""
    (batch,) = read([part(written(b"\xef\xbb\xbfTitle\n\nText\n"), dialect=dialect)])
    assert batch.payloads == [b"Title\n\nText\n"]
    assert batch.spans[0][1:4] == (0, 15, 1)
    assert (batch.dialect, batch.place) == (dialect, (0, 0))


def test_a_whole_file_may_be_blank_too_long_or_broken(tmp_path):
    """It is no event, an oversized one, or a dead letter with what could be read."""
    path = tmp_path / "in"
    path.write_bytes(b" \n\n")
    (blank,) = read([part(path, dialect="text")])
    assert (blank.payloads, blank.spans[0].records) == ([], 0)
    path.write_bytes(LONG)
    (long,) = read([part(path, dialect="text")], Limits(record_bytes=100))
    assert (long.dead[0].reason, len(long.dead[0].payload)) == ("OversizedRecord", 100)
    path.write_bytes(gzip.compress(b"Title\nText")[:-5])
    (broken,) = read([part(path, compression="gzip", dialect="text")])
    assert (broken.dead[0].reason, broken.payloads) == ("BrokenCompression", [])
    assert b"Title\nText".startswith(broken.dead[0].payload)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_worker_decompresses_a_file_once(written, monkeypatch, compression):
    """Parts read in order share one open stream, also past records that fill several parts."""
    opened = []
    real = parts_module.open_stream
    monkeypatch.setattr(
        parts_module, "open_stream", lambda *args: (opened.append(args), real(*args))[1]
    )
    data = (
        b"".join(b"%d" % i * (i % 90 + 1) + b"\n" for i in range(1_000)) + b"y" * 40_000 + b"\n{}"
    )
    path = written(data, compression)
    batches = read(cut(path, range(700, len(data) + 3_000, 700), compression))
    assert len(events(batches)) == 1_002
    assert len(opened) == 1


def test_a_file_that_was_replaced_is_opened_anew(written):
    """A cursor left in a file is not taken for one in its successor."""
    path = written(b"{}\n" * 1_000, "gzip")
    read([part(path, 0, 100, "gzip")])
    other = written(b"[]\n" * 2_000, "gzip")
    os.utime(other, ns=(1, 1))
    assert {payload for _, payload in events(read([part(path, 100, 200, "gzip")]))} == {b"[]"}


def test_small_files_share_batches(tmp_path):
    """A share of many small files makes whole batches, in the files' order."""
    files = []
    for i in range(7):
        (tmp_path / str(i)).write_bytes(b"Title %d\n" % i)
        files.append(part(tmp_path / str(i), dialect="text", source=i))
    batches = list(read_share(files, Limits(records=3)))
    assert [len(batch.payloads) for batch in batches] == [3, 3, 1]
    assert [batch.place.source for batch in batches] == [0, 3, 6]
    assert [span.records for batch in batches for span in batch.spans] == [1] * 7
    assert batches[0].position == [0, 1, 2]
    assert batches[1].payloads == [b"Title 3\n", b"Title 4\n", b"Title 5\n"]


def test_joined_batches_keep_their_dead_letters_places(tmp_path):
    """A file that can't be read stands between its neighbours, as a dead letter."""
    for name in "ac":
        (tmp_path / name).write_bytes(b"Title\n")
    files = [part(tmp_path / name, dialect="text", source=i) for i, name in enumerate("abc")]
    (batch,) = read_share(files)
    assert batch.position == [0, 2]
    assert [letter.position for letter in batch.dead] == [1]


def test_batches_of_one_file_are_never_joined(written):
    """Other workers may hold what stands between two parts of a file."""
    path = written(b"{}\n" * 10)
    share = [part(path, 0, 3), part(path, 9, 12)]
    assert [batch.place.offset for batch in read_share(share)] == [0, 9]
