"""Marks of a cut: "… [+123 chars]", as news services end a text that goes on elsewhere."""

from collections.abc import Sequence


def without_marks(texts: Sequence[str], truncated: Sequence[bool]) -> tuple[list[str], list[bool]]:
    """The texts without such marks, and whether the source cut each off."""
    whole = list(texts)
    cut = list(truncated)
    for i, text in enumerate(texts):
        if text.endswith(" chars]"):
            start = text.rfind("[+")
            if start >= 0 and text[start + 2 : -7].isdecimal():
                whole[i] = text[:start].rstrip().removesuffix("…").removesuffix("...").rstrip()
                cut[i] = True
    return whole, cut
