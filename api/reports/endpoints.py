"""The weekly ranking before it is sent: the same letter, for the one who asks."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from api.boundary.visits import PersonVisit
from api.core.languages import spoken
from api.reports.letters import ranking_links
from api.reports.rendering import render
from api.reports.service import this_weeks
from api.reports.subscriptions import subject_of

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])


@router.get("/weekly/{unit}", response_class=HTMLResponse)
def preview_weekly(
    unit: str, visit: PersonVisit, lang: Annotated[str | None, Query(max_length=8)] = None
) -> HTMLResponse:
    """The ranking of a unit's branches as the e-mail shows it."""
    language = spoken(lang) if lang else visit.viewer.language
    viewer = replace(visit.viewer, language=language)
    ranking = this_weeks(visit.session, viewer, subject_of(viewer, "ranking", unit), visit.now)
    links = ranking_links(visit.installation, ranking)
    return HTMLResponse(render(ranking, language, links).html)
