"""The indicator tree of a unit over HTTP: scores, changes, targets; decides nothing."""

from typing import Any

from fastapi import APIRouter

from api.boundary.visits import AnyVisit, require_token_scope
from api.core.errors import NotFound
from api.core.languages import Language
from api.insights.endpoints import AskedPeriod, Code
from api.insights.figures import Difference
from api.insights.index_tree import IndexTree, NodeFigure, TargetFigure, UnitIndex, index_tree
from api.insights.index_trend import index_trend
from api.insights.schemas import figure_document

router = APIRouter(prefix="/api/v1/index", tags=["indicators"])


@router.get("")
def read_index(
    visit: AnyVisit, period: AskedPeriod, unit: Code = None, touchpoint: Code = None
) -> dict[str, Any]:
    """Every node of the tree in force at the period's end; a target is told with its attainment.

    The index and its dimensions are in points (0-100), a question in its metric's own unit.
    """
    require_token_scope(visit.viewer, "read")
    found = index_tree(visit.session, visit.viewer, period, unit=unit, touchpoint=touchpoint)
    if found is None:
        raise NotFound(indicators=str(period.end))
    return tree_document(found, visit.viewer.language)


@router.get("/trend")
def read_index_trend(
    visit: AnyVisit, metric: str, period: AskedPeriod, unit: Code = None, touchpoint: Code = None
) -> dict[str, Any]:
    """The index or a dimension week by week; a point gathers ``weeks`` weeks up to its own."""
    require_token_scope(visit.viewer, "read")
    found = index_trend(
        visit.session, visit.viewer, metric, period, unit=unit, touchpoint=touchpoint
    )
    points = [
        {"week": point.week.isoformat(), **figure_document(point.figure)} for point in found.points
    ]
    return {"metric": metric, "weeks": found.weeks, "points": points}


def tree_document(found: IndexTree, language: Language) -> dict[str, Any]:
    """The tree of a unit with the index of the units below."""
    return {
        "unit": None if found.unit is None else found.unit.code,
        "version": found.tree.version,
        "effective_from": found.tree.effective_from.isoformat(),
        "nodes": [_node(one, language) for one in found.nodes],
        "below": [_below(one, language) for one in found.children],
    }


def _node(one: NodeFigure, language: Language) -> dict[str, Any]:
    return {
        "code": one.line.code,
        "name": one.name(language),
        "depth": one.line.depth,
        "parent": one.line.parent,
        "kind": "points" if one.metric is None else one.metric.kind.value,
        "weight": one.weight,
        "share": one.share,
        **figure_document(one.figure),
        "points": one.points,
        **_difference(one.difference),
        "target": _target(one.target, language),
    }


def _below(one: UnitIndex, language: Language) -> dict[str, Any]:
    return {
        "unit_code": one.unit.code,
        "unit_name": one.unit.name(language),
        **figure_document(one.figure),
        **_difference(one.difference),
        "target": _target(one.target, language),
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {"change": one.change, "change_is_noise": one.is_noise}


def _target(one: TargetFigure | None, language: Language) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "value": one.value,
        "unit_code": one.unit.code,
        "unit_name": one.unit.name(language),
        "attainment": one.share,
        "low": one.low,
        "high": one.high,
        "verdict": one.verdict,
    }
