"""Two to six units side by side: score, change, trend, touchpoints and who was asked.

The best is compared with each other one by the test of changes, the more units the more cautiously;
units of which one holds the other share answers and are not tested. Nothing is told here that the
units' own pages would keep back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from sqlmodel import Session

from api.insights.figures import Difference, Figure, figures_of
from api.insights.metrics import MetricInfo
from api.insights.overview import below_of
from api.insights.periods import Period, weeks_of
from api.insights.pooling import BranchCounts, answers_over
from api.insights.queries import (
    Filters,
    Funnel,
    Histograms,
    funnel,
    histograms,
    require_metric,
    require_touchpoint,
    touchpoint_rows,
    weekly_histograms,
)
from api.insights.sight import branches_of, scored_branches, some_branches
from api.insights.suppression import KEPT_BACK, kept_back, told_change, told_parts
from api.insights.trend import WINDOWS, RollingPoint, rolling_sums, telling_window
from api.insights.unit import Touchpoint
from api.security.hierarchy import Node
from api.security.viewer import Viewer
from scoring.arrays import Counts
from scoring.change import change_between
from scoring.families import z_among

FEWEST, MOST = 2, 6
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the units.

    ``below_best`` says whether it is below the best by more than chance; None for the best itself,
    and where that cannot be told. ``touchpoints`` follow those of the comparison.
    """

    unit: Node
    figure: Figure
    previous: Figure
    difference: Difference
    below_best: bool | None
    trend: list[RollingPoint]
    touchpoints: list[Figure]
    funnel: Funnel


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The units in the order they were asked for; every point of a trend gathers ``weeks``."""

    metric: MetricInfo
    period: Period
    sides: list[Side]
    best: Node | None
    weeks: int
    touchpoints: list[Touchpoint]


def side_by_side(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    codes: Sequence[str],
    *,
    now: datetime,
    touchpoint: str | None = None,
) -> SideBySide:
    """The units called ``codes``; raises NotFound for one that is not the viewer's to see."""
    info = require_metric(session, metric)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    read = _Reading(session, viewer, info, period, place)
    units = [viewer.require_unit_code(code) for code in codes]
    sets = [branches_of(viewer, unit) for unit in units]
    counts = read.counts(units)
    hidden = _hidden(viewer, units, counts)
    found = _told(counts, sets, hidden)
    best = _best([figure for figure, _, _ in found])
    weeks, trends = read.trends(sets, counts.spread)
    places, along = read.touchpoints(sets, counts.spread)
    sides = [
        Side(
            unit=unit,
            figure=figure,
            previous=previous,
            difference=difference,
            below_best=below,
            trend=[] if kept else trend,
            touchpoints=[KEPT_BACK] * len(places) if kept else touched,
            funnel=funnel(session, period, some_branches(viewer, branches), now, place),
        )
        for unit, branches, (figure, previous, difference), below, kept, trend, touched in zip(
            units, sets, found, _below(counts, sets, found, best), hidden, trends, along,
            strict=True,
        )
    ]  # fmt: skip
    winner = None if best is None else units[best]
    return SideBySide(info, period, sides, winner, weeks, places)


