"""White space: one space between words, one newline between paragraphs, none at the ends."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipelines.normalize.chunks import SEPARATOR, chunks


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
    """One look at the chunk's characters finds the texts with two spaces side by side, or a tab."""
    joined = SEPARATOR.join(["", *texts, ""])
    codes = np.frombuffer(joined.encode("utf-16-le", "surrogatepass"), np.uint16)
    spaces = codes <= ord(" ")  # separators, too: they show spaces at the ends
    runs = np.flatnonzero(spaces[1:] & spaces[:-1])
    runs = runs[(codes[runs] | codes[runs + 1]) != 0]
    if "\t" in joined:
        runs = np.append(runs, np.flatnonzero(codes == ord("\t")))
    folded = list(texts)
    if not len(runs):
        return folded
    starts = np.flatnonzero(codes == 0)
    wide = runs[(codes[runs] != ord("\n")) & (codes[runs + 1] != ord("\n"))]
    for i in _holding(starts, wide):
        folded[i] = _with_single_spaces(folded[i])
    for i in _holding(starts, runs):
        folded[i] = "\n".join([line for s in folded[i].split("\n") if (line := s.strip(" "))])
    return folded


def _holding(starts: npt.NDArray[np.int64], places: npt.NDArray[np.int64]) -> list[int]:
    """Which texts hold the places, each once."""
    texts: list[int] = np.unique(np.searchsorted(starts, places, side="right") - 1).tolist()
    return texts


def _with_single_spaces(text: str) -> str:
    text = text.replace("\t", " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text
