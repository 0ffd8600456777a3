"""When a story was published, as its publisher wrote it, in UTC.

A ladder: ISO 8601 and numbers of seconds; the forms of mail and feeds (RFC 822, RFC 850, C's
`ctime`); dates in numerals; last dateparser, for months and phrases of thirty languages, "2 hours
ago" counted from the arrival. Never from the wall clock, and never a guess: what leaves the day or
the zone open gives None.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import lru_cache

import pytz  # type: ignore[import-untyped]

EARLIEST = -11_676_096_000_000_000  # µs: 1600, before the first newspaper (Strasbourg, 1605)
_AHEAD = 86_400_000_000  # µs: a day after the arrival, for clocks and zones that are off
_LONGEST = 100  # characters


def published(raw: list[str | None], arrived_at: int) -> list[int | None]:
    """µs since 1970, UTC, of each publication date; None where it is missing, open or absurd.

    `arrived_at`, in the same unit, is what relative dates are counted from; later than a day after
    it nothing has been published, nor before 1600. Dates without a zone are UTC, without a time
    midnight. A day and a month that could be either ("01/02/2022") are none.
    """
    latest = arrived_at + _AHEAD
    dates: list[int | None] = []
    for text in raw:
        moment = None
        if text is not None:
            try:
                moment = _micros(datetime.fromisoformat(text)) if text[4:5] == "-" else None
            except ValueError:
                moment = None
            if moment is None:
                moment = _climb(text, arrived_at)
            if moment is not None and not EARLIEST <= moment <= latest:
                moment = None
        dates.append(moment)
    return dates


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 (a value, compared by identity)
_EPOCH_NAIVE = datetime(1970, 1, 1)


def _micros(date: datetime) -> int:
    since = date - (_EPOCH if date.tzinfo else _EPOCH_NAIVE)
    return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds


@lru_cache(maxsize=10_000)
def _climb(text: str, arrived_at: int) -> int | None:
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST:
        return None
    for shape, read in _RUNGS:
        match = shape.fullmatch(text)
        if match:  # what looks like a number or a mail date is nothing else
            try:
                return read(match)
            except (ValueError, OverflowError):
                return None
    return _phrase(text, arrived_at)


def _number(match: re.Match[str]) -> int | None:
    """Seconds since 1970, or thousandths, millionths or billionths, as its size tells."""
    number, fraction = match[1], match[2] or ""
    if len(number) in _COMPACT and number.startswith(("19", "20")) and not fraction:
        with suppress(ValueError):
            return _micros(datetime.strptime(number, _COMPACT[len(number)]))
    if len(number.lstrip("-")) < 9:  # a year, a day or an id; seconds have nine digits since 1973
        return None
    value = int(number)
    size = abs(value)
    if size < 10**11:
        micros = int(fraction[1:7].ljust(6, "0")) if fraction else 0
        return value * 1_000_000 + (-micros if value < 0 else micros)
    if size < 10**14:
        return value * 1_000
    return value if size < 10**17 else value // 1_000


_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


def _mail(match: re.Match[str]) -> int | None:
    """RFC 822 and its kin, by the standard library; fractions of seconds put back after."""
    part = match.groupdict(default="")
    if part["year"].startswith("0") and len(part["year"]) == 4:
        return None  # year 22, not 2022
    date = f"{part['day']} {part['month'][:3]} {part['year']}"
    found = parsedate_tz(f"{date} {part['time']} {part['zone'] or '+0000'}")
    if found is None:
        return None
    offset = found[9] or 0
    if abs(offset) > 14 * 3600:
        return None
    moment = _micros(datetime(*found[:6])) - offset * 1_000_000
    return moment + int(part["fraction"][1:7].ljust(6, "0"))


def _numerals(match: re.Match[str]) -> int | None:
    """Year first, or year last: then dots mean day first, and slashes whatever is possible."""
    first, mark, middle, last, time, half, zone = match.groups(default="")
    if len(first) == 4:
        year, month, day = first, middle, last
    elif mark == "." or int(first) > 12 or first == middle:
        day, month, year = first, middle, last
    elif int(middle) > 12:
        month, day, year = first, middle, last
    else:
        return None
    if len(year) != 4 or len(day) > 2:
        return None
    hour, _, rest = (time or "0:00").replace(",", ".").partition(":")
    if half:
        if not 1 <= int(hour) <= 12:
            return None
        hour = str(int(hour) % 12 + (12 if half[0] in "pP" else 0))
    zone = "" if zone.upper() in ("UTC", "GMT", "Z") else zone
    iso = f"{year}-{int(month):02}-{int(day):02}T{int(hour):02}:{rest}{zone}"
    return _micros(datetime.fromisoformat(iso))


def _compact(match: re.Match[str]) -> int | None:
    return _micros(datetime.fromisoformat(match[0]))


_TIME = r"(?P<time>\d{1,2}:\d\d(?::\d\d)?)(?P<fraction>[.,]\d+)?"
_ZONE = r"(?P<zone>[+-]\d{4}|UTC?|GMT|Z|[ECMP][SD]T)"
_MONTH = r"(?P<month>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)"
_MAIL = rf"(?:[a-z]{{3,9}},? )?(?P<day>\d\d?)[ -]{_MONTH}[ -](?P<year>\d\d(?:\d\d)?),? {_TIME}"
_CTIME = rf"[a-z]{{3}},? {_MONTH} (?P<day>\d\d?) {_TIME}(?: {_ZONE})? (?P<year>\d{{4}})"
_NUMERALS = (
    r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})"
    r"(?:(?:T|,? )(\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?)(?: ?([ap])\.?m\.?)?"
    r"(?: ?(UTC|GMT|Z|[+-]\d\d:?\d\d))?)?"
)
_RUNGS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], int | None]]] = [
    (re.compile(pattern, re.ASCII | re.IGNORECASE), read)
    for pattern, read in (
        (r"(-?\d{1,20})(\.\d{1,20})?", _number),
        (r"\d{8}T\d{4}[\d.:]*(?:Z|[+-]\d\d:?\d\d)?", _compact),
        (rf"{_MAIL}(?: ?{_ZONE})?", _mail),
        (_CTIME, _mail),
        (_NUMERALS, _numerals),
    )
]

# What news is written in. Fixed, so that a reading does not depend on what was read before.
_LANGUAGES = [
    *("en", "es", "fr", "de", "it", "pt", "ru", "nl", "pl", "tr", "ar", "hi", "zh", "ja", "ko"),
    *("id", "vi", "uk", "sv", "cs", "el", "ro", "hu", "fa", "bn", "he", "th", "fi", "da", "nb"),
]
_RELATIVE = re.compile(
    r"\b(?:ago|now|today|yesterday|gestern|heute|hier|aujourd|ayer|hoy|ieri|oggi|ontem|hoje|вчера|"
    r"сегодня|вчора|сьогодні|gisteren|vandaag|wczoraj|dziś|dün|bugün|kemarin|igår|idag|včera|dnes)\b"
    r"|昨天|今天|昨日|今日|어제|오늘|أمس|اليوم",
    re.IGNORECASE,
)
# Zones of America without saying whether summer time holds: the date says it. "IST" stays open
# (India, Ireland, Israel), and so does whatever is written with it.
_AMERICAN = {"ET": "US/Eastern", "CT": "US/Central", "MT": "US/Mountain", "PT": "US/Pacific"}
_LAST_WORD = re.compile(r"(.*\d.*?)[ ,(]+(ET|CT|MT|PT|IST)\)?", re.DOTALL)
_LABEL = re.compile(
    r"(?:first |last )?(?:published|posted|updated|modified)(?: on|:)* ", re.IGNORECASE
)


def _phrase(text: str, arrived_at: int) -> int | None:
    """A date in words, where it holds a digit or a word such as "yesterday"."""
    if not (any(map(str.isdigit, text)) or _RELATIVE.search(text)):
        return None
    zone = pytz.utc
    label = _LABEL.match(text)
    if label:
        text = text[label.end() :]
    in_zone = _LAST_WORD.fullmatch(text)
    if in_zone:
        if in_zone[2] == "IST":
            return None
        text, zone = in_zone[1], pytz.timezone(_AMERICAN[in_zone[2]])
    date = _dateparser_reads(text, _EPOCH_NAIVE + timedelta(microseconds=arrived_at))
    if date is None:
        return None
    return _micros(date if date.tzinfo else zone.localize(date))


def _dateparser_reads(text: str, arrival: datetime) -> datetime | None:
    from dateparser.date import DateDataParser  # 0.1 s to import, and seldom needed

    parser = DateDataParser(
        languages=_LANGUAGES,
        try_previous_locales=False,
        settings={
            "RELATIVE_BASE": arrival,
            "TIMEZONE": "UTC",
            "PREFER_DATES_FROM": "past",
            "STRICT_PARSING": True,  # day, month and year must all be there
            "PARSERS": ["relative-time", "absolute-time"],
        },
    )
    try:
        date = parser.get_date_data(text).date_obj
    except (ValueError, OverflowError, TypeError, AttributeError, KeyError, IndexError, re.error):
        return None  # it fails in many ways on what is no date
    return date if isinstance(date, datetime) else None
