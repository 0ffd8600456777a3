"""Ten made-up days, and the many ways in which feeds write a time down."""

from datetime import UTC, datetime, timedelta
from random import Random

from .dice import pick

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
DAYS = 10

_EPOCH = int(START.timestamp())
_MARGIN = 2  # days before and after, for offsets and late arrivals
_CALENDAR = [START + timedelta(days=day) for day in range(-_MARGIN, DAYS + _MARGIN)]
_ISO = [day.strftime("%Y-%m-%d") for day in _CALENDAR]
_PATH = [day.replace("-", "/") for day in _ISO]
_RFC = [day.strftime("%a, %d %b %Y") for day in _CALENDAR]
_LONG = [f"{day:%B} {day.day}, {day.year}" for day in _CALENDAR]
_TWO = [f"{number:02}" for number in range(60)]
_NONSENSE = ["0000-00-00", "9999-12-31T23:59:59Z", "just now-ish", "32 Smarch 2026", "n/a"]


def iso(second: int) -> str:
    """The time, in seconds since `START`, as most APIs write it."""
    day, hour, minute, rest = _parts(second)
    return f"{_ISO[day]}T{_TWO[hour]}:{_TWO[minute]}:{_TWO[rest]}Z"


def long_date(second: int) -> str:
    """The day as a newspaper prints it."""
    return _LONG[_parts(second)[0]]


def day_path(second: int) -> str:
    """The day as addresses hold it."""
    return _PATH[second // 86_400 + _MARGIN]


def written(second: int, dice: Random) -> str | int | None:
    """The time in one of many forms; rarely none at all, or no time."""
    luck = dice.random()
    if luck < 0.62:
        return iso(second)
    if luck < 0.80:
        return _rfc_822(second, luck < 0.74)
    if luck < 0.88:
        return f"{iso(second)[:-1]}.{int(dice.random() * 1000):03}Z"
    if luck < 0.96:
        return f"{iso(second + 7200)[:-1]}+02:00"
    if luck < 0.97:
        return _EPOCH + second
    return _rare(second, luck, dice)


def _rare(second: int, luck: float, dice: Random) -> str | None:
    day, hour, minute, _ = _parts(second)
    if luck < 0.98:
        return f"{_ISO[day]} {hour:02}:{minute:02}:00"
    if luck < 0.985:
        return _ISO[day]
    if luck < 0.99:
        return f"{_LONG[day]} {hour % 12 or 12}:{minute:02} {'am' if hour < 12 else 'pm'}"
    if luck < 0.997:
        return None
    return pick(_NONSENSE, dice)


def _rfc_822(second: int, greenwich: bool) -> str:
    day, hour, minute, rest = _parts(second if greenwich else second - 18_000)
    return f"{_RFC[day]} {hour:02}:{minute:02}:{rest:02} {'GMT' if greenwich else '-0500'}"


def _parts(second: int) -> tuple[int, int, int, int]:
    day, rest = divmod(second, 86_400)
    hour, rest = divmod(rest, 3_600)
    return day + _MARGIN, hour, *divmod(rest, 60)
