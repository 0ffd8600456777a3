"""Lists of words: what training ties together, what `both` needs, and a tagger of just those."""

import tomllib
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from pipelines.tag.model import BUCKETS, HEADS, buckets
from pipelines.words import words

LISTS = ("politics", "sports", "world", "arts", "trade", "life")

_ALIEN = -0.5  # what a word of another list says, where nothing was learnt
_WORLD = 0.5  # and what one of the world's says of politics
_BIAS = -0.05


def ties() -> list[npt.NDArray[np.int64]]:
    """The buckets of each list's words."""
    lists = _read("word_lists.toml")
    return [np.unique(buckets(words([lists[name]]).hashes)) for name in LISTS]


def word_list_weights() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The baseline that needs no teaching, as weights [head, bucket] and biases [head].

    A word of a topic's list counts 1 for it, one of another list a half against it; the world's
    count a half for politics.
    """
    weights = np.zeros((len(HEADS), BUCKETS))
    for name, members in zip(LISTS, ties(), strict=True):
        for head, topic in enumerate(HEADS):
            worth = _WORLD if (topic, name) == ("politics", "world") else _ALIEN
            weights[head, members] += 1.0 if name == topic else worth
    return weights, np.full(len(HEADS), _BIAS)


def evidence() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int8]]:
    """The words that `both` needs, sorted, possessives included, and the head that each is for."""
    lists = _read("evidence.toml")
    each = [np.unique(words([_with_possessives(lists[head])]).hashes) for head in HEADS]
    hashes = np.concatenate(each)
    head = np.repeat(np.arange(len(HEADS)), [len(found) for found in each])
    order = np.argsort(hashes)
    return hashes[order], head[order].astype(np.int8)


def _with_possessives(text: str) -> str:
    return " ".join(f"{word} {word}'s {word}'" for word in text.split())


def foreign() -> npt.NDArray[np.uint64]:
    """Little words of other languages that English news knows from names."""
    return words([_read("foreign.toml")["foreign"]]).hashes


@cache
def _read(name: str) -> dict[str, str]:
    return tomllib.loads(files("pipelines.tag").joinpath(name).read_text("utf-8"))
