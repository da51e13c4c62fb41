"""What one branch reads of itself, as JSON: what is not told is null."""

from dataclasses import asdict
from typing import Any

from api.core.languages import Language
from api.insights.own_branch.day import BranchDay
from api.insights.own_branch.improve import Improvement, Lever
from api.insights.own_branch.score import Beside, BranchScore
from api.insights.own_branch.standing import Compared, Standing
from api.insights.own_branch.team import Team
from api.insights.periods import Period
from api.insights.schemas import (
    days_document,
    difference_document,
    figure_document,
    node_document,
    touchpoint_document,
)


def day_document(found: BranchDay, language: Language) -> dict[str, Any]:
    """What went out and came back."""
    return {
        **node_document(found.unit, language),
        "today": found.today.isoformat(),
        "messages": asdict(found.messages),
        "answers": asdict(found.answers),
    }


def score_document(found: BranchScore, language: Language) -> dict[str, Any]:
    """The score with those above it."""
    return {
        **node_document(found.unit, language),
        "metric": found.metric.code,
        **days_document(found.period),
        **figure_document(found.figure),
        "previous": figure_document(found.previous),
        **difference_document(found.difference),
        "above": [_beside(one, language) for one in found.above],
    }


def standing_document(found: Standing, period: Period, language: Language) -> dict[str, Any]:
    """The metric at every touchpoint, and every metric."""
    return {
        **node_document(found.unit, language),
        "metric": found.metric.code,
        **days_document(period),
        "touchpoints": [_compared(one, language) for one in found.touchpoints],
        "metrics": [_compared(one, language) for one in found.metrics],
    }


def improvement_document(found: Improvement, language: Language) -> dict[str, Any]:
    """What to work on, first things first."""
    return {
        **node_document(found.unit, language),
        "outcome": found.outcome.code,
        **days_document(found.period),
        "weights_from": days_document(found.months),
        "touchpoints": [
            {**touchpoint_document(one.touchpoint, language), "answers": one.answers}
            for one in found.places
        ],
        "touchpoint": found.place and found.place.touchpoint.code,
        "problem": found.problem,
        "compared_with": found.like,
        "branches": found.branches,
        "answers": found.answers,
        "first": found.first and found.first.metric.code,
        "rows": [_lever(one) for one in found.levers],
    }


def team_document(found: Team, language: Language) -> dict[str, Any]:
    """The advisors, most answers first."""
    return {
        **node_document(found.unit, language),
        "metric": found.metric.code,
        **days_document(found.period),
        **figure_document(found.figure),
        "untold": found.untold,
        "rows": [
            {
                "advisor": one.name,
                **figure_document(one.figure),
                **difference_document(one.difference),
                "verdict": one.verdict,
            }
            for one in found.advisors
        ],
    }


def _beside(one: Beside, language: Language) -> dict[str, Any]:
    return {
        **node_document(one.unit, language),
        **figure_document(one.figure),
        "verdict": one.verdict,
    }


def _compared(one: Compared, language: Language) -> dict[str, Any]:
    place = one.touchpoint
    return {
        "metric": one.metric.code,
        **({} if place is None else touchpoint_document(place, language)),
        **figure_document(one.figure),
        "above": [_beside(each, language) for each in one.above],
    }


def _lever(one: Lever) -> dict[str, Any]:
    return {
        "metric": one.metric.code,
        "weight": one.weight,
        **asdict(one.own),
        "n": one.answers,
        "usual": one.usual,
        "verdict": one.verdict,
        "low_marks": one.low,
        "low_mark_up_to": one.low_value,
    }
