"""Published coefficients over HTTP: translates, decides nothing."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.boundary.visits import AnyVisit, require_token_scope
from api.insights.case_mix.published import document, list_coefficients

router = APIRouter(prefix="/api/v1", tags=["insights"])


@router.get("/adjustments")
def read_adjustments(
    visit: AnyVisit,
    metric: Annotated[str | None, Query(max_length=100)] = None,
    year: Annotated[int | None, Query(ge=1900, le=2100)] = None,
) -> dict[str, Any]:
    """The coefficients that scores are adjusted by, with their standard errors, newest year first.

    ``points`` of a level: how much higher its answers are than the usual mix's, all else equal. An
    association: customers choose their channel themselves.
    """
    require_token_scope(visit.viewer, "read")
    return {"rows": [document(found) for found in list_coefficients(visit.session, metric, year)]}
