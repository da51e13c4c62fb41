"""Which cells make up a period: as few and as coarse as fit.

Pure dates. Periods are half-open. Knows weeks (ISO, from Monday) and months; what was imported
for a period of its own (``span``) counts when the wanted period contains it whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

CellPeriod = Literal["day", "week", "month"]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From a day on, up to before another."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a period ends after it starts")

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.end - self.start).days

    def before(self) -> "Period":
        """The period of the same length directly before."""
        return Period(self.start - timedelta(days=self.days), self.start)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring cells of one kind: all from ``start`` up to before ``end``."""

    kind: CellPeriod
    start: date
    end: date


def next_month(day: date) -> date:
    """The first day of the month after ``day``'s."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def whole_months(period: Period) -> Period:
    """The months that touch ``period``, whole."""
    last = period.end - _DAY
    return Period(period.start.replace(day=1), next_month(last))


def week_start(day: date) -> date:
    """The Monday of ``day``'s week."""
    return day - timedelta(days=day.weekday())


def full_weeks(count: int, before: date) -> Period:
    """The last ``count`` full weeks that ended before ``before``."""
    end = week_start(before)
    return Period(end - timedelta(weeks=count), end)


def weeks_of(period: Period) -> list[Period]:
    """The full weeks within ``period``, oldest first."""
    first = period.start + timedelta(days=-period.start.weekday() % 7)
    count = max((period.end - first).days // 7, 0)
    starts = [first + timedelta(weeks=number) for number in range(count)]
    return [Period(start, start + timedelta(weeks=1)) for start in starts]


def cover(period: Period) -> list[Run]:
    """The fewest months, weeks and days that together are exactly ``period``, as runs in order."""
    return list(_cover(period))


@lru_cache(maxsize=256)
def _cover(period: Period) -> tuple[Run, ...]:
    fewest: dict[date, tuple[int, CellPeriod, date]] = {}
    day = period.end
    while day > period.start:
        day -= _DAY
        fewest[day] = min(
            (1 + (fewest[end][0] if end in fewest else 0), kind, end)
            for kind, end in _cells_from(day, period.end)
        )
    return tuple(_runs(period, fewest))


def _cells_from(day: date, end: date) -> Iterator[tuple[CellPeriod, date]]:
    yield "day", day + _DAY
    if day.weekday() == 0 and day + timedelta(weeks=1) <= end:
        yield "week", day + timedelta(weeks=1)
    if day.day == 1 and next_month(day) <= end:
        yield "month", next_month(day)


def _runs(period: Period, fewest: dict[date, tuple[int, CellPeriod, date]]) -> Iterator[Run]:
    day, run = period.start, None
    while day < period.end:
        _, kind, end = fewest[day]
        if run is not None and run.kind == kind:
            run = Run(kind, run.start, end)
        else:
            if run is not None:
                yield run
            run = Run(kind, day, end)
        day = end
    if run is not None:
        yield run
