"""Labelled news to learn from and to measure on: what each data set's labels mean here."""

import gzip
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.batch import Words
from pipelines.words import words


@dataclass(slots=True)
class Corpus:
    """The documents of one source as the tagger sees them, and what they are about.

    `labels[head, i]` is 1 for a document about it, -1 for one that is not, 0 where nobody knows.
    """

    name: str
    title: Words
    summary: Words
    text: Words
    labels: npt.NDArray[np.int8]
    proxy: bool = False  # what is labelled politics only stands in for it

    @property
    def taught(self) -> npt.NDArray[np.int8]:
        """The labels to learn from: a proxy teaches what is not sports, and nothing of politics."""
        if not self.proxy:
            return self.labels
        politics, sports = self.labels
        return np.stack([np.where(politics == 1, 0, politics), sports])

    def __len__(self) -> int:
        return len(self.title)


@dataclass(frozen=True, slots=True)
class _Source:
    file: str
    labels: Callable[[dict[str, Any]], tuple[int, int]]  # politics, sports
    train: bool
    proxy: bool = False


def read_corpora(folder: Path) -> tuple[list[Corpus], list[Corpus]]:
    """The corpora to train on and those that only measure.

    Raises FileNotFoundError when one is missing.
    """
    train = [_read(folder, name) for name, source in _SOURCES.items() if source.train]
    held_out = [_read(folder, name) for name, source in _SOURCES.items() if not source.train]
    return train, held_out


def contents(folder: Path, name: str) -> list[tuple[str, str, str]]:
    """Title, summary and text of a source's documents, in its order."""
    return [_content(record) for record in _records(folder, name)]


def _read(folder: Path, name: str) -> Corpus:
    source, records = _SOURCES[name], _records(folder, name)
    labels = np.array([source.labels(record) for record in records], np.int8).T
    titles, summaries, texts = zip(*map(_content, records), strict=True)
    return Corpus(name, words(titles), words(summaries), words(texts), labels, source.proxy)


def _records(folder: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(folder / _SOURCES[name].file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


_CUT = re.compile(r"\S*\s*\[\+\d+ chars\]\s*$")  # with the half word before it
_ENTITY = re.compile(r"\s?#(\d+);")  # wire copy that lost its ampersands


def _content(record: dict[str, Any]) -> tuple[str, str, str]:
    """Title, summary and text, cleaned as far as the pipeline would have done it."""
    title = record["title"] or ""
    if record.get("source") and record.get("content") is not None and " - " in title:
        title = title.rpartition(" - ")[0]
    summary, text = record.get("description") or "", record.get("content") or ""
    if not text:
        summary, text = "", summary
    if text.rstrip().endswith("chars]"):
        text = text[:-60] + _CUT.sub("", text[-60:])
    return _plain(title), summary, _plain(text)


def _plain(text: str) -> str:
    return _ENTITY.sub(" ", text).replace("\\", " ") if "#" in text or "\\" in text else text


_HUFFPOST_UNKNOWN = {"WORLD NEWS", "U.S. NEWS", "MEDIA", "COMEDY", "CRIME"}


def _newsapi(record: dict[str, Any]) -> tuple[int, int]:
    return _one_of(record["label"], ["politics"], ["sports"])


def _huffpost(record: dict[str, Any]) -> tuple[int, int]:
    if record["label"] in _HUFFPOST_UNKNOWN:
        return 0, -1
    return _one_of(record["label"], ["POLITICS"], ["SPORTS"])


def _allsides(record: dict[str, Any]) -> tuple[int, int]:
    return (-1, 1) if record["label"] == "sports" else (1, -1)


def _inshorts(record: dict[str, Any]) -> tuple[int, int]:
    labels = record["labels"]
    if "world" in labels:
        return 0, 0
    return (1 if "politics" in labels else -1), (1 if "sports" in labels else -1)


def _agnews(record: dict[str, Any]) -> tuple[int, int]:
    return _one_of(record["label"], ["World"], ["Sports"])


def _one_of(label: str, politics: Iterable[str], sports: Iterable[str]) -> tuple[int, int]:
    return (1 if label in politics else -1), (1 if label in sports else -1)


_SOURCES = {
    "newsapi": _Source("newsapi_weak_train.jsonl.gz", _newsapi, train=True),
    "huffpost": _Source("huffpost_train.jsonl.gz", _huffpost, train=True),
    "allsides": _Source("allsides_fulltext_train.jsonl.gz", _allsides, train=True),
    "inshorts": _Source("inshorts_dev.jsonl.gz", _inshorts, train=False),
    "agnews": _Source("agnews_dev.jsonl.gz", _agnews, train=False, proxy=True),
}
