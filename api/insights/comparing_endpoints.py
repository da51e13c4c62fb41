"""Units side by side, and what changed since last week, over HTTP: translates, decides nothing."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.boundary.visits import AnyVisit, require_token_scope
from api.core.errors import Invalid
from api.core.languages import Language
from api.insights.changes import WeekChanges, last_week, week_changes
from api.insights.endpoints import AskedPeriod, Code
from api.insights.periods import Period, week_start
from api.insights.schemas import (
    days_document,
    difference_document,
    figure_document,
    funnel_document,
    node_document,
    touchpoint_document,
)
from api.insights.side_by_side import MOST, Side, SideBySide, side_by_side

router = APIRouter(prefix="/api/v1", tags=["insights"])

_WEEK = timedelta(weeks=1)
Units = Annotated[
    list[Annotated[str, Query(max_length=300)]],
    Query(alias="unit", min_length=1, max_length=MOST, description="Once for each unit"),
]


@router.get("/side-by-side")
def read_side_by_side(
    visit: AnyVisit, metric: str, period: AskedPeriod, units: Units, touchpoint: Code = None
) -> dict[str, Any]:
    """Up to six units: score, change, trend, touchpoints, how far messages came.

    ``below_best`` says whether a unit is below the best by more than chance among so many; null
    for the best itself, and where that cannot be told.
    """
    require_token_scope(visit.viewer, "read")
    found = side_by_side(
        visit.session,
        visit.viewer,
        metric,
        period,
        list(dict.fromkeys(units)),
        now=visit.now,
        touchpoint=touchpoint,
    )
    return _side_by_side(found, visit.viewer.language)


@router.get("/week-changes")
def read_week_changes(
    visit: AnyVisit,
    metric: str,
    week: Annotated[date | None, Query(description="A Monday; the last full week without")] = None,
    unit: Code = None,
    touchpoint: Code = None,
) -> dict[str, Any]:
    """A week beside the one before, of a unit or of all that the viewer sees.

    The units below are tested as a family: the more of them, the more each has to move.
    """
    require_token_scope(visit.viewer, "read")
    found = week_changes(
        visit.session,
        visit.viewer,
        metric,
        _asked_week(week, visit.now.date()),
        now=visit.now,
        unit=unit,
        touchpoint=touchpoint,
    )
    return _changes(found, unit, visit.viewer.language)


def _asked_week(monday: date | None, today: date) -> Period:
    if monday is None:
        return last_week(Period(today, today + timedelta(days=1)), today)
    if monday.year < 1900 or monday.year > 2100 or monday != week_start(monday):
        raise Invalid(fields=[{"field": "week", "message": "a Monday between 1900 and 2100"}])
    return Period(monday, monday + _WEEK)


def _side_by_side(found: SideBySide, language: Language) -> dict[str, Any]:
    return {
        "metric": found.metric.code,
        **days_document(found.period),
        "best": found.best and found.best.code,
        "weeks_gathered": found.weeks,
        "rows": [_side(one, found, language) for one in found.sides],
    }


def _side(one: Side, found: SideBySide, language: Language) -> dict[str, Any]:
    return {
        **node_document(one.unit, language),
        **figure_document(one.figure),
        "previous": figure_document(one.previous),
        **difference_document(one.difference),
        "below_best": one.below_best,
        "trend": [
            {"week": point.week.isoformat(), **figure_document(point.figure)} for point in one.trend
        ],
        "touchpoints": [
            {**touchpoint_document(place, language), **figure_document(figure)}
            for place, figure in zip(found.touchpoints, one.touchpoints, strict=True)
        ],
        "funnel": funnel_document(one.funnel),
    }


def _changes(found: WeekChanges, unit: str | None, language: Language) -> dict[str, Any]:
    return {
        "metric": found.metric.code,
        **days_document(found.week),
        "unit": unit,
        **figure_document(found.figure),
        "previous": figure_document(found.previous),
        **difference_document(found.difference),
        "open_links": found.open_links,
        "rows": [
            {
                **node_document(one.unit, language),
                "change": one.change,
                "change_is_noise": one.is_noise,
            }
            for one in found.parts
        ],
    }
