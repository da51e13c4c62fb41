"""Why a branch ranks where it does, over HTTP: translates, decides nothing."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.boundary.visits import AnyVisit, require_token_scope
from api.insights.comparison import NETWORK, PEERS
from api.insights.endpoints import AskedPeriod, Code, Compared
from api.insights.why import why

router = APIRouter(prefix="/api/v1/league", tags=["league"])


@router.get("/why")
def read_why(
    visit: AnyVisit,
    metric: str,
    period: AskedPeriod,
    unit: Annotated[str, Query(max_length=300)],
    touchpoint: Code = None,
    *,
    compared: Compared = NETWORK,
) -> dict[str, Any]:
    """Why a branch ranks where it does, step by step: for itself and whoever stands above it."""
    require_token_scope(visit.viewer, "read")
    found = why(
        visit.session,
        visit.viewer,
        metric,
        period,
        now=visit.now,
        unit=unit,
        touchpoint=touchpoint,
        peers=compared == PEERS,
    )
    return found.as_dict()
