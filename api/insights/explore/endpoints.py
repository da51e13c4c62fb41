"""A metric by two dimensions over HTTP: translates, decides nothing."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.boundary.visits import AnyVisit, require_token_scope
from api.insights.endpoints import AskedPeriod, Code
from api.insights.explore.dimensions import Asked, Dimension, Only
from api.insights.explore.documents import table_document
from api.insights.explore.service import explore

router = APIRouter(prefix="/api/v1", tags=["insights"])


@router.get("/explore")
def read_explore(
    visit: AnyVisit,
    metric: str,
    period: AskedPeriod,
    *,
    rows: Dimension = Dimension.UNIT,
    columns: Dimension = Dimension.TOUCHPOINT,
    unit: Code = None,
    touchpoint: Code = None,
    only: Annotated[str | None, Query(max_length=400)] = None,
) -> dict[str, Any]:
    """A metric by two dimensions of a unit, or of all that the viewer sees: figures and totals.

    ``only`` narrows it to one value of a cut (``channel:wechat``). ``apart`` is a cell's score
    less that of the rest of its column, ``clear`` whether that is more than chance, judged for all
    cells of the table together.
    """
    require_token_scope(visit.viewer, "read")
    asked = Asked(metric, period, rows, columns, unit, touchpoint, Only.read(only))
    return table_document(explore(visit.session, visit.viewer, asked), visit.viewer.language)
