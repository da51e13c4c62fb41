"""The read side as JSON: dates as days, what is missing as null, NPS -100..100, shares 0..1."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from api.core.languages import Language
from api.insights.comments import Comment
from api.insights.contested import Contested
from api.insights.figures import Difference, Figure
from api.insights.one_response import GivenAnswer, OneResponse
from api.insights.overview import Overview, UnitFigure
from api.insights.periods import Period
from api.insights.queries import Funnel
from api.insights.reach import UnitReach
from api.insights.represented import Represented
from api.insights.unit import Touchpoint, UnitPage
from api.security.hierarchy import Node


class AskedComments(BaseModel):
    """Which comments, and where the page begins."""

    metric: str = "nps"
    unit: str | None = Field(default=None, max_length=300)
    touchpoint: str | None = Field(default=None, max_length=300)
    lowest: int | None = None
    highest: int | None = None
    words: str | None = Field(default=None, max_length=100)
    channel: str | None = Field(default=None, max_length=100)
    written: str | None = Field(default=None, max_length=10)
    scored: bool | None = None
    cursor: str | None = Field(default=None, max_length=500)
    limit: int = Field(default=20, ge=1, le=50)


def figure_document(figure: Figure) -> dict[str, Any]:
    """A score with its interval and tier."""
    return {
        "n": figure.n,
        "score": figure.score,
        "low": figure.low,
        "high": figure.high,
        "tier": figure.tier,
    }


def overview_document(found: Overview, language: Language, now: datetime) -> dict[str, Any]:
    """The overview's document."""
    return {
        "unit": None if found.unit is None else node_document(found.unit, language),
        "metric": found.metric.code,
        "from": found.period.start.isoformat(),
        "to": (found.period.end - timedelta(days=1)).isoformat(),
        "as_of": now.isoformat(),
        "pooling": found.pooling,
        "provisional": found.provisional,
        **figure_document(found.figure),
        "previous": figure_document(found.previous),
        **difference_document(found.difference),
        "trend": [
            {"week": point.week.isoformat(), **figure_document(point.figure)}
            for point in found.trend
        ],
        "children": [_child(child, language) for child in found.children],
        "above": [
            {
                **node_document(item.unit, language),
                "published": item.figure is not None,
                **(figure_document(item.figure) if item.figure else {}),
            }
            for item in found.above
        ],
        "funnel": funnel_document(found.funnel),
        "reasons": [
            {"reason": item.reason, "held": item.held, "events": item.events}
            for item in found.reasons
        ],
    }


_FUNNEL = (
    *("events", "eligible", "invited", "sent", "delivered", "opened", "answered", "completed"),
    *("undelivered", "unknown", "open_links"),
)


def funnel_document(found: Funnel) -> dict[str, Any]:
    """How many events came how far."""
    return {name: getattr(found, name) for name in _FUNNEL}


def days_document(period: Period) -> dict[str, Any]:
    """The days of a period, both included."""
    return {
        "from": period.start.isoformat(),
        "to": (period.end - timedelta(days=1)).isoformat(),
    }


def touchpoint_document(place: Touchpoint, language: Language) -> dict[str, Any]:
    """Which touchpoint a row is about."""
    return {
        "touchpoint": place.code,
        "touchpoint_name": place.name(language),
        "stage": place.stage,
    }


def unit_document(found: UnitPage, language: Language) -> dict[str, Any]:
    """A unit's touchpoints, with the way down and up."""
    return {
        **node_document(found.unit, language),
        "pooling": found.pooling,
        "breadcrumbs": [node_document(unit, language) for unit in found.breadcrumbs],
        "children": [node_document(unit, language) for unit in found.children],
        "rows": [
            {
                **touchpoint_document(item.touchpoint, language),
                "metric": item.metric.code,
                **figure_document(item.figure),
            }
            for item in found.touchpoints
        ],
    }


def comment_document(item: Comment, language: Language) -> dict[str, Any]:
    """One comment; nothing of a customer who did not agree to be named."""
    return {
        "id": f"{item.response_id}:{item.question}",
        "text": item.text,
        "score": item.score,
        **node_document(item.unit, language),
        "touchpoint": item.touchpoint,
        "occurred_on": item.occurred_on.isoformat(),
        "submitted_at": item.submitted_at.isoformat(),
        "channel": item.channel,
        "language": item.language,
        "partial": item.partial,
        "excluded": item.excluded,
        "named": item.named,
        "advisor": item.advisor,
        "customer": None if item.person_id is None else str(item.person_id),
    }


def response_document(found: OneResponse, language: Language) -> dict[str, Any]:
    """One response with its answers; nothing of a customer who did not agree to be named."""
    return {
        "id": str(found.id),
        **node_document(found.unit, language),
        "touchpoint": found.touchpoint,
        "occurred_on": found.occurred_on.isoformat(),
        "submitted_at": found.submitted_at.isoformat(),
        "channel": found.channel,
        "language": found.language,
        "mode": found.mode,
        "partial": found.partial,
        "excluded": found.excluded,
        "named": found.named,
        "advisor": found.advisor,
        "customer": None if found.person_id is None else str(found.person_id),
        "contest": None if found.contest_id is None else str(found.contest_id),
        "answers": [_answer(one, language) for one in found.answers],
    }


def _answer(one: GivenAnswer, language: Language) -> dict[str, Any]:
    return {
        "question": one.code,
        "asked": one.question.say(language),
        "metric": one.metric,
        "value": one.value,
        "chosen": [option.say(language) for option in one.options],
        "text": one.text,
    }


def contested_document(row: Contested, language: Language) -> dict[str, Any]:
    """A branch's score as it counts, and as it would be with the answers taken out."""
    return {
        **node_document(row.unit, language),
        "excluded": row.excluded,
        "share": row.share,
        **figure_document(row.figure),
        "with_all": figure_document(row.with_all),
    }


def represented_document(found: Represented, language: Language) -> dict[str, Any]:
    """How well a unit's answers stand for its customers, its branches that lack most first."""
    weighted = found.weighted and figure_document(found.weighted)
    return {
        **node_document(found.unit, language),
        "metric": found.metric.code,
        "customers": found.customers,
        "invited": found.invited,
        **figure_document(found.raw),
        "closed_period": found.closed and {"low": found.closed[0], "high": found.closed[1]},
        "weighted": weighted,
        "effective_n": found.effective,
        "design_effect": found.design_effect,
        "representativity": found.alike,
        "raking_gap": found.gap,
        "margin": found.margin,
        "confidence": found.confidence,
        "rows": [
            {
                **node_document(row.unit, language),
                "customers": row.customers,
                "invited": row.invited,
                "n": row.answered,
                "needed": row.needed,
                "lacking": row.lacking,
                "margin": row.margin,
                "effective_n": row.effective,
            }
            for row in found.branches
        ],
    }


def _child(child: UnitFigure, language: Language) -> dict[str, Any]:
    return {
        **node_document(child.unit, language),
        **figure_document(child.figure),
        "previous": figure_document(child.previous),
        **difference_document(child.difference),
    }


def difference_document(difference: Difference) -> dict[str, Any]:
    """How far a score moved, and whether chance explains it."""
    return {"change": difference.change, "change_is_noise": difference.is_noise}


def node_document(unit: Node, language: Language) -> dict[str, Any]:
    """Which unit a row is about."""
    return {"unit_code": unit.code, "unit_name": unit.name(language), "kind": unit.kind}


def reach_document(found: UnitReach) -> list[dict[str, Any]]:
    """One row per channel of a unit."""
    return [
        {"unit_code": found.unit.code, **asdict(one), "share": one.share} for one in found.channels
    ]
