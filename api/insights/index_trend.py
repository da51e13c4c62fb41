"""How the index or a dimension moved week by week, answers of a unit's branches pooled.

As in `trend`: where one week alone says too little, a point gathers several. The variance of one
respondent's contribution is that of all months that the trend touches.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from sqlmodel import Session

from api.core.errors import NotFound
from api.insights.figures import measured_figures
from api.insights.index_answers import IndexAnswers, IndexInfo, in_points, network_answers
from api.insights.indices import find_index
from api.insights.periods import Period, weeks_of
from api.insights.queries import Filters, require_touchpoint, weekly_histograms
from api.insights.queries.respondents import weekly_respondents
from api.insights.queries.score_sums import score_sums
from api.insights.sight import branches_of, scored_branches, some_branches
from api.insights.trend import WINDOWS, RollingPoint, rolling_sums, telling_window
from api.security.viewer import Viewer
from scoring.arrays import Counts

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class IndexTrend:
    """A trend, oldest point first; every point gathers ``weeks`` weeks."""

    index: IndexInfo
    weeks: int
    points: list[RollingPoint]


def index_trend(
    session: Session,
    viewer: Viewer,
    code: str,
    period: Period,
    *,
    unit: str | None = None,
    touchpoint: str | None = None,
) -> IndexTrend:
    """The trend of a node over the full weeks of ``period``, by the tree in force at its end.

    Raises NotFound for what is not there or outside the viewer's scope.
    """
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    index = find_index(session, code, period)
    if index is None:
        raise NotFound(metric=code)
    weeks = [week.start for week in weeks_of(period)]
    if not weeks:
        return IndexTrend(index, 1, [])
    before = WINDOWS[-1] - 1
    reading = Period(weeks[0] - before * _WEEK, weeks[-1] + _WEEK)
    filters = Filters(some_branches(viewer, branches), place)
    found = _weekly(session, index, reading, filters)
    window = telling_window(found.respondents[code][:, np.newaxis], before)
    network = network_answers(session, index, period, place)
    gathered = _gathered(replace(found, spreads=network.spreads), window, before)
    pooled = network.score(index.node).pooled
    figures = measured_figures(gathered.score(index.node, pooled=pooled).measured)
    points = [RollingPoint(week, figure) for week, figure in zip(weeks, figures, strict=True)]
    return IndexTrend(index, window, points)


def _weekly(session: Session, index: IndexInfo, reading: Period, filters: Filters) -> IndexAnswers:
    """Answers per week; moments of all weeks together."""
    weeks = [week.start for week in weeks_of(reading)]
    people = weekly_respondents(session, {index.code: index.node.leaves}, reading, filters)
    pairs = score_sums(session, index.leaves, reading, filters).pooled()
    return IndexAnswers(
        leaves=index.leaves,
        branches=list(range(len(weeks))),
        counts=tuple(
            weekly_histograms(session, leaf, reading, filters).at([(week,) for week in weeks])
            for leaf in index.leaves
        ),
        respondents={
            index.code: np.array(
                [people[index.code].get(week, 0) for week in weeks], dtype=np.int64
            )
        },
        moments=in_points(pairs, index.leaves),
        spreads=(None,) * len(index.leaves),
    )


def _gathered(found: IndexAnswers, window: int, before: int) -> IndexAnswers:
    """Each week together with those before it that its point gathers."""

    def rolled(sums: Counts) -> Counts:
        return rolling_sums(sums, window)[before:]

    return replace(
        found,
        branches=found.branches[before:],
        counts=tuple(rolled(counts) for counts in found.counts),
        respondents={code: rolled(people) for code, people in found.respondents.items()},
    )
