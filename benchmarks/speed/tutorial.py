"""The same work as a competent reader of Beam's documentation writes it: one element an event.

Map steps, a library for each, the whole text every time; what needs all stories behind one key;
files by WriteToParquet. Tags by a DoFn that loads the model first, or by RunInference, in batches.
"""

import hashlib
import html
import json
import pickle
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import apache_beam as beam
import ftfy
import py3langid
import pyarrow as pa
import tldextract
from apache_beam.io import ReadFromText, WriteToParquet, WriteToText
from apache_beam.ml.inference.base import ModelHandler, RunInference
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from bs4 import BeautifulSoup
from dateutil.parser import parse as parse_date
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from benchmarks.speed.nearest import Nearest
from pipelines.sample import newsroom

Story = dict[str, Any]

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "url", "site", "title", "text", "summary")),
        *((name, pa.string()) for name in ("publisher", "language", "topic", "repeats")),
        ("published_at", pa.timestamp("us", "UTC")),
    ]
)
TRAINING = 5_000  # made-up events
_SITES = tldextract.TLDExtract(suffix_list_urls=())  # from its bundled list


class Parse(beam.DoFn):
    """A line as a story; what is none goes to `rejected`."""

    def process(self, line: str) -> Iterator[Any]:
        try:
            event = json.loads(line)
            source = event.get("source")
            yield {
                "id": event.get("id") or event["url"],
                "url": event.get("url"),
                "title": event.get("title") or "",
                "text": event.get("html") or event.get("text") or event.get("content") or "",
                "summary": event.get("summary") or event.get("description") or "",
                "publisher": event.get("publisher") or (source or {}).get("name"),
                "published_at": event.get("published_at") or event.get("publishedAt"),
            }
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            yield beam.pvalue.TaggedOutput("rejected", line)


def clean(story: Story) -> Story:
    """Title, text and summary without markup and mis-decoded characters."""
    return {**story, **{name: _plain(story[name]) for name in ("title", "text", "summary")}}


def clean_url(story: Story) -> Story:
    """The URL without its trackers, and whose site it is of."""
    if not story["url"]:
        return {**story, "site": None}
    parts = urlsplit(story["url"])
    kept = [(name, value) for name, value in parse_qsl(parts.query) if not name.startswith("utm_")]
    parts = parts._replace(netloc=parts.netloc.lower(), query=urlencode(kept), fragment="")
    site = _SITES(parts.netloc).top_domain_under_public_suffix
    return {**story, "url": parts.geturl(), "site": site or parts.netloc}


def read_date(story: Story) -> Story:
    """The time of publication in UTC; None where it cannot be read."""
    try:
        at = parse_date(story["published_at"])
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        at = None
    return {**story, "published_at": at}


def tell_language(story: Story) -> Story:
    """The whole text's."""
    return {**story, "language": py3langid.classify(story["text"] or story["title"])[0]}


class Tag(beam.DoFn):
    """One story at a time through the model."""

    def __init__(self, model: Path) -> None:
        self._path = model

    def setup(self) -> None:
        self._model = pickle.loads(self._path.read_bytes())

    def process(self, story: Story) -> Iterator[Story]:
        (topic,) = self._model.predict([_told(story)])
        yield {**story, "topic": str(topic)}


class Topics(ModelHandler[Story, Story, Any]):
    """The model as RunInference uses it: on as many stories at once as it finds quickest.

    Written out, because to import Beam's handler for scikit-learn takes pandas, and wherever that
    is installed every worker of Beam's imports it too, for a quarter of its start.
    """

    def __init__(self, model: Path) -> None:
        super().__init__()
        self._path = model

    def load_model(self) -> Any:
        return pickle.loads(self._path.read_bytes())

    def run_inference(
        self, batch: Sequence[Story], model: Any, inference_args: dict[str, Any] | None = None
    ) -> Iterator[Story]:
        topics = model.predict([_told(story) for story in batch])
        for story, topic in zip(batch, topics, strict=True):
            yield {**story, "topic": str(topic)}


class FindRepeats(beam.DoFn):
    """Of all stories together: which repeats an earlier one."""

    def process(self, group: tuple[None, Iterable[Story]]) -> Iterator[Story]:
        nearest = Nearest()
        for story in group[1]:
            found = nearest.repeats(story["id"], story["text"] or story["title"])
            yield {**story, "repeats": found}


def whole(events: Path, folder: Path, model: Path, batched: bool) -> None:
    """Everything Newsbeam does; `batched` by RunInference."""
    with _pipeline() as pipeline:
        lines = pipeline | ReadFromText(str(events))
        parsed = lines | beam.ParDo(Parse()).with_outputs("rejected", main="stories")
        _ = parsed.rejected | WriteToText(str(folder / "rejected"))
        cleaned = (
            parsed.stories
            | beam.Map(clean)
            | beam.Map(clean_url)
            | beam.Map(read_date)
            | beam.Map(tell_language)
        )
        _ = (
            cleaned
            | (RunInference(Topics(model)) if batched else beam.ParDo(Tag(model)))
            | beam.WithKeys(None)
            | beam.GroupByKey()
            | beam.ParDo(FindRepeats())
            | WriteToParquet(str(folder / "stories"), SCHEMA)
        )


def grouping(events: Path, folder: Path) -> None:
    """The engine alone: read, parse, bring equal texts together, write the first of each."""
    with _pipeline() as pipeline:
        parsed = (
            pipeline
            | ReadFromText(str(events))
            | beam.ParDo(Parse()).with_outputs("rejected", main="stories")
        )
        _ = (
            parsed.stories
            | beam.Map(lambda story: (hashlib.md5(story["text"].encode()).digest(), story))
            | beam.GroupByKey()
            | beam.Map(lambda group: _first(group[1]))
            | WriteToParquet(str(folder / "stories"), SCHEMA)
        )


def train(to: Path) -> None:
    """A model of topics, from made-up events."""
    texts, topics = zip(
        *(
            (f"{event.get('title', '')} {event.get('text', '')}", truth.topic)
            for event, truth in newsroom.events(TRAINING, seed=8)
            if isinstance(event, dict) and truth.topic
        ),
        strict=True,
    )
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=50_000),
        LogisticRegression(max_iter=200),
    )
    with to.open("wb") as file:
        pickle.dump(model.fit(texts, topics), file)


def _pipeline() -> beam.Pipeline:
    return beam.Pipeline(runner=FnApiRunner())


def _told(story: Story) -> str:
    return f"{story['title']} {story['text']}"


def _plain(text: str) -> str:
    if "<" in text:
        text = BeautifulSoup(text, "html.parser").get_text(" ")
    return " ".join(ftfy.fix_text(html.unescape(text)).split())


def _first(stories: Iterable[Story]) -> Story:
    return {**dict.fromkeys(SCHEMA.names), **next(iter(stories)), "published_at": None}
