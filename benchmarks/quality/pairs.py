"""Pairs of events with known truth, made from real news: copies in eleven edits; look-alikes."""

import gzip
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.quality.edits import EDITS, headline
from benchmarks.quality.negatives import briefs, recaps

ARTICLES = "tagging/allsides_fulltext_train.jsonl.gz"
RETOLD = "dedupe/ecbplus_events.jsonl.gz"

EDITS_OF_EACH = 400
SAME_EVENT, BRIEFS, RECAPS = 500, 400, 400
LEAST_WORDS = 150  # of an article that is edited, so that a third of it is still a text
COMMON_RUN = 12  # words in a row: whoever tells an event in other words has none so long in common

Sentence = tuple[str, ...]
Pair = dict[str, Any]  # a label of `pipelines.evaluate.duplicates`, and the `kind` of pair it is


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a gzipped file of JSON lines."""
    with gzip.open(path, "rb") as lines:
        yield from map(json.loads, lines)


def benchmark(data: Path) -> list[Pair]:
    """4,400 copies of as many articles, and 1,300 pairs of two stories; the same each time."""
    articles = list({row["content"]: row for row in rows(data / ARTICLES)}.values())
    texts = [(row["title"], row["content"]) for row in articles]
    return [
        *copies(texts, EDITS_OF_EACH),
        *same_event(list(rows(data / RETOLD)), SAME_EVENT),
        *look_alikes([text for _, text in texts], BRIEFS, RECAPS),
    ]


def copies(texts: Sequence[tuple[str, str]], of_each: int) -> list[Pair]:
    """Copies of texts, given with their titles, in each of the eleven edits.

    Words are borrowed from texts of which there is no copy, as long as there are some.
    """
    long = [(title, text) for title, text in texts if len(text.split()) >= LEAST_WORDS]
    kinds = list(itertools.islice(itertools.cycle(EDITS), of_each * len(EDITS)))
    others = long[len(kinds) :] or long
    pairs = []
    for i, kind in enumerate(kinds):
        dice = Random(f"{kind} {i}")
        title, text = long[i % len(long)]
        copy = EDITS[kind](text, dice.choice(others)[1], dice)
        first, second = {"title": title, "text": text}, {"text": copy}
        second["title"] = headline(title, text, dice)
        pairs.append(_pair(kind, i, first, second, same=True))
    return pairs


def same_event(documents: Sequence[dict[str, Any]], count: int) -> list[Pair]:
    """Pairs of documents about one event, each in its own words, drawn from all there are."""
    runs = [_runs(document["text"]) for document in documents]
    of_one = [
        (i, j)
        for i, j in itertools.combinations(range(len(documents)), 2)
        if documents[i]["event"] == documents[j]["event"] and not runs[i] & runs[j]
    ]
    drawn = sorted(Random("same event").sample(of_one, count))
    both = [[{"text": documents[k]["text"]} for k in pair] for pair in drawn]
    return [_pair("same event", i, a, b, same=False) for i, (a, b) in enumerate(both)]


def look_alikes(texts: Sequence[str], brief: int, recap: int) -> list[Pair]:
    """Pairs of briefs and of recaps."""
    return [
        *(_pair("brief", i, *briefs(texts, Random(f"b {i}")), same=False) for i in range(brief)),
        *(_pair("recap", i, *recaps(Random(f"r {i}")), same=False) for i in range(recap)),
    ]


def retold(one: set[Sentence], other: set[Sentence]) -> bool:
    """Whether two texts tell it differently: under a fifth of the shorter's sentences recur."""
    return len(one & other) < 0.2 * max(1, min(len(one), len(other)))


def sentences(text: str) -> set[Sentence]:
    """The words of each sentence of six words or more."""
    return {said for part in _SENTENCE.split(text) if len(said := tuple(_words(part))) > 5}


def _pair(kind: str, i: int, a: dict[str, str], b: dict[str, str], same: bool) -> Pair:
    """The pair, each event under its own id, so that texts alone decide."""
    a, b = ({"id": f"{kind} {i} {side}", **event} for side, event in (("a", a), ("b", b)))
    return {"kind": kind, "a": a, "b": b, "same": same}


_WORD = re.compile(r"[\w']+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[i : i + COMMON_RUN]) for i in range(len(words) - COMMON_RUN + 1)}
