"""Staged batches: whole or not there, and the same when they come back."""

import os

import pyarrow as pa
import pytest

from pipelines.batch import Place, SketchedBatch, Span
from pipelines.read.staging import Handle, load, stage, sweep, sweep_abandoned


def batch(rows=3, offset=120) -> SketchedBatch:
    """A batch of so many rows."""
    columns = {"title": [f"Title {i}" for i in range(rows)], "words": [[i, 1] for i in range(rows)]}
    schema = pa.schema([("title", pa.string()), ("words", pa.list_(pa.uint32()))])
    spans = [Span("file:///é.jsonl", 120, 400, rows, "abc")]
    return SketchedBatch(Place(3, offset), spans, ["ack-1"], pa.record_batch(columns, schema))


@pytest.mark.parametrize("rows", [0, 3])
def test_a_batch_comes_back_as_it_went(tmp_path, rows):
    """Rows, place, spans and ack ids survive."""
    handle = stage(batch(rows), tmp_path / "run")
    assert load(handle) == batch(rows)
    assert (handle.place, handle.rows) == (Place(3, 120), rows)
    assert handle.bytes == os.path.getsize(handle.path)


def test_handles_sort_in_order_of_arrival(tmp_path):
    """By place, and so do the files by name."""
    handles = [stage(batch(offset=offset), tmp_path) for offset in (1_000, 7, 30)]
    assert [handle.place.offset for handle in sorted(handles)] == [7, 30, 1_000]
    assert [h.path for h in sorted(handles)] == sorted(h.path for h in handles)


def test_staging_twice_is_two_files(tmp_path):
    """A bundle that is tried again does not write over what someone may be reading."""
    assert stage(batch(), tmp_path).path != stage(batch(), tmp_path).path


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    """Neither a half file nor a whole one that nobody was told of."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        stage(batch(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_staged_file_can_be_swept_while_it_is_read(tmp_path):
    """The memory map keeps what was loaded."""
    staged = load(stage(batch(), tmp_path / "run"))
    sweep(tmp_path / "run")
    assert staged == batch()
    assert not (tmp_path / "run").exists()


def test_sweeping_what_is_not_there_is_no_error(tmp_path):
    """A run may have staged nothing."""
    sweep(tmp_path / "run")


def test_only_abandoned_runs_are_swept(tmp_path):
    """A run that staged something lately may still be at it."""
    for name in ("old", "new"):
        stage(batch(), tmp_path / name)
    os.utime(tmp_path / "old", (0, 0))
    assert sweep_abandoned(tmp_path) == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert sweep_abandoned(tmp_path / "none") == []


def test_a_handle_of_a_swept_file_fails_loudly():
    """It must not load as an empty batch."""
    with pytest.raises(OSError, match="no"):
        load(Handle(Place(0, 0), "no-such-file.arrow", 1, 1))
