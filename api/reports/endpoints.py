"""The weekly ranking before it is sent: the same letter, for the one who asks."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from api.boundary.visits import PersonVisit
from api.core.languages import spoken
from api.reports.rendering import render
from api.reports.service import ranking_link
from api.reports.weekly import weekly_ranking
from api.reports.windows import last_due
from api.security.permissions import Permission

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])


@router.get("/weekly/{unit}", response_class=HTMLResponse)
def preview_weekly(
    unit: str, visit: PersonVisit, lang: Annotated[str | None, Query(max_length=8)] = None
) -> HTMLResponse:
    """The ranking of a unit's branches as the e-mail shows it."""
    node = visit.viewer.require_unit_code(unit)
    visit.viewer.require(Permission.VIEW_NETWORK, node.id)
    zone = visit.viewer.hierarchy.timezone(node.id, "UTC")
    due = last_due(visit.now, zone)
    ranking = weekly_ranking(visit.session, visit.viewer, node, before=due.date(), now=visit.now)
    language = spoken(lang) if lang else visit.viewer.language
    letter = render(ranking, language, ranking_link(visit.installation, ranking))
    return HTMLResponse(letter.html)
