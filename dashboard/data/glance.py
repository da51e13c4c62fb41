"""A unit at one glance, as pages show it: score, change, trend, parts, funnel."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from api.insights.bands import Bands
from api.insights.figures import Difference, Figure
from api.insights.network_stats import Published
from api.insights.overview import Overview, UnitFigure, overview
from api.insights.trend import RollingTrend, rolling_trend
from dashboard.address import Page
from dashboard.data.extent import elsewhere
from dashboard.data.frame import Link, compares
from dashboard.data.metrics import shown_metric
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.figures.comparison import COLUMNS as COMPARED
from dashboard.figures.trend import COLUMNS as TREND
from dashboard.numbers import Metric
from scoring.tiers import DEFAULT_THRESHOLDS

SCORE_FROM = DEFAULT_THRESHOLDS.score
COUNT_FROM = DEFAULT_THRESHOLDS.count


@dataclass(frozen=True)
class Part:
    """A unit below, or a touchpoint, with its score and the way there."""

    name: str
    href: str
    figure: Figure


@dataclass(frozen=True)
class Step:
    """A step of the funnel: how many came so far."""

    name: str
    number: int


@dataclass(frozen=True)
class Glance:
    """What overview and unit page have in common; ``name`` None: everything the viewer sees."""

    name: str | None
    is_branch: bool
    own: bool
    metric: Metric
    period: str
    figure: Figure
    difference: Difference
    bands: Bands | None
    trend: pd.DataFrame
    trend_weeks: int
    parts: list[Part]
    parts_kind: str
    compared: pd.DataFrame
    above: list[Part]
    funnel: list[Step]
    provisional: bool
    league: str
    rank: tuple[int, int, int] | None = None
    rank_pending: bool = False
    why: str | None = None  # where its place is explained
    elsewhere: Link | None = None

    @property
    def is_empty(self) -> bool:
        """True when nobody answered and nobody was asked."""
        return self.figure.n == 0 and not any(step.number for step in self.funnel)


def glance(sitting: Sitting, unit: str | None) -> Glance | None:
    """The unit called ``unit``; without it everything the viewer sees. None: nothing measured."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    period = shown_period(sitting)
    touchpoint = sitting.address.touchpoint
    found = overview(
        sitting.session,
        sitting.viewer,
        metric.code,
        period,
        now=sitting.now,
        unit=unit,
        touchpoint=touchpoint,
        detailed=False,  # the page draws another trend, and reasons have a page of their own
    )
    trend = rolling_trend(
        sitting.session, sitting.viewer, metric.code, period, unit=unit, touchpoint=touchpoint
    )
    node = found.unit
    above = [one for one in found.above if _says_more(sitting, one)]
    view = Glance(
        name=node.name(sitting.language) if node else None,
        is_branch=node is not None and node.is_branch,
        own=node is not None and node.is_branch and not compares(sitting),
        metric=metric,
        period=days_text(sitting.say, period),
        figure=found.figure,
        difference=found.difference,
        bands=found.bands,
        trend=_trend_frame(trend),
        trend_weeks=trend.weeks,
        parts=_parts(sitting, found.children),
        parts_kind=found.children[0].unit.kind if found.children else "branch",
        compared=_compared(sitting, found, above),
        above=[
            Part(one.unit.name(sitting.language), "", one.figure) for one in above if one.figure
        ],
        funnel=_steps(sitting, found),
        provisional=found.provisional,
        league=sitting.address.to(Page.LEAGUE, unit).href,
    )
    if view.is_empty:
        return replace(view, elsewhere=elsewhere(sitting, metric.code, unit))
    return view


def overview_unit(sitting: Sitting) -> str | None:
    """The unit whose overview the viewer opens: the own one, if it is above branches."""
    home = sitting.viewer.home
    return home.code if home is not None and not home.is_branch else None


def _says_more(sitting: Sitting, one: Published) -> bool:
    """False for a unit that holds a single branch: it would repeat the branch."""
    return len(sitting.viewer.hierarchy.branches_under(one.unit.id)) > 1


def _trend_frame(trend: RollingTrend) -> pd.DataFrame:
    figures = [point.figure for point in trend.points]
    return pd.DataFrame(
        {
            "week": [point.week for point in trend.points],
            "score": np.array([one.score for one in figures], dtype=float),
            "low": np.array([one.low for one in figures], dtype=float),
            "high": np.array([one.high for one in figures], dtype=float),
            "n": [one.n for one in figures],
        },
        columns=list(TREND),
    )


def _ordered(children: list[UnitFigure]) -> list[UnitFigure]:
    """Best first, those without a score last, as they were."""
    return sorted(
        children, key=lambda one: -one.figure.score if one.figure.score is not None else 1e9
    )


def _parts(sitting: Sitting, children: list[UnitFigure]) -> list[Part]:
    href = sitting.address.each(Page.UNIT)
    return [
        Part(child.unit.name(sitting.language), href(child.unit.code), child.figure)
        for child in _ordered(children)
    ]


def _compared(sitting: Sitting, found: Overview, above: list[Published]) -> pd.DataFrame:
    """The unit and the published aggregates above it; only those with a score."""
    lines: list[tuple[str, Figure, bool]] = []
    if found.unit is not None:
        lines.append((found.unit.name(sitting.language), found.figure, True))
    lines += [(one.unit.name(sitting.language), one.figure, False) for one in above if one.figure]
    rows = [
        (name, figure.score, figure.low, figure.high, own)
        for name, figure, own in lines
        if figure.score is not None
    ]
    return pd.DataFrame(rows, columns=list(COMPARED))


def _steps(sitting: Sitting, found: Overview) -> list[Step]:
    named = ("events", "invited", "sent", "delivered", "opened", "answered", "completed")
    return [
        Step(sitting.say(f"overview.step.{name}"), getattr(found.funnel, name)) for name in named
    ]
