"""White space: one space between words, one newline between paragraphs, none at the ends."""

from collections.abc import Sequence

import numpy as np

from pipelines.normalize.chunks import SEPARATOR, chunks

_IS_SPACE = np.zeros(256, bool)
_IS_SPACE[[ord(c) for c in SEPARATOR + "\t\n "]] = True


def fold(texts: Sequence[str]) -> list[str]:
    """The texts with their runs of spaces, tabs and newlines folded.

    A run that holds a newline becomes one newline, another one space. Expects what `repair` leaves:
    no other white space, no NUL.
    """
    folded: list[str] = []
    for chunk in chunks(texts):
        folded += _fold_chunk(chunk)
    return folded


def _fold_chunk(texts: list[str]) -> list[str]:
    """One look at the chunk's bytes finds the texts that have two spaces side by side, or a tab."""
    joined = SEPARATOR.join(["", *texts, ""])
    data = np.frombuffer(joined.encode("utf-8", "surrogatepass"), np.uint8)
    spaces = _IS_SPACE[data]
    runs = np.flatnonzero(spaces[1:] & spaces[:-1] & (data[1:] | data[:-1] != 0))
    if "\t" in joined:
        runs = np.union1d(runs, np.flatnonzero(data == ord("\t")))
    folded = list(texts)
    if len(runs):
        starts = np.flatnonzero(data == 0)
        for i in np.unique(np.searchsorted(starts, runs, side="right") - 1).tolist():
            folded[i] = _folded(folded[i])
    return folded


def _folded(text: str) -> str:
    text = text.replace("\t", " ")
    while "  " in text:
        text = text.replace("  ", " ")
    text = text.replace(" \n", "\n").replace("\n ", "\n")
    while "\n\n" in text:
        text = text.replace("\n\n", "\n")
    return text.strip(" \n")
