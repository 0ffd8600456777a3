"""Whole pages: text beside other extractors, on two sets of labelled pages, and how fast."""

import gzip
import importlib
import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.quality.pages import labels as made_up
from pipelines.evaluate.articles import matches, measure, same_title, scores
from pipelines.normalize.article import extract

NAME = "Articles from whole pages"
BENCHMARK = "normalize/article_extraction_benchmark.jsonl.gz"
NEWSPAPERS = "normalize/newspaper4k_pages.jsonl.gz"
FILES = (BENCHMARK, NEWSPAPERS)

Label = dict[str, Any]
Found = tuple[str, str | None, str | None]  # text, title, date; None where it tells none


def ours(data: Path) -> dict[str, float]:
    """Newsbeam on both sets, and how many pages it reads while trafilatura reads one."""
    figures = _named(measure(_labels(data / BENCHMARK)), "benchmark")
    figures |= _named(measure(_labels(data / NEWSPAPERS)), "newspapers")
    pages = _labels(data / BENCHMARK)
    with suppress(ImportError):
        trafilatura = _trafilatura()
        figures["speed to trafilatura's"] = _seconds(trafilatura, pages) / _seconds(_ours, pages)
    return figures


def own() -> dict[str, float]:
    """Newsbeam on pages of our own making, each with what publishers put around a story."""
    return _named(measure(made_up()), "made-up pages")


def peers(data: Path) -> dict[str, dict[str, float]]:
    """Those extractors that are installed; titles and dates where they tell them."""
    found: dict[str, dict[str, float]] = {}
    for name, make in _PEERS.items():
        with suppress(ImportError):
            read = make()
            found[name] = {
                **_scored(read, _labels(data / BENCHMARK), "benchmark"),
                **_scored(read, _labels(data / NEWSPAPERS), "newspapers"),
            }
    return found


def _labels(path: Path) -> list[Label]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_label(json.loads(line)) for line in lines]


def _label(row: Label) -> Label:
    date = row.get("date")
    return {
        "html": row["html"],
        "url": row["url"],
        "text": row["article_body"],
        "title": row.get("title"),
        "date": date if date and date[:1].isdigit() else None,
    }


def _named(figures: dict[str, float], where: str) -> dict[str, float]:
    return {f"{name}, {where}": value for name, value in figures.items()}


def _scored(read: Callable[[str], Found], labels: list[Label], where: str) -> dict[str, float]:
    found = [_tried(read, label["html"]) for label in labels]
    figures = scores(
        [matches(label["text"], text) for label, (text, _, _) in zip(labels, found, strict=True)]
    )
    titled = [(label["title"], f[1]) for label, f in zip(labels, found, strict=True)]
    titles = [same_title(true, title or "") for true, title in titled if true]
    if titles and any(title is not None for _, title in titled):
        figures["titles"] = sum(titles) / len(titles)
    dated = [(label["date"], f[2]) for label, f in zip(labels, found, strict=True)]
    dates = [true == (date or "")[:10] for true, date in dated if true]
    if dates and any(date is not None for _, date in dated):
        figures["dates"] = sum(dates) / len(dates)
    return _named(figures, where)


def _tried(read: Callable[[str], Found], html: str) -> Found:
    try:
        return read(html)
    except Exception:  # some fail on some pages: then they find nothing
        return "", None, None


def _seconds(read: Callable[[str], Found], labels: list[Label]) -> float:
    """The better of two rounds, in seconds of processor time; the first also imports."""
    return min(_round(read, labels) for _ in range(2))


def _round(read: Callable[[str], Found], labels: list[Label]) -> float:
    start = time.process_time()
    for label in labels:
        _tried(read, label["html"])
    return time.process_time() - start


def _ours(html: str) -> Found:
    article = extract(html, None)
    return article.text, article.title, article.published_at


def _trafilatura(**options: bool) -> Callable[[str], Found]:
    extractor = importlib.import_module("trafilatura")

    def read(html: str) -> Found:
        found = extractor.bare_extraction(
            html, include_comments=False, with_metadata=True, **options
        )
        return (found.text or "", found.title, found.date) if found else ("", None, None)

    return read


def _trafilatura_precise() -> Callable[[str], Found]:
    return _trafilatura(favor_precision=True)


def _resiliparse() -> Callable[[str], Found]:
    extractor = importlib.import_module("resiliparse.extract.html2text")
    return lambda html: (extractor.extract_plain_text(html, main_content=True), None, None)


def _readability() -> Callable[[str], Found]:
    readability = importlib.import_module("readability")
    lxml = importlib.import_module("lxml.html")

    def read(html: str) -> Found:
        document = readability.Document(html)
        return lxml.fromstring(document.summary()).text_content(), document.short_title(), None

    return read


def _newspaper4k() -> Callable[[str], Found]:
    newspaper = importlib.import_module("newspaper")

    def read(html: str) -> Found:
        article = newspaper.Article("https://example.com/a", fetch_images=False)
        article.download(input_html=html)
        article.parse()
        date = article.publish_date
        return article.text, article.title, date.date().isoformat() if date else ""

    return read


def _justext() -> Callable[[str], Found]:
    justext = importlib.import_module("justext")
    stop_words = justext.get_stoplist("English")

    def read(html: str) -> Found:
        paragraphs = justext.justext(html, stop_words)
        return "\n".join(p.text for p in paragraphs if not p.is_boilerplate), None, None

    return read


def _boilerpy3() -> Callable[[str], Found]:
    extractor = importlib.import_module("boilerpy3.extractors").ArticleExtractor()
    return lambda html: (extractor.get_content(html), None, None)


_PEERS: dict[str, Callable[[], Callable[[str], Found]]] = {
    "trafilatura": _trafilatura,
    "trafilatura, precision": _trafilatura_precise,
    "readability-lxml": _readability,
    "resiliparse": _resiliparse,
    "newspaper4k": _newspaper4k,
    "jusText": _justext,
    "boilerpy3": _boilerpy3,
}
