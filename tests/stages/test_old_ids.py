"""Old ids lead to their ordinals, however many files they were written to."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.deduplicate import old_ids
from pipelines.deduplicate.old_ids import IdFile, OldIds
from pipelines.deduplicate.records import Damaged

# Few different ids, so that one comes again; and the largest, which no bound is above.
IDS = st.sets(st.one_of(st.integers(1, 40), st.just(2**64 - 1)), max_size=12)


def columns(ids: dict[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Keys and ordinals as columns."""
    return np.array(list(ids), np.uint64), np.array(list(ids.values()), np.int64)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are merged a few keys at a time, and up to thirty keys."""
    monkeypatch.setattr(old_ids, "_AT_ONCE", 4)
    monkeypatch.setattr(old_ids, "MOST_KEYS", 30)


@pytest.mark.usefixtures("small_pieces")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(added=st.lists(IDS, max_size=9), gap=st.sampled_from([0, 1 << 31]))
def test_an_id_leads_to_its_newest_ordinal(
    added: list[set[int]], gap: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As in a dict, whichever files were merged; and there are few files."""
    held, plain, ordinal = OldIds(tmp_path_factory.mktemp("ids")), {}, 0
    for ids in added:
        new = {id_: ordinal + n for n, id_ in enumerate(sorted(ids, key=lambda i: i * 7 % 41))}
        held.add(*columns(new))
        plain |= new
        ordinal += len(ids) + gap
    asked = np.array([*range(45), 2**64 - 1], np.uint64)
    assert held.seek(asked).tolist() == [plain.get(id_, -1) for id_ in asked.tolist()]
    assert len(held.files) == len(list(held.folder.iterdir()))
    if not gap:
        assert len(held.files) <= 4 + sum(map(len, added)) // 15


def test_files_of_forgotten_ids_are_deleted(tmp_path: Path) -> None:
    """A file goes when its last ordinal is forgotten, and no other."""
    held = OldIds(tmp_path)
    held.add(*columns({n: n for n in range(1, 101)}))
    held.add(*columns({n: n for n in range(101, 111)}))
    held.forget(100)
    assert len(list(tmp_path.iterdir())) == 2
    held.forget(101)
    assert len(list(tmp_path.iterdir())) == 1
    assert held.seek(np.array([100, 101], np.uint64)).tolist() == [-1, 101]


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids that cannot be written are not held, half a file is deleted, and all others are held."""
    held = OldIds(tmp_path)
    held.add(*columns({1: 1}))

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            held.add(*columns({2: 2}))
    assert held.seek(np.array([1, 2], np.uint64)).tolist() == [1, -1]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_changed_is_found_out(tmp_path: Path) -> None:
    """A saved file is read only as it was written; and it is its owner's to delete."""
    held = OldIds(tmp_path)
    held.add(*columns({n: n for n in range(1, 9)}))
    [file] = held.files
    saved = tmp_path / "saved"
    whole = file.path.read_bytes()
    for wrong in (whole[:-1], whole + b"\0", b"\7" + whole[1:], whole[:-1] + b"\7"):
        saved.write_bytes(wrong)
        with pytest.raises(Damaged):
            IdFile(saved, file.count, (file.first, file.last), file.digest)
    saved.write_bytes(whole)
    again = IdFile(saved, file.count, (file.first, file.last), file.digest)
    assert [column.tolist() for column in again.seek(np.array([3, 99], np.uint64))] == [[0], [3]]
    del again
    assert saved.exists()
