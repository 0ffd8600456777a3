"""The exact keys that an event is known by, and what each of them stands for.

Every live event leads its text's, URL's and publisher's keys to its story. The opening keys, of
stories alone, find a text that was cut off in its longer form, and the other way round.
"""

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.ranges import ranges
from pipelines.deduplicate.sketches import Sketches

Keys = npt.NDArray[np.uint64]

EXACT = ("whole", "titled", "summed")  # in the order they are asked
ADDRESS = ("url", "publisher")
OPENING = ("opening", "opening_titled", "opening_summed")
OPENING_WORDS = 10  # that a text cut off must have left to be told by


def exact_keys(sketches: Sketches, exact_words: int) -> dict[str, Keys]:
    """For each name of EXACT and ADDRESS the key of each event, 0 where it has none.

    A text is enough by itself from `exact_words` words on, unless its source cut it off; else the
    title or the summary goes with it, or the URL where there is no summary but the text. An event
    without text is known by title and summary together.
    """
    text, title, summary = sketches.content_key, sketches.title_key, sketches.summary_key
    empty = text == 0
    enough = ~sketches.cut & (_counts(sketches) >= exact_words)
    titled = np.where(empty, _both(title, summary, 3), _with(text, title, 1))
    titled[empty & (title == 0) & (summary == 0)] = 0
    return {
        "whole": np.where(enough, text, np.uint64(0)),
        "titled": titled,
        "summed": np.where(
            summary == 0, _with(text, sketches.url_hash, 6), _with(text, summary, 2)
        ),
        "url": sketches.url_hash,
        "publisher": sketches.publisher_hash,
    }


def opening_keys(sketches: Sketches, exact_words: int) -> dict[str, Keys]:
    """For each name of OPENING the key of each event's first OPENING_WORDS words, 0 for none.

    The last word of a text that was cut off by its source may be half a word, and does not count.
    """
    counts = _counts(sketches)
    long = np.flatnonzero(counts - sketches.cut >= OPENING_WORDS)
    opening = np.zeros(len(sketches), np.uint64)
    taken = ranges(sketches.starts[:-1][long], np.full(len(long), OPENING_WORDS))
    first = sketches.words[taken].astype(np.uint64).reshape(-1, OPENING_WORDS)
    opening[long] = _never_0(first @ _PLACES)
    enough = ~sketches.cut & (counts >= exact_words)
    return {
        "opening": np.where(enough, opening, np.uint64(0)),
        "opening_titled": _with(opening, sketches.title_key, 4),
        "opening_summed": _with(opening, sketches.summary_key, 5),
    }


_ODD = np.uint64(0x9E3779B97F4A7C15)
_OTHER_ODD = np.uint64(0xC2B2AE3D27D4EB4F)
_PLACES = np.array([pow(int(_ODD), k + 1, 1 << 64) for k in range(OPENING_WORDS)], np.uint64)


def _counts(sketches: Sketches) -> npt.NDArray[np.int64]:
    return sketches.starts[1:] - sketches.starts[:-1]


def _with(key: Keys, other: Keys, salt: int) -> Keys:
    """A key for the two together, 0 where either is missing."""
    return np.where((key != 0) & (other != 0), _both(key, other, salt), np.uint64(0))


def _both(key: Keys, other: Keys, salt: int) -> Keys:
    return _never_0((key * _ODD) ^ (other * _OTHER_ODD + np.uint64(salt)))


def _never_0(mixed: Keys) -> Keys:
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _ODD
    return np.maximum(mixed ^ (mixed >> np.uint64(32)), np.uint64(1))
