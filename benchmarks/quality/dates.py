"""Publication dates: the stream's, those of real feeds, and our own list."""

import gzip
import importlib.util
import json
import re
import tarfile
import tomllib
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import islice
from pathlib import Path
from typing import Any

from pipelines.evaluate.dates import measure, scores
from pipelines.normalize import dates

NAME = "Dates"
STREAM = "stream/newsapi_2022.jsonl.gz"
FEEDS = "normalize/feeds.tar.gz"
FILES = (STREAM, FEEDS)
EVERY = 10  # of the stream's items is measured

Read = Callable[[str], datetime | None]
_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)


def ours(data: Path) -> dict[str, float]:
    """Which rung reads the stream's dates; how all dates agree with dateutil's, to the second."""
    stream, feeds = _stream_dates(data), _feed_dates(data)
    rungs = [_is_on_first_rungs(text) for text in stream]
    told = {"stream: on the first two rungs": sum(rungs) / len(rungs)}
    return told | _agreement(stream, feeds, _ours_reads)


def own() -> dict[str, float]:
    """Our own list: dates as publishers write them, and what is none or leaves it open."""
    return _of_own_list(measure(labels()))


def peers(data: Path) -> dict[str, dict[str, float]]:
    """Other packages on the same dates; a date without a zone is taken for UTC."""
    stream, feeds = _stream_dates(data), _feed_dates(data)
    figures = {}
    raws = [label["raw"] for label in labels()]
    expected = [_micros(label["at"], datetime.fromisoformat) for label in labels()]
    for name, read in _peers().items():
        figures[name] = _of_own_list(scores(expected, [_micros(raw, read) for raw in raws]))
    figures["dateparser"] |= _agreement(stream[::50], feeds, _peers()["dateparser"])
    figures.get("htmldate", {}).pop("our list: exact", None)  # it reads days
    return figures


def labels() -> list[dict[str, Any]]:
    """Our own list, as `measure` takes it."""
    table = tomllib.loads(Path(__file__).with_name("dates.toml").read_text("utf-8"))
    now = table["now"]
    return [{"raw": raw, "at": at, "now": now} for raw, at in table["readable"]] + [
        {"raw": raw, "at": None, "now": now} for raw in table["none"]
    ]


def _of_own_list(figures: dict[str, float]) -> dict[str, float]:
    return {f"our list: {name}": value for name, value in figures.items()}


def _is_on_first_rungs(text: str) -> bool:
    """Whether the date is ISO 8601, a number of seconds, or of mail and feeds."""
    with suppress(ValueError):
        datetime.fromisoformat(text)
        return True
    shapes = [shape for shape, read in dates._RUNGS if read is not dates._numerals]
    return any(shape.fullmatch(text) for shape in shapes)


def _agreement(stream: list[str], feeds: list[str], read: Read) -> dict[str, float]:
    return {
        f"{name}: agreed with dateutil": sum(
            _seconds(_dateutil_reads, text) == _seconds(read, text) for text in texts
        )
        / len(texts)
        for name, texts in (("stream", stream), ("feeds", feeds))
    }


def _stream_dates(data: Path) -> list[str]:
    with gzip.open(data / STREAM, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["publishedAt"] for line in islice(lines, 0, None, EVERY)]


def _feed_dates(data: Path) -> list[str]:
    """The distinct dates in feeds that are others' tests, in the order of the alphabet."""
    found: set[str] = set()
    with tarfile.open(data / FEEDS) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                found.update(re.findall(_DATED, file.read().decode("utf-8", "replace")))
    return sorted(filter(None, (unescape(text).strip() for text in found)))


_DATED = r"<(?:pubDate|published|updated|dc:date|lastBuildDate)>([^<]*)<"


def _ours_reads(text: str) -> datetime | None:
    moment = dates.published([text], _ARRIVAL)[0]
    return None if moment is None else _EPOCH + timedelta(microseconds=moment)


_ARRIVAL = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000  # no date is ahead of it


def _dateutil_reads(text: str) -> datetime | None:
    from dateutil import parser

    return parser.parse(text, tzinfos=_AMERICAN)


_AMERICAN = {
    name + half + "T": (hours + (half == "D")) * 3600
    for name, hours in {"E": -5, "C": -6, "M": -7, "P": -8}.items()
    for half in "SD"
}


def _peers() -> dict[str, Read]:
    import dateparser

    settings = {"RELATIVE_BASE": datetime.fromisoformat(labels()[0]["now"]), "TIMEZONE": "UTC"}
    found: dict[str, Read] = {
        "dateutil": _dateutil_reads,
        "dateparser": lambda text: dateparser.parse(text, settings=settings),
    }
    if importlib.util.find_spec("htmldate"):
        from htmldate.extractors import try_date_expr

        bounds = (datetime(1600, 1, 1), datetime(2100, 1, 1))
        found["htmldate"] = lambda text: _day(try_date_expr(text, "%Y-%m-%d", True, *bounds))
    return found


def _day(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _seconds(read: Read, text: str) -> int | None:
    """What is read, in whole seconds since 1970; None where nothing is, however it fails."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of time zones that it does not know
            moment = read(text)
        return moment and (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH) // _SECOND
    except Exception:
        return None


def _micros(text: str | None, read: Read) -> int | None:
    seconds = None if text is None else _seconds(read, text)
    return None if seconds is None else seconds * 1_000_000