@dataclass(frozen=True, slots=True)
class _Reading:
    session: Session
    viewer: Viewer
    metric: MetricInfo
    period: Period
    place: int | None

    def filters(self, branches: frozenset[int]) -> Filters:
        return Filters(some_branches(self.viewer, branches), self.place)

    def counts(self, units: Sequence[Node]) -> BranchCounts:
        """Of the units and of their siblings, whose figures stand beside theirs elsewhere."""
        tree = self.viewer.hierarchy
        around = [tree.nodes[unit.parent_id] for unit in units if unit.parent_id in tree.nodes]
        wanted = frozenset().union(*(below_of(self.viewer, one) for one in [*units, *around]))
        readable = wanted & scored_branches(self.viewer)
        return BranchCounts.read(
            self.session, self.viewer, self.metric, self.period, self.filters(readable)
        )

    def trends(
        self, sets: Sequence[frozenset[int]], spread: float | None
    ) -> tuple[int, list[list[RollingPoint]]]:
        """All over the same number of weeks: what one of them needs, the others have too."""
        weeks = [week.start for week in weeks_of(self.period)]
        if not weeks:
            return 1, [[] for _ in sets]
        before = WINDOWS[-1] - 1
        reading = [weeks[0] + number * _WEEK for number in range(-before, len(weeks))]
        read = [self._weekly(branches, reading) for branches in sets]
        answering = [counts for counts in read if counts.any()]
        window = max((telling_window(counts, before) for counts in answering), default=1)
        return window, [
            self._points(weeks, rolling_sums(counts, window)[before:], spread) for counts in read
        ]

    def _weekly(self, branches: frozenset[int], weeks: Sequence[date]) -> Counts:
        period = Period(weeks[0], weeks[-1] + _WEEK)
        found = weekly_histograms(self.session, self.metric, period, self.filters(branches))
        return found.at([(week,) for week in weeks])

    def _points(
        self, weeks: Sequence[date], counts: Counts, spread: float | None
    ) -> list[RollingPoint]:
        figures = figures_of(counts, self.metric, spread)
        return [RollingPoint(week, figure) for week, figure in zip(weeks, figures, strict=True)]

    def touchpoints(
        self, sets: Sequence[frozenset[int]], spread: float | None
    ) -> tuple[list[Touchpoint], list[list[Figure]]]:
        """Each unit's score at the touchpoints where any has answers; none of a single one."""
        if self.place is not None:
            return [], [[] for _ in sets]
        wanted = frozenset().union(*sets)
        found = histograms(
            self.session,
            self.metric,
            self.period,
            ("branch_id", "touchpoint_id"),
            self.filters(wanted),
        )
        at = _by_touchpoint(found)
        rows = [row for row in touchpoint_rows(self.session) if row.id in at]
        if not rows:
            return [], [[] for _ in sets]
        along = []
        for branches in sets:
            counts = np.concatenate([at[row.id].over([branches]) for row in rows])
            told = told_parts(figures_of(counts, self.metric, spread), counts.sum(axis=1).tolist())
            along.append(told)
        places = [Touchpoint(row.code, row.stage, row.name_zh, row.name_en) for row in rows]
        return places, along


def _by_touchpoint(found: Histograms) -> dict[int, Histograms]:
    """The branches' histograms of each touchpoint; imported counts belong to none."""
    rows: dict[int, list[int]] = {}
    for row, (_, touchpoint) in enumerate(found.keys):
        if touchpoint:
            rows.setdefault(touchpoint, []).append(row)
    return {
        place: Histograms([(found.keys[row][0],) for row in those], found.counts[those])
        for place, those in rows.items()
    }


def _hidden(viewer: Viewer, units: Sequence[Node], counts: BranchCounts) -> list[bool]:
    """Which units are kept back for the sake of a sibling with very few answers."""
    tree, scored = viewer.hierarchy, scored_branches(viewer)
    found = []
    for unit in units:
        siblings = [unit] if unit.parent_id is None else tree.children(unit.parent_id)
        sets = [below_of(viewer, one) & scored for one in siblings]
        told = kept_back(answers_over(counts.now, sets))
        found.append(told[[one.id for one in siblings].index(unit.id)])
    return found


def _told(
    counts: BranchCounts, sets: Sequence[frozenset[int]], hidden: Sequence[bool]
) -> list[tuple[Figure, Figure, Difference]]:
    told = []
    for (figure, previous, difference), kept in zip(counts.figures(sets), hidden, strict=True):
        now = KEPT_BACK if kept else figure
        then = KEPT_BACK if kept else previous
        told.append((now, then, told_change(now, then, difference)))
    return told


def _best(figures: Sequence[Figure]) -> int | None:
    """The place of the highest score, where at least two have one."""
    scored = [(figure.score, -at) for at, figure in enumerate(figures) if figure.score is not None]
    return -max(scored)[1] if len(scored) > 1 else None


def _below(
    counts: BranchCounts,
    sets: Sequence[frozenset[int]],
    found: Sequence[tuple[Figure, Figure, Difference]],
    best: int | None,
) -> list[bool | None]:
    """Whether each unit is below the best by more than chance among so many."""
    told: list[bool | None] = [None] * len(sets)
    if best is None:
        return told
    others = [
        at
        for at, (figure, _, _) in enumerate(found)
        if at != best and figure.score is not None and not sets[at] & sets[best]
    ]
    if not others:
        return told
    pooled = counts.now.over(sets)
    tested = change_between(
        np.broadcast_to(pooled[best], pooled[others].shape),
        pooled[others],
        counts.metric.kind,
        counts.metric.scale,
        pooled=counts.spread,
        z=z_among(len(others)),
    )
    for at, noise in zip(others, tested.is_noise.tolist(), strict=True):
        told[at] = not noise
    return told
