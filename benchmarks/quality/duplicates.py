"""Duplicates: copies found, look-alikes kept apart; real news through `newsbeam run`.

The edit benchmark is 4,400 copies of as many articles, 400 in each of eleven edits, and 1,300 pairs
of two stories. All of it goes through one lake, first every original, then every copy, so that a
copy may also go astray to a third text; a pair is merged if both belong to one story.
"""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality import newsapi_items
from benchmarks.quality.minhash_peers import finders
from benchmarks.quality.pairs import (
    ARTICLES,
    RETOLD,
    Pair,
    benchmark,
    copies,
    look_alikes,
    retold,
    rows,
    sentences,
)
from benchmarks.quality.through_run import ends
from pipelines.evaluate.duplicates import measure, merged, scores, story_ids
from pipelines.sample.newsroom import events as sample

NAME = "Duplicates"
SCORED = "dedupe/semeval_en_pairs.jsonl.gz"
AGENCY = "dedupe/reuters21578.jsonl.gz"
FILES = (ARTICLES, RETOLD, SCORED, AGENCY, newsapi_items.VERSIONS, newsapi_items.HEADLINES)

LEAST_WORDS = 25  # of a body that is a copy by its words alone
BATCHES = (1, 100, 10_000)  # beside the 1,000 of every other run
IN_BATCHES = 20  # of so many pairs one: batches of one event take their time


def ours(data: Path) -> dict[str, float]:
    """Newsbeam on real news, each part in a lake of its own."""
    pairs = benchmark(data)
    found = merged([end.story for end in ends(_in_order(pairs))])
    same = [pair["same"] for pair in pairs]
    return {
        **{f"{name}, edits": value for name, value in scores(same, found).items()},
        **_recall_by_kind(pairs, found),
        "same in batches of 1 to 10,000": _same_in_batches(pairs[::IN_BATCHES]),
        **newsapi_items.versions(data),
        "same event retold, merged": _retold_merged(data),
        "scored pairs merged": _scored_merged(data),
        **_agency_copies(data),
        **newsapi_items.same_headline(data),
    }


def own() -> dict[str, float]:
    """Newsbeam on made-up news: edits and look-alikes, and a sample's repeats with their truth."""
    events = [(event, truth) for event, truth in sample(2_000, seed=5) if isinstance(event, dict)]
    texts = [
        (e["title"], e["text"]) for e, truth in events if truth.kind == "story" and "text" in e
    ]
    figures = measure([*copies(texts, 20), *look_alikes([text for _, text in texts], 60, 60)])
    return {
        **{f"{name}, edits": value for name, value in figures.items()},
        **_sample_repeats(2_000),
    }


def peers(data: Path) -> dict[str, dict[str, float]]:
    """Others on the edit benchmark, by its texts alone."""
    pairs = benchmark(data)
    texts = [event["text"] for event in _in_order(pairs)]
    same = [pair["same"] for pair in pairs]
    told = {}
    for name, find in finders().items():
        found = merged([str(lead) for lead in find(texts)])
        figures = scores(same, found).items()
        told[name] = {f"{figure}, edits": value for figure, value in figures}
        told[name] |= _recall_by_kind(pairs, found)
    return told


def _in_order(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    return [pair["a"] for pair in pairs] + [pair["b"] for pair in pairs]


def _recall_by_kind(pairs: Sequence[Pair], found: Sequence[bool]) -> dict[str, float]:
    """Of each kind of edit the share found; of each kind of look-alike the share kept apart."""
    by_kind: dict[str, list[bool]] = defaultdict(list)
    for pair, merge in zip(pairs, found, strict=True):
        by_kind[pair["kind"]].append(merge == pair["same"])
    return {f"right, {kind}": sum(right) / len(right) for kind, right in by_kind.items()}


def _same_in_batches(pairs: Sequence[Pair]) -> float:
    """The share of events that belong to the same story whatever the batches are."""
    events = _in_order(pairs)
    usual = story_ids(events)
    others = [story_ids(events, at_once) for at_once in BATCHES]
    return sum(len({*each}) == 1 for each in zip(usual, *others, strict=True)) / len(events)


def _retold_merged(data: Path) -> float:
    """The share of pairs of documents about one event, in other words, that become one story."""
    documents = list(rows(data / RETOLD))
    found = ends([{"id": str(i), "text": row["text"]} for i, row in enumerate(documents)])
    told = [sentences(row["text"]) for row in documents]
    pairs = [
        (i, j)
        for i, j in itertools.combinations(range(len(documents)), 2)
        if documents[i]["event"] == documents[j]["event"] and retold(told[i], told[j])
    ]
    return sum(found[i].story == found[j].story for i, j in pairs) / len(pairs)


def _scored_merged(data: Path) -> float:
    """The share of SemEval's pairs, near and far, that become one story."""
    pairs = list(rows(data / SCORED))
    texts = [pair[side] for side in ("text1", "text2") for pair in pairs]
    found = merged([end.story for end in ends([_bare(i, t) for i, t in enumerate(texts)])])
    return sum(found) / len(found)


def _agency_copies(data: Path) -> dict[str, float]:
    """Of Reuters' repeated bodies of 25 words or more, how many are found."""
    items = list(rows(data / AGENCY))
    found = ends([{"id": r["id"], "title": r["title"], "text": r["body"]} for r in items])
    seen: set[str] = set()
    again = []
    for item, end in zip(items, found, strict=True):
        body = " ".join(newsapi_items.words_of(item["body"]))
        if body.count(" ") + 1 >= LEAST_WORDS:
            if body in seen:
                again.append(end.relation != "story")
            seen.add(body)
    return {"repeated agency items found": sum(again) / len(again)}


def _sample_repeats(count: int) -> dict[str, float]:
    """A sample's repeats that belong to the story they repeat, and its stories that stay some."""
    told = list(sample(count, seed=6))
    lines = [i for i, (event, _) in enumerate(told) if isinstance(event, dict)]
    ids = story_ids([told[i][0] for i in lines])
    story = dict(zip(lines, ids, strict=True))
    repeats, stories = [], []
    for place, i in enumerate(lines):
        truth = told[i][1]
        if truth.repeats:
            repeats.append(story[i] is None or story[i] == story[truth.repeats - 1])
        else:
            stories.append(story[i] == f"label/{place}")
    return {
        "sample's repeats found": sum(repeats) / len(repeats),
        "sample's stories kept": sum(stories) / len(stories),
    }


def _bare(number: int, text: str) -> dict[str, str]:
    return {"id": str(number), "text": text}
