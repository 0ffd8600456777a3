"""How good whole pages are read: text, title, date."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pipelines.normalize.article import extract


class Matches(NamedTuple):
    """What two texts have in common, as shares of all their shingles together."""

    both: float
    found: float  # found only
    true: float  # true only


def measure(labels: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Figures over labels: `{html, text}`, and where known `url`, `title`, `date`, `authors`.

    `precision`, `recall` and `F1` of runs of four words; of the labels that have one, `titles` that
    are right but for case and punctuation, `dates` (YYYY-MM-DD) right to the day, and lists of
    `authors` with the same names in any order.
    """
    texts: list[Matches] = []
    titles: list[bool] = []
    dates: list[bool] = []
    authors: list[bool] = []
    for label in labels:
        article = extract(label["html"], label.get("url"))
        texts.append(matches(label["text"], article.text))
        if label.get("title"):
            titles.append(same_title(label["title"], article.title))
        if label.get("date"):
            dates.append(label["date"] == (article.published_at or "")[:10])
        if label.get("authors"):
            names = label["authors"]
            true = names if isinstance(names, list) else names.split(",")
            authors.append(_names(true) == _names(article.authors))
    figures = scores(texts)
    for name, right in (("titles", titles), ("dates", dates), ("authors", authors)):
        if right:
            figures[name] = sum(right) / len(right)
    return figures


def matches(true: str, found: str) -> Matches:
    """The shingles of four words that two texts have in common and apart, which add up to 1.

    As in scrapinghub/article-extraction-benchmark, `evaluate.py`: long texts weigh no more than
    short ones, and a text of fewer words is one shingle.
    """
    one, other = _shingles(true), _shingles(found)
    both, added, missed = ((one & other).total(), (other - one).total(), (one - other).total())
    size = (both + added + missed) or 1
    return Matches(both / size, added / size, missed / size)


def scores(texts: Sequence[Matches]) -> dict[str, float]:
    """Precision and recall as means over those pages where they exist, and F1 of the two means."""
    precision = _mean([m.both / (m.both + m.found) for m in texts if m.both + m.found])
    recall = _mean([m.both / (m.both + m.true) for m in texts if m.both + m.true])
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"F1": f1, "precision": precision, "recall": recall}


def same_title(one: str, other: str) -> bool:
    """Whether two titles have the same words in the same order."""
    return _WORD.findall(one.casefold()) == _WORD.findall(other.casefold())


def _names(names: Iterable[str]) -> set[tuple[str, ...]]:
    return {tuple(_WORD.findall(name.casefold())) for name in names}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    if len(words) < 4:
        return Counter([tuple(words)] if words else [])
    return Counter(zip(words, words[1:], words[2:], words[3:], strict=False))


_WORD = re.compile(r"\w+")
