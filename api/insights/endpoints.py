"""The read side over HTTP: translates, decides nothing. ``from`` and ``to`` are both included."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from api.boundary.paging import Page
from api.boundary.visits import AnyVisit, require_token_scope
from api.core.errors import Invalid
from api.insights.comments import Wanted, list_comments
from api.insights.comparison import NETWORK, PEERS
from api.insights.contested import contested_figures
from api.insights.cuts import Cut, cut_figures
from api.insights.freshness import data_version
from api.insights.league import league
from api.insights.one_response import one_response
from api.insights.overview import overview
from api.insights.periods import Period
from api.insights.queries import list_metrics
from api.insights.reach import reach
from api.insights.represented import represented
from api.insights.schemas import (
    AskedComments,
    comment_document,
    contested_document,
    figure_document,
    overview_document,
    reach_document,
    represented_document,
    response_document,
    unit_document,
)
from api.insights.unit import unit_page

router = APIRouter(prefix="/api/v1", tags=["insights"])

MAX_DAYS = 3_700
From = Annotated[date, Query(alias="from")]
To = Annotated[date, Query(alias="to")]
Code = Annotated[str | None, Query(max_length=300)]
Compared = Annotated[Literal["network", "peers"], Query(alias="set")]


def asked_period(first: From, last: To) -> Period:
    """The days from ``first`` to ``last``, both included; raises Invalid."""
    if first.year < 1900 or last.year > 2100:
        raise Invalid(fields=[{"field": "from", "message": "between 1900 and 2100"}])
    if not first <= last or (last - first).days > MAX_DAYS:
        raise Invalid(fields=[{"field": "to", "message": "not before from, at most ten years on"}])
    return Period(first, last + timedelta(days=1))


AskedPeriod = Annotated[Period, Depends(asked_period)]


@router.get("/league")
def read_league(
    visit: AnyVisit,
    metric: str,
    period: AskedPeriod,
    unit: Code = None,
    touchpoint: Code = None,
    *,
    compared: Compared = NETWORK,
) -> Response:
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
        peers=compared == PEERS,
    )
    # A dictionary would be copied value by value, which takes longer than making the table.
    return Response(found.as_json(), media_type="application/json")


@router.get("/reach")
def read_reach(visit: AnyVisit, unit: Code = None) -> dict[str, Any]:
    """What share of a unit's customers could be asked by which channel, and of its parts'."""
    require_token_scope(visit.viewer, "read")
    found = reach(visit.session, visit.viewer, unit, now=visit.now)
    return {"rows": [row for one in found for row in reach_document(one)]}


@router.get("/overview")
def read_overview(
    visit: AnyVisit, metric: str, period: AskedPeriod, unit: Code = None, touchpoint: Code = None
) -> dict[str, Any]:
    """A unit's score, trend, parts and funnel; without a unit of all that the viewer sees."""
    require_token_scope(visit.viewer, "read")
    found = overview(
        visit.session,
        visit.viewer,
        metric,
        period,
        now=visit.now,
        unit=unit,
        touchpoint=touchpoint,
    )
    return overview_document(found, visit.viewer.language, visit.now)


@router.get("/units/{code}/touchpoints")
def read_touchpoints(visit: AnyVisit, code: str, period: AskedPeriod) -> dict[str, Any]:
    """Every metric of a unit at every touchpoint."""
    require_token_scope(visit.viewer, "read")
    found = unit_page(visit.session, visit.viewer, code, period)
    return unit_document(found, visit.viewer.language)


@router.get("/units/{code}/cuts/{cut}")
def read_cuts(
    visit: AnyVisit,
    code: str,
    cut: Cut,
    metric: str,
    period: AskedPeriod,
    *,
    touchpoint: Code = None,
) -> dict[str, Any]:
    """A unit's score by channel, segment, language, or (of a branch) advisor."""
    require_token_scope(visit.viewer, "read")
    found = cut_figures(
        visit.session, visit.viewer, metric, period, cut, unit=code, touchpoint=touchpoint
    )
    return {"rows": [{"value": one.value, **figure_document(one.figure)} for one in found]}


@router.get("/comments")
def read_comments(
    visit: AnyVisit,
    asked: Annotated[AskedComments, Query()],
    period: AskedPeriod,
) -> Page[dict[str, Any]]:
    """Comments, newest first, told no further than the survey promised."""
    require_token_scope(visit.viewer, "read")
    wanted = Wanted(period=period, **asked.model_dump(exclude={"cursor", "limit"}))
    found = list_comments(
        visit.session, visit.viewer, wanted, cursor=asked.cursor, limit=asked.limit
    )
    items = [comment_document(item, visit.viewer.language) for item in found.items]
    return Page(items=items, next=found.next)


@router.get("/responses/{response_id}")
def read_response(visit: AnyVisit, response_id: UUID) -> dict[str, Any]:
    """One response with all its answers, told no further than the survey promised."""
    require_token_scope(visit.viewer, "read")
    vault = visit.installation.vault
    found = one_response(visit.session, visit.viewer, response_id, vault, now=visit.now)
    return response_document(found, visit.viewer.language)


@router.get("/contested")
def read_contested(
    visit: AnyVisit, metric: str, period: AskedPeriod, unit: Code = None, touchpoint: Code = None
) -> dict[str, Any]:
    """Branches with answers taken out by contests: their share, the score with and without."""
    require_token_scope(visit.viewer, "read")
    found = contested_figures(
        visit.session, visit.viewer, metric, period, unit=unit, touchpoint=touchpoint
    )
    return {"rows": [contested_document(row, visit.viewer.language) for row in found]}


@router.get("/represented")
def read_represented(
    visit: AnyVisit,
    metric: str,
    period: AskedPeriod,
    unit: Annotated[str, Query(max_length=300)],
    touchpoint: Code = None,
) -> dict[str, Any]:
    """Whether a unit's answers are enough, and its score weighted to its customers."""
    require_token_scope(visit.viewer, "read")
    found = represented(
        visit.session, visit.viewer, metric, period, unit=unit, touchpoint=touchpoint
    )
    return represented_document(found, visit.viewer.language)


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
