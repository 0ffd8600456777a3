"""Topics: models taught without a source and measured on it; what a reader thinks of `both`."""

import gzip
import importlib.util
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from pipelines.evaluate.events import tagged
from pipelines.evaluate.tags import measure
from pipelines.tag.corpora import Corpus, contents, read_corpora
from pipelines.tag.evaluate import (
    Measures,
    leave_one_out,
    means,
    measure_all,
    measure_word_lists,
)
from pipelines.tag.model import BUCKETS

NAME = "Topics"
STREAM = "stream/newsapi_2022.jsonl.gz"
FILES = (
    "tagging/newsapi_weak_train.jsonl.gz",
    "tagging/huffpost_train.jsonl.gz",
    "tagging/allsides_fulltext_train.jsonl.gz",
    "tagging/inshorts_dev.jsonl.gz",
    "tagging/agnews_dev.jsonl.gz",
    STREAM,
)

_HERE = Path(__file__).parent
_AT_ONCE = 2_000
_NAMES = {
    "accuracy": "accuracy, sports or politics",
    "balanced": "balanced accuracy, sports or politics",
    "f1_politics": "F1 politics, among all",
    "f1_sports": "F1 sports, among all",
    "auc_politics": "AUC politics",
    "auc_sports": "AUC sports",
    "error_politics": "calibration error politics",
    "error_sports": "calibration error sports",
    "coverage": "coverage: outside the abstain band",
    "confident": "right if confident",
}


def ours(data: Path) -> dict[str, float]:
    """Each of five sources left out in turn; the packaged model's `both` in 150,000 news items."""
    corpora = _corpora(data)
    return _figures(measure_all(corpora, leave_one_out(corpora))) | both(data)


def own() -> dict[str, float]:
    """Our own made-up stories, by the packaged model."""
    return {f"our stories: {name}": value for name, value in measure(stories()).items()}


def peers(data: Path) -> dict[str, dict[str, float]]:
    """The word lists without teaching, and scikit-learn's usual recipe taught on the same bed."""
    corpora = _corpora(data)
    figures = {"word lists": _figures(measure_word_lists(corpora))}
    if importlib.util.find_spec("sklearn"):
        margins = _logistic_regression(data, corpora)
        figures["TF-IDF, logistic regression"] = _figures(measure_all(corpora, margins))
    return figures


def stories() -> Iterator[dict[str, str]]:
    """Our own stories, as labels of `newsbeam evaluate tags`."""
    table = tomllib.loads((_HERE / "topics.toml").read_text("utf-8"))
    for topic, members in table.items():
        yield from ({"title": t, "text": text, "topic": topic} for t, text in members)


def both(data: Path) -> dict[str, float]:
    """How many headlines of the stream are called both, and how a reader judged them."""
    read = _read()
    keys = {headline_key(headline) for headline in called_both(data / STREAM)}
    return {
        "both: different headlines in 150,000 items": len(keys),
        "both: read by hand": sum(key in read for key in keys),
        "both: right": sum(read.get(key, False) for key in keys),
    }


def called_both(path: Path) -> list[str]:
    """The different headlines of a stream that the packaged model calls both, in its order."""
    found: dict[str, str] = {}
    for first, bodies in _batches(path):
        batch = tagged(bodies, first)
        for topic, title in zip(batch.topic, batch.title, strict=True):
            if topic == "both":
                found.setdefault(headline_key(title), title)
    return list(found.values())


def headline_key(headline: str) -> str:
    """What stands for a publisher's headline in our list of judgements."""
    return xxhash.xxh3_64_hexdigest(" ".join(headline.lower().split()).encode())


def _read() -> dict[str, bool]:
    table = tomllib.loads((_HERE / "both.toml").read_text("utf-8"))
    return {
        key: right for right, name in ((True, "right"), (False, "wrong")) for key in table[name]
    }


def _batches(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    with gzip.open(path) as lines:
        bodies = lines.read().splitlines()
    for first in range(0, len(bodies), _AT_ONCE):
        yield first, bodies[first : first + _AT_ONCE]


@cache
def _corpora(data: Path) -> list[Corpus]:
    taught, development = read_corpora(data / "tagging")
    return taught + development


def _figures(measured: Mapping[str, Measures]) -> dict[str, float]:
    """The means over the sources, and the worst source's accuracy of either kind."""
    told = {_NAMES[name]: value for name, value in means(measured).items() if value == value}
    rows = [asdict(one) for one in measured.values()]
    worst = np.nanmin([[row["accuracy"], row["balanced"]] for row in rows])
    return told | {"worst source, accuracy of either kind": float(worst)}


def _logistic_regression(data: Path, corpora: list[Corpus]) -> dict[str, Any]:
    """Margins of each source by hashed words and pairs in TF-IDF; both sides of a head balanced."""
    from scipy.sparse import vstack
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.linear_model import LogisticRegression

    vectors = HashingVectorizer(
        ngram_range=(1, 2), n_features=BUCKETS, alternate_sign=False, norm=None
    )
    counts = {
        c.name: vectors.transform(" ".join(parts) for parts in contents(data / "tagging", c.name))
        for c in corpora
    }
    margins = {}
    for corpus in corpora:
        others = [c for c in corpora if c is not corpus]
        weigh = TfidfTransformer(sublinear_tf=True)
        rows = weigh.fit_transform(vstack([counts[c.name] for c in others], format="csr"))
        target = weigh.transform(counts[corpus.name])
        found = []
        for label in np.concatenate([c.labels for c in others], 1):
            known = np.flatnonzero(label)
            model = LogisticRegression(class_weight="balanced", solver="liblinear")
            found.append(model.fit(rows[known], label[known]).decision_function(target))
        margins[corpus.name] = np.stack(found)
    return margins
