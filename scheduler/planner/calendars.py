"""Which days are public holidays, by country. A thin, remembered reading of ``holidays``."""

from datetime import date, timedelta
from functools import lru_cache
from importlib.metadata import version

import holidays

_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def edition() -> str:
    """Tells one edition of the calendars from another, in which a day may be a holiday."""
    return version("holidays")


@lru_cache(maxsize=64)
def knows_calendar(code: str) -> bool:
    """Whether ``code`` names a calendar: ISO 3166, such as ``CN``, or with a part, ``DE-BY``."""
    try:
        _days_off(code, 2026)
    except (NotImplementedError, ValueError):
        return False
    return True


def is_holiday(code: str, day: date) -> bool:
    """Whether ``day`` is a public holiday.

    Parameters
    ----------
    code : str
        See :func:`knows_calendar`.
    day : date
        On the clock of the place.

    Returns
    -------
    bool
        Days off by which a weekend is made longer are holidays too, and so is a weekend between
        holidays. Of a year whose calendar the government has not yet announced, only the days are
        known that the law fixes.
    """
    return day in _days_off(code, day.year)


@lru_cache(maxsize=256)
def _days_off(code: str, year: int) -> frozenset[date]:
    country, _, part = code.partition("-")
    # A fresh calendar per year: one that grows while it is read misleads a second thread.
    calendar = holidays.country_holidays(country, subdiv=part or None, years=year)
    days = frozenset(calendar)
    weekends = {
        day + step * _DAY for day in days for step in (1, 2) if _is_weekend(calendar, day, step)
    }
    return days | {day for day in weekends if _reaches(days, weekends, day)}


def _is_weekend(calendar: holidays.HolidayBase, day: date, step: int) -> bool:
    return (day + step * _DAY).weekday() in calendar.weekend


def _reaches(days: frozenset[date], weekends: set[date], day: date) -> bool:
    """Whether the weekend that holds ``day`` ends with a holiday."""
    while day in weekends and day not in days:
        day += _DAY
    return day in days
