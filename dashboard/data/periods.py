"""Which days a page is about: those of the address, else the last 13 full weeks."""

from dataclasses import dataclass
from datetime import date, timedelta

from api.insights.periods import Period, full_weeks
from dashboard.address import Page
from dashboard.data.sitting import Sitting
from dashboard.data.words import Words

USUAL_WEEKS = 13
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class PeriodChoice:
    """One entry of the period picker; the usual period needs no dates in the address."""

    label: str
    first: date | None
    last: date | None


def shown_period(sitting: Sitting) -> Period:
    """The half-open period of the page."""
    address = sitting.address
    if address.first is not None and address.last is not None:
        return Period(address.first, address.last + _DAY)
    usual = full_weeks(USUAL_WEEKS, sitting.today)
    # A ticket of this week is none too early: what is open waits today.
    return Period(usual.start, sitting.today + _DAY) if address.page is Page.LOOP else usual


def period_choices(sitting: Sitting) -> list[PeriodChoice]:
    """The presets of the period picker."""
    say, today = sitting.say, sitting.today
    weeks = [
        _choice(say("dashboard.period.weeks", weeks=count), full_weeks(count, today))
        for count in (4, 26, 52)
    ]
    month = today.replace(day=1)
    before = (month - _DAY).replace(day=1)
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    year = date(today.year, 1, 1)
    return [
        PeriodChoice(say("dashboard.period.weeks", weeks=USUAL_WEEKS), None, None),
        *weeks,
        _choice(say("dashboard.period.last_month"), Period(before, month)),
        _choice(say("dashboard.period.quarter"), Period(quarter, today + _DAY)),
        _choice(say("dashboard.period.year"), Period(year, today + _DAY)),
    ]


def days_text(say: Words, period: Period) -> str:
    """The period as a person says it: first and last day."""
    first, last = period.start, period.end - _DAY
    return say("dashboard.period.days", first=day_text(say, first), last=day_text(say, last))


def day_text(say: Words, day: date) -> str:
    """A day with its month's name."""
    month = say("dashboard.months").split()[day.month - 1]
    return say("dashboard.period.day", year=day.year, month=month, day=day.day)


def _choice(label: str, period: Period) -> PeriodChoice:
    return PeriodChoice(label, period.start, period.end - _DAY)
