"""Early warnings over HTTP: translates, decides nothing."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.boundary.visits import AnyVisit, require_token_scope
from api.insights.warnings.reading import early_warnings

router = APIRouter(prefix="/api/v1", tags=["insights"])

MONTH = r"^(19|20)\d\d-(0[1-9]|1[0-2])$"


@router.get("/warnings")
def read_warnings(
    visit: AnyVisit,
    metric: str,
    month: Annotated[str | None, Query(pattern=MONTH)] = None,
    unit: Annotated[str | None, Query(max_length=300)] = None,
    everyone: bool = False,
) -> dict[str, Any]:
    """The viewer's branches that have fallen below their own normal, the most alarming first.

    ``month`` is YYYY-MM, by default the newest that tells enough. With ``everyone`` all branches
    that were judged are listed, also those that are as usual.
    """
    require_token_scope(visit.viewer, "read")
    found = early_warnings(
        visit.session,
        visit.viewer,
        metric,
        None if month is None else date.fromisoformat(f"{month}-01"),
        now=visit.now,
        unit=unit,
    )
    return found.as_dict(everyone=everyone)
