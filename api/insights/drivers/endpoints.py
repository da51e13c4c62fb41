"""Drivers over HTTP: translates, decides nothing."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.boundary.visits import AnyVisit, require_token_scope
from api.insights.drivers.matrix import Level
from api.insights.drivers.service import drivers
from api.insights.endpoints import AskedPeriod

router = APIRouter(prefix="/api/v1", tags=["insights"])
Code = Annotated[str | None, Query(max_length=300)]


@router.get("/drivers")
def read_drivers(
    visit: AnyVisit,
    outcome: str,
    period: AskedPeriod,
    *,
    unit: Code = None,
    touchpoint: Code = None,
    level: Level = Level.WITHIN,
) -> dict[str, Any]:
    """What drives a metric in the viewer's branches, with intervals; ``problem`` if nothing can
    be told. ``level``: customers of a branch compared with one another, or branches.
    """
    require_token_scope(visit.viewer, "read")
    found = drivers(
        visit.session,
        visit.viewer,
        outcome,
        period,
        unit=unit,
        touchpoint=touchpoint,
        level=level,
    )
    return found.as_dict(visit.viewer.language)
