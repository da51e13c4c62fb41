"""The values of a dimension that have answers, in their order, and which of them each count is of.

Units stand in the order of their names, touchpoints along the journey, days in time, mere words by
their answers (as far as these are told).
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlmodel import Session

from api.insights.explore.dimensions import PLACES, TIMES, Dimension, Value
from api.insights.periods import Period
from api.insights.queries import Histograms, touchpoint_rows
from api.security.hierarchy import Node
from api.security.viewer import Viewer
from scoring.arrays import Counts
from scoring.tiers import DEFAULT_THRESHOLDS

COLUMN = {
    Dimension.UNIT: "branch_id",
    Dimension.BRANCH: "branch_id",
    Dimension.TOUCHPOINT: "touchpoint_id",
}


@dataclass(frozen=True)
class Found:
    """What was counted, for whom, and what the parts of its keys are called."""

    viewer: Viewer
    node: Node | None
    branches: frozenset[int]
    days: Sequence[Period]
    counts: Histograms
    parts: tuple[str, ...]

    def of(self, part: str) -> list[Any]:
        """One part of every key."""
        place = self.parts.index(part)
        return [key[place] for key in self.counts.keys]


def values_of(session: Session, dimension: Dimension, found: Found) -> tuple[list[Value], Counts]:
    """The values in their order, and per key of what was counted the place of its value, or -1."""
    if dimension in TIMES:
        return [_days(one) for one in found.days], np.array(found.of("bucket"), dtype=np.int64)
    if dimension in PLACES:
        return _placed(found.of("branch_id"), *_units(found, dimension))
    if dimension is Dimension.TOUCHPOINT:
        return _placed(found.of("touchpoint_id"), *_touchpoints(session))
    return _placed(found.of(dimension), *_words(found, dimension))


def _placed(
    keys: Sequence[Hashable], values: Sequence[Value], known: Mapping[Any, int]
) -> tuple[list[Value], Counts]:
    """Only the values that were counted, and where each key stands among them."""
    numbers = [known.get(key, -1) for key in keys]
    counted = sorted({number for number in numbers if number >= 0})
    place = {number: index for index, number in enumerate(counted)}
    found = np.array([place.get(number, -1) for number in numbers], dtype=np.int64)
    return [values[number] for number in counted], found


def _days(period: Period) -> Value:
    first = period.start.isoformat()
    return Value(first, first, first, days=period)


def _units(found: Found, dimension: Dimension) -> tuple[list[Value], dict[Any, int]]:
    """The branches, or the units directly below, and in which of them each branch stands."""
    tree = found.viewer.hierarchy
    if dimension is Dimension.BRANCH:
        nodes = sorted(
            (tree.nodes[one] for one in found.branches if one in tree.nodes),
            key=lambda node: (node.sort_key, node.id),
        )
    else:
        nodes = parts_of(found.viewer, found.node, found.branches)
    inside = {
        below.id: number
        for number, node in enumerate(nodes)
        for below in tree.branches_under(node.id)
    }
    return [Value(one.code, one.name_zh, one.name_en, unit=one) for one in nodes], inside


def parts_of(viewer: Viewer, node: Node | None, branches: frozenset[int]) -> list[Node]:
    """The units directly below one, or below everything the viewer sees; a branch is its own part.

    Who sees a unit whole starts below it; who sees branches here and there starts with these.
    """
    tree = viewer.hierarchy
    if node is None and tree.root is not None and viewer.sees_unit(tree.root.id):
        node = tree.root
    if node is None and viewer.home is not None and not viewer.home.is_branch:
        under = {one.id for one in tree.branches_under(viewer.home.id)}
        node = viewer.home if branches <= under else None
    if node is not None:
        return tree.children(node.id) or [node]
    known = (tree.nodes[one] for one in branches if one in tree.nodes)
    return sorted(known, key=lambda one: (one.sort_key, one.id))


def _touchpoints(session: Session) -> tuple[list[Value], dict[Any, int]]:
    rows = touchpoint_rows(session)
    values = [Value(row.code, row.name_zh, row.name_en, stage=row.stage) for row in rows]
    return values, {row.id: number for number, row in enumerate(rows)}


def _words(found: Found, dimension: Dimension) -> tuple[list[Value], dict[Any, int]]:
    answers: dict[str, int] = {}
    for word, n in zip(found.of(dimension), found.counts.counts.sum(axis=1), strict=True):
        answers[word] = answers.get(word, 0) + int(n)
    words = sorted(answers, key=lambda word: (-_told(answers[word]), word))
    return [Value(one, one, one) for one in words], {one: n for n, one in enumerate(words)}


def _told(answers: int) -> int:
    """Few answers are not told, not even by an order."""
    return answers if answers >= DEFAULT_THRESHOLDS.score else 0
