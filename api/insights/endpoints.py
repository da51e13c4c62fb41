"""The read side over HTTP: translates, decides nothing. ``from`` and ``to`` are both included."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.boundary.visits import AnyVisit, require_token_scope
from api.core.errors import Invalid
from api.insights.freshness import data_version
from api.insights.league import league
from api.insights.periods import Period
from api.insights.queries import list_metrics

router = APIRouter(prefix="/api/v1", tags=["insights"])

MAX_DAYS = 3_700
From = Annotated[date, Query(alias="from")]
To = Annotated[date, Query(alias="to")]
Code = Annotated[str | None, Query(max_length=300)]


def _asked_period(first: From, last: To) -> Period:
    if first.year < 1900 or last.year > 2100:
        raise Invalid(fields=[{"field": "from", "message": "between 1900 and 2100"}])
    if not first <= last or (last - first).days > MAX_DAYS:
        raise Invalid(fields=[{"field": "to", "message": "not before from, at most ten years on"}])
    return Period(first, last + timedelta(days=1))


AskedPeriod = Annotated[Period, Depends(_asked_period)]


@router.get("/league")
def read_league(
    visit: AnyVisit, metric: str, period: AskedPeriod, unit: Code = None, touchpoint: Code = None
) -> dict[str, Any]:
    """The league table, cut to the branches that the viewer sees."""
    require_token_scope(visit.viewer, "read")
    found = league(
        visit.session,
        visit.viewer,
        metric,
        period,
        now=visit.now,
        unit=unit,
        touchpoint=touchpoint,
    )
    return found.as_dict()


@router.get("/metrics")
def read_metrics(visit: AnyVisit) -> dict[str, Any]:
    """The metrics that answers are counted for."""
    require_token_scope(visit.viewer, "read")
    return {
        "rows": [
            {
                "code": info.code,
                "kind": info.kind.value,
                "scale": info.declared_scale,
                "name": info.name(visit.viewer.language),
            }
            for info in list_metrics(visit.session)
        ]
    }


@router.get("/changes")
def read_changes(visit: AnyVisit, since: Annotated[int, Query(ge=0)] = 0) -> dict[str, Any]:
    """Whether anything was counted since a version; cheap enough to ask every 2 seconds."""
    require_token_scope(visit.viewer, "read")
    version = data_version(visit.session)
    return {"version": version, "changed": version > since}
