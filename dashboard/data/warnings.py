"""Early warnings as the page shows them: who has fallen below the own normal, and the funnel."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from api.insights.warnings.judging import RULES
from api.insights.warnings.reading import (
    BranchWarning,
    FunnelLimits,
    MonthFigure,
    Warnings,
    early_warnings,
    month_scores,
    monthly_figures,
)
from dashboard.address import Page
from dashboard.data.metrics import shown_metric
from dashboard.data.months import month_text, shown_month
from dashboard.data.sitting import Sitting
from dashboard.figures.funnel import COLUMNS
from dashboard.numbers import Metric, percent

HISTORY_MONTHS = 12
MOST_ROWS = 60
FEW_BRANCHES = 3
"""Who has so few branches is also told of those that are as usual."""


@dataclass(frozen=True)
class Bar:
    """One month of a branch: ``size`` is score less normal, -1…1 of the list's widest; words."""

    size: float | None
    words: str


@dataclass(frozen=True)
class Warned:
    """One branch of the list."""

    name: str
    href: str
    level: str | None
    drop: float
    n: int | None
    since: str | None
    score: str | None
    normal: str
    expected: str
    bars: list[Bar]


@dataclass(frozen=True)
class WarningsView:
    """The warnings of a month."""

    metric: Metric
    month: str
    rows: list[Warned]
    alerts: int
    watches: int
    more: int
    judged: int
    not_judged: int
    pending: bool
    running: bool
    too_early: bool
    computed: bool
    compares: bool
    points: pd.DataFrame
    funnel: FunnelLimits | None
    alert_share: str = field(default=percent(RULES.alert))
    watch_share: str = field(default=percent(RULES.watch))


def warnings_view(sitting: Sitting) -> WarningsView | None:
    """The page's numbers; None while nothing can be counted yet."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    unit = sitting.address.unit
    month = shown_month(sitting)
    found = early_warnings(
        sitting.session, sitting.viewer, metric.code, month, now=sitting.now, unit=unit
    )
    warned = [row for row in found.rows if row.level is not None]
    listed = (found.rows if len(found.rows) <= FEW_BRANCHES else warned)[:MOST_ROWS]
    return WarningsView(
        metric=metric,
        month=month_text(sitting.say, found.month),
        rows=_rows(sitting, metric, found, listed),
        alerts=sum(row.level == "alert" for row in warned),
        watches=sum(row.level == "watch" for row in warned),
        more=max(len(warned) - MOST_ROWS, 0),
        judged=found.judged,
        not_judged=found.not_judged,
        pending=found.pending,
        running=found.running,
        too_early=found.too_early,
        computed=found.computed_at is not None,
        compares=found.judged > FEW_BRANCHES,
        points=_points(sitting, metric, found),
        funnel=found.funnel,
    )


def _rows(
    sitting: Sitting, metric: Metric, found: Warnings, listed: Sequence[BranchWarning]
) -> list[Warned]:
    if not listed:
        return []
    histories = monthly_figures(
        sitting.session, metric.code, [row.branch_id for row in listed], found.month,
        HISTORY_MONTHS,
    )  # fmt: skip
    widest = max(
        (abs(one.figure.score - row.normal) for row in listed for one in histories[row.branch_id]
         if one.figure.score is not None), default=0.0,
    )  # fmt: skip
    return [_warned(sitting, metric, row, histories[row.branch_id], widest) for row in listed]


def _warned(
    sitting: Sitting,
    metric: Metric,
    row: BranchWarning,
    history: Sequence[MonthFigure],
    widest: float,
) -> Warned:
    return Warned(
        name=row.unit_name,
        href=sitting.address.with_(first=None, last=None).to(Page.UNIT, row.unit_code).href,
        level=row.level,
        drop=row.drop,
        n=row.n,
        since=month_text(sitting.say, row.since) if row.since else None,
        score=metric.text(row.score) if row.score is not None else None,
        normal=metric.text(row.normal),
        expected=metric.text(row.expected),
        bars=[_bar(sitting, metric, one, row.normal, widest) for one in history],
    )


def _bar(sitting: Sitting, metric: Metric, one: MonthFigure, normal: float, widest: float) -> Bar:
    month, score = month_text(sitting.say, one.month), one.figure.score
    if score is None:
        return Bar(None, sitting.say("warnings.bar_none", month=month))
    words = sitting.say("warnings.bar", month=month, score=metric.text(score), n=one.figure.n)
    return Bar((score - normal) / widest if widest else 0.0, words)


def _points(sitting: Sitting, metric: Metric, found: Warnings) -> pd.DataFrame:
    """Branches of the month by answers and score, with their level."""
    levels = {row.branch_id: row.level or "usual" for row in found.rows}
    scores = month_scores(
        sitting.session, sitting.viewer, metric.code, found.month, sitting.address.unit
    )
    rows = [(one.unit_name, one.n, one.score, levels.get(one.branch_id, "usual"))
            for one in scores]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))
