"""Links: the newest earlier row with the same key, in a chunk of rows or, before it, in a table."""

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.keys import Keys, KeyTable

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Links:
    """Where the keys of some rows, one a row and 0 for none, lead before the rows are taken in."""

    def __init__(self, table: KeyTable, keys: Keys) -> None:
        self.places = table.seek(keys)
        self.held = table.at(self.places)  # the table's mark, 0 for none
        self._rows, self._began = _repeats(keys)
        self.earlier = self.newest(np.ones(len(keys), bool))  # row before with the key, or -1

    @property
    def settled(self) -> bool:
        """Whether no two of the rows have the same key."""
        return not len(self._rows)

    def newest(self, flag: Bools) -> Ints:
        """For each row the newest earlier row that has its key and the flag; -1 where none has."""
        found = np.full(len(flag), -1, np.int64)
        rows = self._rows
        if len(rows):
            index = np.arange(len(rows))
            flagged = np.maximum.accumulate(np.where(flag[rows], index, -1))
            before = np.concatenate([np.full(1, -1), flagged[:-1]])
            within = before >= self._began
            found[rows[within]] = rows[before[within]]
        return found


def latest(keys: Keys) -> Ints:
    """The rows whose key is not 0 and does not come again in a later row, rising."""
    last = keys != 0
    rows, began = _repeats(keys)
    if len(rows):
        last[rows[:-1][began[1:] == began[:-1]]] = False
    return np.flatnonzero(last)


def firsts(keys: Keys) -> Bools:
    """Which rows are the first with their key; every row without a key is."""
    first = np.ones(len(keys), bool)
    rows, began = _repeats(keys)
    if len(rows):
        first[rows[began != np.arange(len(rows))]] = False
    return first


def _repeats(keys: Keys) -> tuple[Ints, Ints]:
    """The rows whose key several rows have, by key and then row; and where each one's run began."""
    none = np.empty(0, np.int64)
    in_order = np.sort(keys)
    again = (in_order[1:] == in_order[:-1]) & (in_order[1:] != 0)
    if not again.any():
        return none, none
    rows = np.argsort(keys, kind="stable")
    repeated = np.zeros(len(keys), bool)
    repeated[1:] |= again
    repeated[:-1] |= again
    begins = np.ones(len(keys), bool)
    begins[1:] = ~again
    rows, begins = rows[repeated], begins[repeated]
    index = np.arange(len(rows))
    return rows, np.maximum.accumulate(np.where(begins, index, 0))
