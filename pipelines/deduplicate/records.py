"""Records of stories: what the story file holds of each, packed and read back.

A record is in units of four bytes: its header, bands if any, words, those of title and summary, and
the id's bytes, padded.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.minhash import BANDS
from pipelines.deduplicate.ranges import ranges
from pipelines.deduplicate.sketches import Sketches
from pipelines.deduplicate.verify import Texts

Ints = npt.NDArray[np.int64]


class Damaged(ValueError):
    """A file of the index is not what was written."""


@dataclass(slots=True)
class Stories:
    """Some stories, as asked for.

    The words of *i* are `words[starts[i]:starts[i + 1]]`, those of its title and its summary
    `heads[head_starts[i]:head_starts[i + 1]]`.
    """

    ordinals: Ints
    title_key: npt.NDArray[np.uint64]
    summary_key: npt.NDArray[np.uint64]
    cut: npt.NDArray[np.bool_]
    words: npt.NDArray[np.uint32]
    starts: Ints
    heads: npt.NDArray[np.uint32]
    head_starts: Ints
    ids: list[str]

    @property
    def texts(self) -> Texts:
        """Their words, to be compared."""
        return Texts(self.words, self.starts[:-1], np.diff(self.starts), self.cut)

    @property
    def headings(self) -> Texts:
        """The words of their titles and summaries, likewise."""
        return Texts(self.heads, self.head_starts[:-1], np.diff(self.head_starts), self.cut)


def records(sketches: Sketches, which: Ints, ordinals: Ints) -> tuple[bytes, Ints]:
    """The records of some events, end to end, and the bytes of each."""
    events = sketches.event_ids
    ids = [events[i].encode() for i in which.tolist()]
    id_bytes = np.fromiter(map(len, ids), np.int64, len(ids))
    id_units = (id_bytes + 3) // 4
    has = sketches.has_bands[which]
    counts = (sketches.starts[1:] - sketches.starts[:-1])[which]
    head_counts = (sketches.head_starts[1:] - sketches.head_starts[:-1])[which]
    units = _HEADER + BANDS * has + counts + head_counts + id_units
    starts = np.cumsum(units) - units
    data = np.zeros(int(units.sum()), np.uint32)
    header = np.empty((len(which), _HEADER), np.uint32)
    for at, column in (
        (_ORDINAL, ordinals),
        (_TITLE, sketches.title_key[which]),
        (_SUMMARY, sketches.summary_key[which]),
    ):
        header[:, at : at + 2] = column.view(np.uint32).reshape(-1, 2)
    header[:, _WORDS], header[:, _HEADS], header[:, _ID_BYTES] = counts, head_counts, id_bytes
    header[:, _FLAGS] = sketches.cut[which] * _CUT + has * _HAS_BANDS
    header[:, _CHECK] = _MAGIC
    data[starts[:, None] + np.arange(_HEADER)] = header
    data[(starts[has] + _HEADER)[:, None] + np.arange(BANDS)] = sketches.bands[which[has]]
    begins = starts + _HEADER + BANDS * has
    data[ranges(begins, counts)] = sketches.words[ranges(sketches.starts[which], counts)]
    begins += counts
    heads = sketches.heads[ranges(sketches.head_starts[which], head_counts)]
    data[ranges(begins, head_counts)] = heads
    padded = b"".join([name + _PADS[len(name) % 4] for name in ids])
    data[ranges(begins + head_counts, id_units)] = np.frombuffer(padded, np.uint32)
    return data.tobytes(), units * 4


def parse(data: bytes, sizes: Ints, ordinals: Ints) -> Stories:
    """The stories of those ordinals, whose records of so many bytes each stand end to end.

    Raises:
        Damaged: a record is missing, or another's.
    """
    units = np.frombuffer(data, np.uint32)
    starts = (np.cumsum(sizes) - sizes) // 4
    if (sizes < 4 * _HEADER).any():
        raise Damaged("a story is asked for that has no record")
    header = units[starts[:, None] + np.arange(_HEADER)]
    wide = np.ascontiguousarray(header[:, :_WORDS]).view(np.uint64)
    if (header[:, _CHECK] != _MAGIC).any() or (wide[:, 0] != ordinals.astype(np.uint64)).any():
        raise Damaged("a record of the story file is not the one that was written")
    counts = header[:, _WORDS].astype(np.int64)
    begins = starts + _HEADER + BANDS * ((header[:, _FLAGS] & _HAS_BANDS) != 0)
    head_counts = header[:, _HEADS].astype(np.int64)
    at = ((begins + counts + head_counts) * 4).tolist()
    ends = header[:, _ID_BYTES].tolist()
    return Stories(
        ordinals,
        wide[:, 1],
        wide[:, 2],
        (header[:, _FLAGS] & _CUT) != 0,
        units[ranges(begins, counts)],
        np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]),
        units[ranges(begins + counts, head_counts)],
        np.concatenate([np.zeros(1, np.int64), np.cumsum(head_counts)]),
        [data[a : a + n].decode() for a, n in zip(at, ends, strict=True)],
    )


def bands_of(data: bytes, starts: Ints) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.bool_]]:
    """The bands of the records that begin at those bytes, and which of the records have some."""
    units = np.frombuffer(data, np.uint32)
    starts = starts // 4
    has = (units[starts + _FLAGS] & _HAS_BANDS) != 0
    at = starts[has] + _HEADER
    return units[at[:, None] + np.arange(BANDS)], has


# Places in the header, and its length, in units.
_HEADER = 11
_ORDINAL, _TITLE, _SUMMARY = 0, 2, 4  # of two units each
_WORDS, _HEADS, _ID_BYTES, _FLAGS, _CHECK = 6, 7, 8, 9, 10
_CUT, _HAS_BANDS = np.uint32(1), np.uint32(2)
_PADS = (b"", bytes(3), bytes(2), bytes(1))
_MAGIC = np.uint32(0x5EED0BEA)
