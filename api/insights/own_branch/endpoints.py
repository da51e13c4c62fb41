"""What one branch reads of itself, over HTTP: translates, decides nothing."""

from typing import Any

from fastapi import APIRouter

from api.boundary.visits import AnyVisit, require_token_scope
from api.insights.endpoints import AskedPeriod, Code
from api.insights.own_branch.day import branch_day
from api.insights.own_branch.documents import (
    day_document,
    improvement_document,
    score_document,
    standing_document,
    team_document,
)
from api.insights.own_branch.improve import improvement
from api.insights.own_branch.score import branch_score
from api.insights.own_branch.standing import standing
from api.insights.own_branch.team import team

router = APIRouter(prefix="/api/v1/branches/{code}", tags=["insights"])


@router.get("/day")
def read_day(visit: AnyVisit, code: str) -> dict[str, Any]:
    """What a branch sent and received until now, by its own clock."""
    require_token_scope(visit.viewer, "read")
    return day_document(
        branch_day(visit.session, visit.viewer, code, now=visit.now), visit.viewer.language
    )


@router.get("/score")
def read_score(
    visit: AnyVisit, code: str, metric: str, period: AskedPeriod, touchpoint: Code = None
) -> dict[str, Any]:
    """A branch's score beside the units above it that may be told, and what changed."""
    require_token_scope(visit.viewer, "read")
    found = branch_score(
        visit.session, visit.viewer, metric, period, unit=code, touchpoint=touchpoint
    )
    return score_document(found, visit.viewer.language)


@router.get("/standing")
def read_standing(
    visit: AnyVisit, code: str, metric: str, period: AskedPeriod, touchpoint: Code = None
) -> dict[str, Any]:
    """A branch beside others: the metric at every touchpoint, and every metric.

    ``verdict`` is where its whole interval stands against the unit above; each is judged alone.
    """
    require_token_scope(visit.viewer, "read")
    found = standing(visit.session, visit.viewer, metric, period, unit=code, touchpoint=touchpoint)
    return standing_document(found, period, visit.viewer.language)


@router.get("/improvement")
def read_improvement(
    visit: AnyVisit, code: str, outcome: str, period: AskedPeriod, touchpoint: Code = None
) -> dict[str, Any]:
    """What a branch can work on at a touchpoint, or where it has most answers.

    ``weight`` is a question's share of what all of them explain in the whole network; ratings are
    means on 0..100. Association, never proof of an effect.
    """
    require_token_scope(visit.viewer, "read")
    found = improvement(
        visit.session, visit.viewer, outcome, period, unit=code, touchpoint=touchpoint
    )
    return improvement_document(found, visit.viewer.language)


@router.get("/team")
def read_team(
    visit: AnyVisit, code: str, metric: str, period: AskedPeriod, touchpoint: Code = None
) -> dict[str, Any]:
    """A branch's advisors, told from ten answers on, against the branch's own score."""
    require_token_scope(visit.viewer, "read")
    found = team(visit.session, visit.viewer, metric, period, unit=code, touchpoint=touchpoint)
    return team_document(found, visit.viewer.language)
