"""Slices, shares and parts: all of the input, once, in bounded pieces."""

import gzip

import pytest

from pipelines.read import plan as plan_module
from pipelines.read.cursor import END, Limits
from pipelines.read.inputs import find
from pipelines.read.parts import read_share
from pipelines.read.plan import Sizes, plan

DATA = b"".join(b'{"n": %d}\n' % i for i in range(20_000))


@pytest.fixture
def folder(tmp_path):
    """Two large files, plain and compressed, and some small ones."""
    (tmp_path / "a.jsonl").write_bytes(DATA)
    (tmp_path / "b.jsonl").write_bytes(gzip.compress(DATA))
    for name in ("c", "d", "e"):
        (tmp_path / f"{name}.txt").write_bytes(b"Title\n\nText\n")
    (tmp_path / "f.jsonl").write_bytes(b"")
    (tmp_path / "g.jsonl").write_bytes(gzip.compress(b"{}\n"))
    return tmp_path


SMALL = Sizes(slice_bytes=100_000, part_bytes=30_000)


def read(slices):
    """The events of the slices, sorted by the places of their batches, as (place, id)."""
    batches = [
        batch for one in slices for share in one.shares for batch in read_share(share, Limits(50))
    ]
    return [
        event_id
        for batch in sorted(batches, key=lambda batch: batch.place)
        for event_id in batch.event_ids
    ]


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("sizes", [Sizes(), SMALL, Sizes(slice_events=1_000, part_bytes=5_000)])
def test_no_plan_changes_what_is_read(folder, sizes, workers):
    """Whatever the sizes and the number of workers: the same events in the same order."""
    sources = find([str(folder)])
    expected = read(plan(sources, workers=1))
    assert len(expected) == 40_004
    assert read(plan(sources, sizes=sizes, workers=workers)) == expected


def test_slices_are_bounded_and_follow_one_another(folder):
    """No slice is much larger than asked, and each begins where the one before it ended."""
    slices = list(plan(find([str(folder)]), sizes=SMALL))
    assert len(slices) > 3
    assert [one.number for one in slices] == list(range(len(slices)))
    edges = [(p.source, p.start, p.end) for s in slices for share in s.shares for p in share]
    assert edges == sorted(edges)
    parts = [part for one in slices for share in one.shares for part in share]
    assert all(part.end - part.start <= 130_000 for part in parts if part.end < END)


@pytest.mark.parametrize("sizes", [SMALL, Sizes(slice_events=5_000, part_bytes=10_000)])
def test_a_slice_is_as_large_for_each_worker(folder, sizes):
    """Workers are started anew for each slice, so two get twice as much to do in one."""
    sources = find([str(folder)])
    one, two = (len(list(plan(sources, sizes=sizes, workers=workers))) for workers in (1, 2))
    assert one >= 4
    assert two == pytest.approx(one / 2, abs=1)


def test_events_bound_a_slice_too(folder):
    """Small events fill a slice by their number."""
    slices = list(
        plan(find([str(folder / "a.jsonl")]), sizes=Sizes(slice_events=5_000, part_bytes=10_000))
    )
    assert 4 <= len(slices) <= 7
    assert sum(one.events for one in slices) == pytest.approx(20_000, rel=0.2)


def test_the_stored_bytes_of_all_slices_are_the_inputs(folder):
    """Progress ends at the whole, whatever was estimated or left out."""
    sources = find([str(folder)])
    total = sum(source.size for source in sources)
    assert sum(one.stored for one in plan(sources, sizes=SMALL)) == total
    committed = {sources[0].uri: spans_of(sources[0])}
    assert sum(one.stored for one in plan(sources, committed, sizes=SMALL)) == total


def test_small_files_are_one_share(folder):
    """A worker reads them in one go."""
    (one,) = plan(find([str(folder / "*.txt")]))
    assert [[part.source for part in share] for share in one.shares] == [[0, 1, 2]]


def test_files_bound_a_slice(folder):
    """However small they are."""
    slices = list(plan(find([str(folder / "*.txt")]), sizes=Sizes(slice_files=2)))
    assert [len(one.shares[0]) for one in slices] == [2, 1]


def test_each_worker_has_one_share_of_a_compressed_file(folder):
    """In which its parts rise, so that it decompresses the file once."""
    (one,) = plan(find([str(folder / "b.jsonl")]), sizes=Sizes(part_bytes=30_000), workers=2)
    assert len(one.shares) == 2
    assert all(len(share) > 2 for share in one.shares)
    assert [sorted(share) for share in one.shares] == [list(share) for share in one.shares]


def test_planning_is_lazy(folder, monkeypatch):
    """The first slice is there before the files after it are looked at."""
    probed = []
    probe = plan_module._probe
    monkeypatch.setattr(
        plan_module, "_probe", lambda source: probed.append(source) or probe(source)
    )
    next(plan(find([str(folder)]), sizes=SMALL))
    assert len(probed) == 1


def spans_of(source):
    """The spans of a whole file, as a commit remembers them."""
    slices = plan([source])
    return [
        span
        for one in slices
        for share in one.shares
        for batch in read_share(share)
        for span in batch.spans
    ]


def test_what_is_committed_is_left_out_and_counted(folder):
    """A second run reads nothing, and says how many records it did not read."""
    sources = find([str(folder)])
    committed = {source.uri: spans_of(source) for source in sources}
    (one,) = plan(sources, committed)
    assert (one.shares, one.skipped, one.events) == ([], 40_004, 0)


def test_nothing_committed_means_nothing_hashed(folder, monkeypatch):
    """A first run does not read its input twice."""
    monkeypatch.setattr(plan_module, "remaining", None)
    sources = find([str(folder)])
    assert len(read(plan(sources, {"file:///other": spans_of(sources[0])}))) == 40_004


def test_a_file_that_cannot_be_read_is_still_planned(tmp_path):
    """So that reading it makes its dead letter."""
    (tmp_path / "broken").symlink_to(tmp_path / "broken")
    (one,) = plan(find([str(tmp_path)]))
    (batch,) = read_share(one.shares[0])
    assert batch.dead[0].reason == "UnreadableFile"


def test_no_input_makes_no_slice():
    """Nothing to read, nothing to run."""
    assert list(plan([])) == []
