"""The weekly ranking before it is sent: the same letter, for the one who asks."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import PersonVisit
from api.core.languages import Language, spoken
from api.reports.letters import ranking_links
from api.reports.rendering import render
from api.reports.service import send_to_me, this_weeks
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


class LanguageIn(BaseModel):
    """In which language the letter is; by default the viewer's."""

    model_config = ConfigDict(extra="forbid")
    language: Language | None = None


@router.post("/weekly/{unit}/send", status_code=202, response_model=None)
def send_weekly(
    unit: str, visit: PersonVisit, body: LanguageIn, guard: IdempotencyGuard
) -> Response:
    """Sends the viewer the ranking by e-mail now, as it would come by subscription."""

    def work() -> tuple[int, dict[str, bool]]:
        viewer, language = visit.viewer, body.language or visit.viewer.language
        node = subject_of(viewer, "ranking", unit)
        send_to_me(visit.session, visit.installation, viewer, node, language)
        return 202, {"sent": True}

    return guard.answer(visit, work)
