"""Deciding: the columns give what one event after another would get, whatever the windows."""

import itertools
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.batch import Words
from pipelines.deduplicate import bands, held, keys, matches
from pipelines.deduplicate.decide import Decisions
from pipelines.deduplicate.index import Index
from pipelines.deduplicate.minhash import bands as bands_of
from pipelines.deduplicate.relations import RELATIONS
from pipelines.deduplicate.sketches import Sketches, name_hashes
from pipelines.settings import Verdicts
from tests.one_by_one import DAY, FIGURES, OneByOne, Verdict, events, rounded

SMALL = [
    Verdicts(horizon_days=1, horizon_stories=30, near_words=12, exact_words=6),
    Verdicts(horizon_days=3, horizon_stories=9, near_words=12, exact_words=6),
    Verdicts(horizon_days=0, horizon_stories=500, near_words=12, exact_words=14),
    Verdicts(horizon_days=9, horizon_stories=20, near_words=12, exact_words=6),
]

# Words by number; every tenth is a figure.
VOCABULARY = np.arange(400, dtype=np.uint32)
VOCABULARY[::10] = sorted(FIGURES)[:40]

WAYS = ["merge", "late merge", "follow", "save", "rebuild"]


def stream(rng: np.random.Generator, count: int) -> Sketches:
    """Made-up events: texts of few sources, edited, cut, expanded; clocks that jump and go back."""
    bases = [rng.integers(0, 400, rng.integers(0, 40)) for _ in range(6)]
    texts, ids, days, day = [], [], [], 100
    for i in range(count):
        text = bases[rng.integers(len(bases))].copy()
        for _ in range(rng.integers(0, 3)):
            if len(text):
                text[rng.integers(len(text))] = rng.integers(0, 400)
        if rng.random() < 0.3:
            text = text[: rng.integers(0, 40)]
        if rng.random() < 0.2:
            text = np.concatenate([text, rng.integers(0, 400, rng.integers(1, 20))])
        texts.append(text)
        today = [id for id, when in zip(ids, days, strict=True) if when >= day]
        again = today and rng.random() < 0.15
        ids.append(today[rng.integers(len(today))] if again else f"event {i}")
        day += int(rng.random() < 0.04) * int(rng.integers(1, 4))
        days.append(day - int(rng.random() < 0.05))
    counts = np.array([len(text) for text in texts])
    starts = np.concatenate([[0], np.cumsum(counts)])
    words = VOCABULARY[np.concatenate([*texts, np.empty(0)]).astype(np.int64)]
    head_counts = rng.integers(0, 9, count)
    head_starts = np.concatenate([[0], np.cumsum(head_counts)])
    heads = VOCABULARY[rng.integers(0, 400, head_starts[-1])]
    has = (counts >= 12) & (rng.random(count) < 0.9)
    found = np.zeros((count, bands.BANDS), np.uint32)
    for i in np.flatnonzero(has):
        found[i] = bands_of(Words(texts[i].astype(np.uint64), np.array([0, counts[i]])))[0]
    few = [rng.integers(0, n, count).astype(np.uint64) for n in (7, 5, 60, 90)]
    return Sketches(
        ids,
        name_hashes(ids),
        np.array(
            [hash(tuple(t.tolist())) & (1 << 63) - 1 if len(t) else 0 for t in texts], np.uint64
        ),
        *few,
        words,
        starts,
        heads,
        head_starts,
        rng.random(count) < 0.2,
        found,
        has,
        rng.random(count) < 0.95,
        np.array(days) * DAY + rng.integers(0, DAY, count),
    )


def verdicts_of(decisions: Decisions) -> list[Verdict]:
    """The decisions of a window, one by one."""
    columns = (
        [RELATIONS[code] for code in decisions.relation],
        decisions.story_id,
        decisions.previous_story_id,
        decisions.similarity.tolist(),
        decisions.containment.tolist(),
        decisions.ordinal.tolist(),
    )
    return [Verdict(*row) for row in zip(*columns, strict=True)]


def rows_of(sketches: Sketches, decided: list[Verdict]) -> tuple[Sketches, list, list, list]:
    """What the lake would hold of them."""
    kept = [i for i, verdict in enumerate(decided) if verdict.ordinal >= 0]
    some = take(sketches, kept)
    of = [decided[i] for i in kept]
    return some, [v.relation for v in of], [v.story for v in of], [v.ordinal for v in of]


def take(s: Sketches, rows: list[int]) -> Sketches:
    """Some of the events."""
    at = np.array(rows, np.int64)
    parts = [s.words[s.starts[i] : s.starts[i + 1]] for i in rows]
    heads = [s.heads[s.head_starts[i] : s.head_starts[i + 1]] for i in rows]
    columns = {
        name: getattr(s, name)[at]
        for name in Sketches.__slots__
        if name not in ("event_ids", "words", "starts", "heads", "head_starts")
    }
    return Sketches(
        event_ids=[s.event_ids[i] for i in rows],
        words=np.concatenate([*parts, np.empty(0, np.uint32)]),
        starts=np.cumsum([0, *(len(part) for part in parts)]),
        heads=np.concatenate([*heads, np.empty(0, np.uint32)]),
        head_starts=np.cumsum([0, *(len(head) for head in heads)]),
        **columns,
    )


@pytest.fixture
def small_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables so small that they grow, overflow and move their base within a hundred events.

    And so few words that texts here have both few and many.
    """
    monkeypatch.setattr(matches, "FEW_WORDS", 30)
    monkeypatch.setattr(bands, "SMALLEST", 4)
    monkeypatch.setattr(keys, "SMALLEST", 1)
    monkeypatch.setattr(held, "MOST_MARKS", 90)


@pytest.mark.usefixtures("small_tables")
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 1 << 32),
    verdicts=st.sampled_from(SMALL),
    steps=st.lists(st.tuples(st.sampled_from([1, 3, 20, 60]), st.sampled_from(WAYS)), min_size=1),
)
def test_windows_and_restarts_leave_no_trace(
    seed: int, verdicts: Verdicts, steps: list[tuple[int, str]]
) -> None:
    """However events come in windows, and the index is lost, saved or followed, verdicts stand."""
    sketches = stream(np.random.default_rng(seed), 110)
    plain = OneByOne(verdicts)
    expected = [rounded(plain.decide(event)) for event in events(sketches)]
    index, done = Index(verdicts), 0
    for count, way in itertools.cycle(steps):
        if done == len(sketches):
            return
        upto = min(len(sketches), done + count)
        window, wanted = sketches.slice(done, upto), expected[done:upto]
        index.decide(sketches.slice(done, min(len(sketches), done + 7)))  # a race that is lost
        decisions = index.decide(window)
        assert verdicts_of(decisions) == wanted
        if way == "follow":
            index.follow(*rows_of(window, wanted))
        elif way == "rebuild":
            index = rebuilt(verdicts, *rows_of(sketches.slice(0, upto), expected[:upto]))
        elif way == "late merge":
            assert index.next_ordinal == sum(v.ordinal >= 0 for v in expected[:done])
            index.merge(decisions)
        else:
            index.merge(decisions)
        if way == "save":
            with TemporaryDirectory() as folder:
                index.save(Path(folder))
                index = Index.load(Path(folder), verdicts)
        done = upto


def rebuilt(verdicts: Verdicts, sketches: Sketches, *columns: list) -> Index:
    """An index made from the lake's rows, some at a time."""
    index = Index(verdicts)
    for i in range(0, len(sketches), 23):
        some = sketches.slice(i, min(i + 23, len(sketches)))
        index.follow(some, *(column[i : i + 23] for column in columns))
    return index
