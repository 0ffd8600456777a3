"""Whether addresses of one page get one key, and those of different pages do not."""

from collections.abc import Callable, Iterable
from typing import Any

from pipelines.normalize.url import dedup_key


def measure(labels: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Score the keys of addresses.

    A label holds two addresses, `a` and `b`, and `same`: true if they are one page's. An address
    that nobody could fetch shares its key with none.

    - "merged": share of the pairs of one page with one key
    - "kept apart": share of the pairs of different pages with two
    - "precision", "F1": of the pairs with one key, and with "merged" together
    """
    return scores([(label["a"], label["b"], bool(label["same"])) for label in labels], dedup_key)


def scores(
    pairs: Iterable[tuple[str, str, bool]], key: Callable[[str], str | None]
) -> dict[str, float]:
    """The figures of any function that gives addresses keys, or raises ValueError."""
    met, missed, wrong, apart = 0, 0, 0, 0
    for a, b, same in pairs:
        one = share_key(a, b, key)
        met += one and same
        missed += same and not one
        wrong += one and not same
        apart += not one and not same
    figures = {}
    if met + missed:
        figures["merged"] = met / (met + missed)
    if wrong + apart:
        figures["kept apart"] = apart / (wrong + apart)
    if figures.keys() == {"merged", "kept apart"}:
        figures["precision"] = met / (met + wrong) if met + wrong else 1.0
        figures["F1"] = 2 * met / (2 * met + missed + wrong) if met else 0.0
    return figures


def share_key(a: str, b: str, key: Callable[[str], str | None]) -> bool:
    """Whether two addresses have one key, the same for both."""
    try:
        found = key(a)
        return found is not None and found == key(b)
    except ValueError:
        return False
