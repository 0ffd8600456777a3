"""The key table behaves as a dict does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.deduplicate.keys import KeyTable

# Few buckets and keys of few kinds, so that buckets fill up and keys meet.
KEYS = st.sets(st.integers(1, 400), max_size=60)


def arrays(entries: dict[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Keys and marks as columns."""
    return np.array(list(entries), np.uint64), np.array(list(entries.values()), np.uint32)


@settings(deadline=None)
@given(st.lists(KEYS, max_size=8), st.integers(1, 8))
def test_what_was_put_last_is_got(puts: list[set[int]], buckets: int) -> None:
    """Every key leads to the mark it was given last, and no other key leads anywhere."""
    table, plain = KeyTable(buckets), {}
    for i, keys in enumerate(puts):
        entries = {key: 1000 * i + key for key in keys}
        table.reserve(len(keys), 0)
        table.put(*arrays(entries))
        plain |= entries
    asked = np.arange(0, 450, dtype=np.uint64)
    assert table.get(asked).tolist() == [plain.get(key, 0) for key in asked.tolist()]
    assert table.used == len(plain)


@settings(deadline=None)
@given(KEYS, st.lists(KEYS, max_size=4))
def test_taking_back_leaves_no_trace(before: set[int], puts: list[set[int]]) -> None:
    """Puts that are taken back, the last first, leave the table bit for bit as it was."""
    table = KeyTable(64)
    table.put(*arrays({key: key for key in before}))
    keys, marks, used = table.keys.copy(), table.marks.copy(), table.used
    done = [table.put(*arrays(dict.fromkeys(keys, 7))) for keys in puts]
    for old in reversed(done):
        table.take_back(old)
    assert np.array_equal(table.keys, keys)
    assert np.array_equal(table.marks, marks)
    assert table.used == used


def test_what_is_about_to_be_dropped_can_be_had() -> None:
    """The keys below a mark are told, apart from those without a mark, and there is room or not."""
    table = KeyTable(2)
    table.put(*arrays({key: key for key in range(1, 9)}))
    table.lower(2)
    keys, marks = table.below(4)
    assert sorted(zip(keys.tolist(), marks.tolist(), strict=True)) == [(3, 1), (4, 2), (5, 3)]
    assert table.has_room(3)
    assert not table.has_room(4)


def test_reserving_drops_what_is_of_no_use() -> None:
    """A table that is made anew forgets the marks below the low one, and keeps the others."""
    table = KeyTable(2)
    table.put(*arrays({key: key for key in range(1, 9)}))
    table.reserve(40, 5)
    found = table.get(np.arange(10, dtype=np.uint64)).tolist()
    assert found == [0, 0, 0, 0, 0, 5, 6, 7, 8, 0]
    assert table.used == 4


@pytest.mark.parametrize(
    ("mark", "lowered"), [(1, 0), (10, 0), (11, 1), (4_000_000_000, 3_999_999_990)]
)
def test_lowering_subtracts_from_marks(mark: int, lowered: int) -> None:
    """Marks that would fall below 1 become 0: no mark."""
    table = KeyTable()
    table.put(*arrays({5: mark}))
    table.lower(10)
    assert table.get(np.array([5], np.uint64)).tolist() == [lowered]
