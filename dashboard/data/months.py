"""Pages that are about one calendar month: which one, and which there are.

An address names a month by its first and last day, so that links to other pages keep their sense.
"""

from datetime import date, timedelta

from api.insights.periods import next_month
from api.insights.warnings.reading import judged_months, telling_month
from dashboard.data.metrics import shown_metric
from dashboard.data.periods import PeriodChoice
from dashboard.data.sitting import Sitting
from dashboard.data.words import Words


def asked_month(sitting: Sitting) -> date | None:
    """The month of the address (its first day); None when its days are not one month's."""
    first, last = sitting.address.first, sitting.address.last
    if first is None or last is None or first.day != 1:
        return None
    return first if last == _last_day(first) else None


def shown_month(sitting: Sitting) -> date:
    """The month of the page: the address's, else the newest that tells enough, else this one."""
    metric = shown_metric(sitting)
    telling = telling_month(sitting.session, metric.code) if metric is not None else None
    return asked_month(sitting) or telling or sitting.today.replace(day=1)


def month_choices(sitting: Sitting) -> list[PeriodChoice]:
    """The months that were judged, newest first."""
    metric = shown_metric(sitting)
    months = judged_months(sitting.session, metric.code) if metric is not None else []
    return [PeriodChoice(month_text(sitting.say, one), one, _last_day(one)) for one in months]


def month_text(say: Words, month: date) -> str:
    """A month with its year."""
    name = say("dashboard.months").split()[month.month - 1]
    return say("warnings.month", year=month.year, month=name)


def _last_day(month: date) -> date:
    return next_month(month) - timedelta(days=1)
