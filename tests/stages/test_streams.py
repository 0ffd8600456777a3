"""Streams: what comes out of a file, and what is said when it should have been more."""

import gzip

import pytest
import zstandard

from pipelines.read.streams import compression_of, open_stream

TEXT = b"".join(b"line %d of a made-up story\n" % i for i in range(30_000))
ZIPPED = {"gzip": gzip.compress(TEXT), "zstd": zstandard.compress(TEXT), "none": TEXT}


def everything(path, compression, size=1 << 16):
    """A file's bytes as the stream gives them, and its problem."""
    stream = open_stream(str(path), compression)
    pieces = []
    while piece := stream.read(size):
        pieces.append(piece)
    stream.close()
    return b"".join(pieces), stream.problem


@pytest.fixture
def written(tmp_path):
    """Writes bytes to a file and gives its path."""

    def write(data: bytes):
        path = tmp_path / "in"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("compression", ZIPPED)
@pytest.mark.parametrize("size", [1_000, 1 << 22])
def test_a_sound_file_comes_whole(written, compression, size):
    """Every byte, and no problem, whatever is asked for at a time."""
    assert everything(written(ZIPPED[compression]), compression, size) == (TEXT, None)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_members_one_after_another_are_one_stream(written, compression):
    """Concatenated files decompress to their concatenation."""
    twice = written(ZIPPED[compression] * 2)
    assert everything(twice, compression) == (TEXT * 2, None)


def test_zeros_after_gzip_are_padding(written):
    """A tape's padding is no problem, nor is a member after it."""
    zipped = ZIPPED["gzip"]
    assert everything(written(zipped + b"\0" * 5_000), "gzip") == (TEXT, None)
    assert everything(written(zipped + b"\0" * 7 + zipped), "gzip") == (TEXT * 2, None)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_an_early_end_is_told_and_what_came_before_kept(written, compression):
    """A file cut in its middle gives its readable half, and says that its last record is cut."""
    zipped = ZIPPED[compression]
    got, problem = everything(written(zipped[: len(zipped) // 2]), compression)
    assert TEXT.startswith(got)
    assert len(got) > len(TEXT) // 5
    assert problem.cut
    assert "ends early" in str(problem.why)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_damage_is_told_and_what_came_before_kept(written, compression):
    """Of the block that the damage is in, what stands before it comes out too."""
    zipped = bytearray(ZIPPED[compression])
    zipped[-8:] = bytes(8) if compression == "gzip" else b"\xff" * 8
    got, problem = everything(written(bytes(zipped)), compression)
    common = next((i for i, (a, b) in enumerate(zip(got, TEXT, strict=False)) if a != b), len(got))
    assert common > len(TEXT) // 2
    assert problem.why.reason == "BrokenCompression"
    assert problem.cut


def test_a_wrong_checksum_costs_no_byte(written):
    """All of a gzip member is there before its checksum is seen to be wrong."""
    got, problem = everything(written(ZIPPED["gzip"][:-8] + bytes(8)), "gzip")
    assert got == TEXT
    assert problem.cut


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_other_bytes_at_the_end_are_told_and_kept(written, compression):
    """Trailing garbage cuts no record; it is shown as it is."""
    got, problem = everything(written(ZIPPED[compression] + b"garbage"), compression)
    assert got == TEXT
    assert (problem.cut, problem.remains) == (False, b"garbage")


def test_a_small_file_may_decompress_to_much(written):
    """A bomb comes out in pieces, about as large as asked for."""
    stream = open_stream(str(written(gzip.compress(bytes(50_000_000)))), "gzip")
    assert len(stream.read(1_000)) == 1_000
    stream.close()


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_seeking_goes_on_from_there(written, compression):
    """After a seek the next byte is the one at that offset; past the end there is none."""
    stream = open_stream(str(written(ZIPPED[compression])), compression)
    stream.seek(100_000)
    assert stream.read(10) == TEXT[100_000:100_010]
    stream.seek(len(TEXT) + 5)
    assert stream.read(10) == b""
    stream.close()


def test_a_file_that_cannot_be_read_on_is_told(written, monkeypatch):
    """An error while reading ends the stream with a reason that names the file."""
    path = written(TEXT)
    stream = open_stream(str(path), "none")

    class Failing:
        def read(self, size):
            raise OSError(5, "Input/output error")

    with stream._file:
        monkeypatch.setattr(stream, "_file", Failing())
    assert stream.read(10) == b""
    assert str(stream.problem.why) == f"{path}: Input/output error"
    assert stream.problem.cut


@pytest.mark.parametrize("compression", ZIPPED)
def test_a_file_is_known_by_its_first_bytes(compression):
    """Not by its name, which can lie."""
    assert compression_of(ZIPPED[compression][:100]) == compression
