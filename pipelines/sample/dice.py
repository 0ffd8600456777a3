"""Luck that is the same on every machine.

All of it comes from one `random.Random`, and only from `random()` and `randbytes()`, whose numbers
for a seed have been the same in every version of Python that has them.
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def pick(things: Sequence[T], dice: Random) -> T:
    """One of the things."""
    return things[int(dice.random() * len(things))]
