"""Publication dates: what is said is read, what is left open stays open."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.quality.dates import labels
from pipelines.normalize.dates import EARLIEST, published

ARRIVAL = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = 86_400_000_000


def micros(date: datetime) -> int:
    since = date - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def read(text: str | None) -> datetime | None:
    moment = published([text], micros(ARRIVAL))[0]
    return None if moment is None else datetime.fromtimestamp(moment / 1e6, UTC)


LABELS = labels()


@pytest.mark.parametrize(
    ("text", "expected"), [(label["raw"], label["at"]) for label in LABELS if label["at"]]
)
def test_readable_dates(text, expected):
    """Every form that publishers use means one moment in UTC."""
    assert read(text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *(label["raw"] for label in LABELS if not label["at"]),
        None,
        "\ud800 1",
        "2 hours ago " + "x" * 100,
        "1" * 100_000,
    ],
)
def test_what_is_no_date_or_leaves_it_open_is_none(text):
    """A date is never invented: not from the clock, not from a missing part."""
    assert read(text) is None


def test_dates_keep_their_places():
    """One answer an event, in order."""
    moments = published([None, "2022-01-05", "?", "1970-01-01T00:00:01Z"], micros(ARRIVAL))
    assert moments == [None, micros(datetime(2022, 1, 5, tzinfo=UTC)), None, 1_000_000]


def test_relative_dates_follow_the_arrival():
    """The same words of another arrival are another moment."""
    one, other = (published(["2 hours ago"], micros(ARRIVAL) - shift)[0] for shift in (0, DAY))
    assert one is not None
    assert one - DAY == other


@settings(deadline=None)
@given(st.datetimes(datetime(1600, 1, 1), datetime(2026, 11, 25)))
def test_iso_dates_come_back_exactly(date):
    """Every moment that ISO 8601 can say is read to the microsecond."""
    date = date.replace(tzinfo=UTC)
    assert published([date.isoformat()], micros(ARRIVAL)) == [micros(date)]


@settings(deadline=None, max_examples=40)  # what reaches dateparser takes milliseconds
@given(st.text(alphabet="0123456789-/.:TZ+ ,apmJanFebGMT", max_size=30))
def test_no_text_breaks_the_ladder(text):
    """Whatever is sent: a moment within bounds, or None."""
    moment = published([text], micros(ARRIVAL))[0]
    assert moment is None or EARLIEST <= moment <= micros(ARRIVAL) + DAY
