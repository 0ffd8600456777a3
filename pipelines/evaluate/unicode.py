"""How much mis-decoded text is mended, and how much good text is left alone."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from pipelines.normalize.unicode import repair


def measure(labels: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Score the repair of text.

    A label holds `raw`, a text as it arrived, and `clean`, as it should read; both are the same
    where the text is good. White space is compared as it stands, accents however they are composed.

    - "mended": share of the broken texts that come out as they should
    - "left alone": share of the good ones that come out as they came
    - "right": both together
    """
    pairs = [(str(label["raw"]), str(label["clean"])) for label in labels]
    return scores(pairs, repair([raw for raw, _ in pairs]))


def scores(pairs: list[tuple[str, str]], repaired: list[str]) -> dict[str, float]:
    """The figures of any repair, given what it made of each pair's first text."""
    right = [_composed(text) == _composed(p[1]) for p, text in zip(pairs, repaired, strict=True)]
    broken = [_composed(raw) != _composed(clean) for raw, clean in pairs]
    parts = {
        "mended": [ok for ok, was in zip(right, broken, strict=True) if was],
        "left alone": [ok for ok, was in zip(right, broken, strict=True) if not was],
        "right": right,
    }
    return {name: sum(oks) / len(oks) for name, oks in parts.items() if oks}


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
