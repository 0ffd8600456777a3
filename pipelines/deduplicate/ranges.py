"""Ranges end to end: the index that picks stretches out of a flat column."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def ranges(begins: Ints, counts: Ints) -> Ints:
    """`begins[i]`, `begins[i] + 1`, … `counts[i]` numbers of it, for every *i*, end to end."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(begins - (ends - counts), counts) + np.arange(total)
