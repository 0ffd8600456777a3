"""How many publication dates are read, and how exactly."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pipelines.normalize.dates import published


def measure(labels: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Score the reading of dates.

    A label holds `raw`, the date as a publisher wrote it; `at`, the moment that it means, in ISO
    8601 (UTC where it names no zone), or null where it means none; and may hold `now`, in ISO 8601,
    which relative dates are counted from and nothing is published a day after (else: now).

    - "exact": share of the dates that are read to the very second
    - "day": share that are read to the right day in UTC
    - "refused": share of those without a moment that get none
    """
    rows = [
        (str(label["raw"]), _moment(label["at"]), _moment(label.get("now"))) for label in labels
    ]
    by_arrival: dict[datetime, list[int]] = {}
    present = datetime.now(UTC)
    for i, (_, _, now) in enumerate(rows):
        by_arrival.setdefault(now or present, []).append(i)
    found: list[int | None] = [None] * len(rows)
    for now, places in by_arrival.items():
        moments = published([rows[i][0] for i in places], _micros(now))
        for i, moment in zip(places, moments, strict=True):
            found[i] = moment
    return scores([None if at is None else _micros(at) for _, at, _ in rows], found)


def scores(expected: list[int | None], found: list[int | None]) -> dict[str, float]:
    """The figures of any reading: microseconds since 1970, UTC, or None."""
    both = list(zip(expected, found, strict=True))
    dated = [(at, moment) for at, moment in both if at is not None]
    undated = [moment for at, moment in both if at is None]
    figures = {}
    if dated:
        for name, unit in (("exact", _SECOND), ("day", _DAY)):
            right = [moment is not None and moment // unit == at // unit for at, moment in dated]
            figures[name] = sum(right) / len(right)
    if undated:
        figures["refused"] = sum(moment is None for moment in undated) / len(undated)
    return figures


_SECOND = 1_000_000  # µs
_DAY = 86_400 * _SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _micros(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds
