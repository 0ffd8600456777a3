"""Publication dates: what is said is read, what is left open stays open."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.normalize.dates import EARLIEST, published

ARRIVAL = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = 86_400_000_000


def micros(date: datetime) -> int:
    since = date - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def read(text: str | None) -> datetime | None:
    moment = published([text], micros(ARRIVAL))[0]
    return None if moment is None else datetime.fromtimestamp(moment / 1e6, UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # ISO 8601
        ("2022-01-05T13:11:29Z", "2022-01-05T13:11:29"),
        ("2022-01-05T13:11:29+05:30", "2022-01-05T07:41:29"),
        ("2022-01-05T13:11:29.250-0800", "2022-01-05T21:11:29.250"),
        ("2022-01-05t13:11:29z", "2022-01-05T13:11:29"),
        ("2022-01-05 13:11", "2022-01-05T13:11"),  # no zone: UTC
        ("2022-01-05", "2022-01-05"),  # no time: midnight
        ("20220105T131129Z", "2022-01-05T13:11:29"),
        (" 2022-01-05T13:11:29Z\n", "2022-01-05T13:11:29"),
        ("2022-01-05 13:11:29 UTC", "2022-01-05T13:11:29"),  # nearly ISO
        ("2022-01-05 13:11:29 +0530", "2022-01-05T07:41:29"),
        ("1605-07-01", "1605-07-01"),  # newspapers are that old
        # numbers
        ("1641388289", "2022-01-05T13:11:29"),
        ("1641388289.25", "2022-01-05T13:11:29.250"),
        ("1641388289250", "2022-01-05T13:11:29.250"),
        ("1641388289250000", "2022-01-05T13:11:29.250"),
        ("1641388289250000000", "2022-01-05T13:11:29.250"),
        ("1612010112000", "2021-01-30T12:35:12"),  # not ISO's 1612-01-01
        ("20220105", "2022-01-05"),
        ("202201051311", "2022-01-05T13:11"),
        ("20220105131129", "2022-01-05T13:11:29"),
        # mail and feeds
        ("Wed, 05 Jan 2022 13:11:29 GMT", "2022-01-05T13:11:29"),
        ("Wed, 5 Jan 22 13:11:29 EST", "2022-01-05T18:11:29"),
        ("5 Jan 2022 13:11 +0530", "2022-01-05T07:41"),
        ("05 January 2022 13:11:29", "2022-01-05T13:11:29"),
        ("Wednesday, 05-Jan-22 13:11:29 GMT", "2022-01-05T13:11:29"),
        ("26-FEB-1987 15:01:01.79", "1987-02-26T15:01:01.790"),
        ("Wed Jan  5 13:11:29 2022", "2022-01-05T13:11:29"),
        ("Wed Jan 05 13:11:29 +0000 2022", "2022-01-05T13:11:29"),
        # numerals
        ("2022/1/5 13:11", "2022-01-05T13:11"),
        ("05.01.2022", "2022-01-05"),  # dots: day first
        ("17/01/2022", "2022-01-17"),  # no seventeenth month
        ("01/17/2022 10:00 PM", "2022-01-17T22:00"),
        ("01/17/2022 12:05 am", "2022-01-17T00:05"),
        ("03/03/2022", "2022-03-03"),  # either way the same
        # words
        ("January 5, 2022 1:11 pm EST", "2022-01-05T18:11"),
        ("Jan 5, 2022, 1:11 PM ET", "2022-01-05T18:11"),
        ("Jul 5, 2022, 1:11 PM ET", "2022-07-05T17:11"),  # summer time
        ("5. Januar 2022, 14:30", "2022-01-05T14:30"),
        ("5 enero 2022 10:00", "2022-01-05T10:00"),
        ("5 января 2022", "2022-01-05"),
        ("2022年1月5日", "2022-01-05"),
        # counted from the arrival
        ("2 hours ago", "2026-11-24T10:00"),
        ("vor 2 Stunden", "2026-11-24T10:00"),
        ("il y a 3 jours", "2026-11-21T12:00"),
        ("yesterday", "2026-11-23T12:00"),
    ],
)
def test_readable_dates(text, expected):
    """Every form that publishers use means one moment in UTC."""
    assert read(text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "soon",
        "n/a",
        "[1] (2) *",
        "0000-00-00",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "1599-12-31",  # before there were newspapers
        "9999-12-31T23:59:59Z",
        "2026-11-25T12:00:01Z",  # over a day after it arrived
        "in 2 days",
        "2022-13-45",
        "2022-02-30",
        "31 Feb 2022 10:00:00 GMT",
        "5 Jan 2022 25:00:00 GMT",
        "5 Jan 2022 10:00:00 +9999",  # no such zone
        "5 Jan 0022 10:00:00 GMT",  # the year 22, not 2022
        "01/17/2022 13:00 pm",
        "01/02/2022",  # January or February
        "5 Jan 2022 10:00:00 IST",  # India, Ireland or Israel
        "2022",
        "42",
        "March 2022",  # no day
        "5 March",  # no year
        "13:11",  # no day either
        "NaN",
        "1e999",
        "-1",
        "99999999999999999999",
        "999999999999 years ago",
        "٢",
        "²",
        "1 \x00",
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
