"""The warnings of a month as one viewer sees them.

Statistics come from the run that a worker stored over the whole network; only rows are cut to the
viewer's branches. Monthly scores of the past are the viewer's own cells.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlmodel import Session

from api.insights.figures import Figure, figures_of, shown_count
from api.insights.kept_weeks import seen_histograms
from api.insights.metrics import MetricInfo
from api.insights.network_stats import pooled_spread
from api.insights.periods import Period, next_month
from api.insights.queries import Filters, histograms, monthly_histograms, require_metric
from api.insights.sight import branches_of, scored_branches
from api.insights.warnings.judging import MOST_MONTHS, RULES, months_before, months_between
from api.insights.warnings.queries import (
    StoredRow,
    StoredRun,
    month_versions,
    stored_rows,
    stored_runs,
)
from api.security.viewer import Viewer
from scoring.tiers import Tier, tiers


@dataclass(frozen=True, slots=True)
class BranchWarning:
    """One judged branch. ``drop`` is how far it lately is below its own normal (above 0: below).

    ``level`` is ``alert``, ``watch`` or None (as usual); ``since`` the first month of the present
    run of levels; ``below_since`` of the months below its normal. ``score`` is None below the
    answers from which a score is shown.
    """

    branch_id: int
    unit_code: str
    unit_name: str
    level: str | None
    since: date | None
    below_since: date | None
    n: int | None
    score: float | None
    expected: float
    normal: float
    drop: float
    q: float

    def as_dict(self) -> dict[str, Any]:
        """For a document; months as YYYY-MM."""
        row = asdict(self)
        del row["branch_id"]
        return row | {
            "since": _month_text(self.since),
            "below_since": _month_text(self.below_since),
        }


@dataclass(frozen=True, slots=True)
class FunnelLimits:
    """Where the month's scores may lie by chance: ``target -+ z sqrt(variance / n + tau2)``."""

    target: float
    variance: float
    tau2: float
    phi: float
    branches: int


@dataclass(frozen=True, slots=True)
class Warnings:
    """The warnings of one metric and month.

    ``pending``: not computed yet, or from older data. ``running``: the month is not over.
    ``too_early``: too few months have answers. ``not_judged``: visible branches with answers in the
    month, but too few of them.
    """

    metric: str
    month: date
    unit: str | None
    as_of: datetime
    computed_at: datetime | None
    data_version: int
    pending: bool
    running: bool
    too_early: bool
    judged: int
    not_judged: int
    rows: list[BranchWarning]
    funnel: FunnelLimits | None
    months: list[date]

    def as_dict(self, *, everyone: bool = False) -> dict[str, Any]:
        """The document; rows with a level, with ``everyone`` all that were judged."""
        return {
            "metric": self.metric,
            "month": _month_text(self.month),
            "unit": self.unit,
            "as_of": self.as_of.isoformat(),
            "computed_at": self.computed_at and self.computed_at.isoformat(),
            "pending": self.pending,
            "running": self.running,
            "too_early": self.too_early,
            "judged": self.judged,
            "not_judged": self.not_judged,
            "alert_false_share": RULES.alert,
            "watch_false_share": RULES.watch,
            "rows": [row.as_dict() for row in self.rows if everyone or row.level is not None],
        }


def early_warnings(
    session: Session,
    viewer: Viewer,
    metric: str,
    month: date | None,
    *,
    now: datetime,
    unit: str | None = None,
) -> Warnings:
    """The warnings of a month (its first day) among the viewer's branches under ``unit``.

    Without a month it is the newest in which about as many branches could be judged as ever.
    Raises NotFound for a metric or unit that is not there or not the viewer's to see.
    """
    info = require_metric(session, metric)
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    runs = {run.month: run for run in stored_runs(session, metric)}
    today = now.date().replace(day=1)
    wanted = month or _telling_month(list(runs.values())) or today
    run = runs.get(wanted)
    parameters = run.parameters if run else {}
    rows = _rows(viewer, stored_rows(session, run.id, branches)) if run else []
    limits = parameters.get("funnel")
    answering = _answering(session, viewer, info, wanted) & branches
    return Warnings(
        metric=metric,
        month=wanted,
        unit=unit,
        as_of=now,
        computed_at=run.computed_at if run else None,
        data_version=run.data_version if run else 0,
        pending=_is_pending(session, metric, wanted, run),
        running=wanted >= today,
        too_early=bool(parameters.get("too_early")),
        judged=len(rows),
        not_judged=len(answering - {r.branch_id for r in rows}),
        rows=rows,
        funnel=FunnelLimits(**limits) if limits else None,
        months=sorted(runs, reverse=True),
    )


def _month_text(month: date | None) -> str | None:
    return f"{month:%Y-%m}" if month else None


def alerted(
    session: Session, metric: str, month: date, branches: Collection[int]
) -> frozenset[int]:
    """Which of the branches were on alert in a month, as it was judged last."""
    if not branches:
        return frozenset()
    runs = [run for run in stored_runs(session, metric) if run.month == month]
    rows = [row for run in runs for row in stored_rows(session, run.id, branches)]
    return frozenset(row.branch_id for row in rows if row.level == "alert")


def judged_months(session: Session, metric: str) -> list[date]:
    """The months that were judged, newest first."""
    return [run.month for run in reversed(stored_runs(session, metric))]


def telling_month(session: Session, metric: str) -> date | None:
    """The newest month with about as many judged branches as ever; None when none was judged."""
    return _telling_month(stored_runs(session, metric))


def _telling_month(runs: Collection[StoredRun]) -> date | None:
    """The newest month with at least half as many judged branches as the fullest one."""
    judged = {run.month: run.parameters.get("tested", 0) for run in runs}
    most = max(judged.values(), default=0)
    return max((month for month, tested in judged.items() if 2 * tested >= most), default=None)


def _is_pending(session: Session, metric: str, month: date, run: StoredRun | None) -> bool:
    period = Period(months_before(month, MOST_MONTHS - 1), next_month(month))
    newest = max(month_versions(session, metric, period).values(), default=0)
    return newest > 0 and (run is None or run.data_version != newest)


def _rows(viewer: Viewer, stored: list[StoredRow]) -> list[BranchWarning]:
    nodes = viewer.hierarchy.nodes
    return [_row(viewer, row) for row in stored if row.branch_id in nodes]


def _row(viewer: Viewer, row: StoredRow) -> BranchWarning:
    node, figures, tier = viewer.hierarchy.nodes[row.branch_id], row.figures, _tier(row.n)
    below = figures.get("below_since")
    return BranchWarning(
        branch_id=row.branch_id,
        unit_code=node.code,
        unit_name=node.name(viewer.language),
        level=row.level,
        since=row.since,
        below_since=date.fromisoformat(below) if below else None,
        n=shown_count(row.n, tier),
        score=row.score if tier >= Tier.SHOWN else None,
        expected=row.expected or 0.0,
        normal=figures["normal"],
        drop=row.drop or 0.0,
        q=figures["q"],
    )


def _tier(n: int) -> int:
    return int(tiers(np.array([n]))[0])


def _answering(session: Session, viewer: Viewer, metric: MetricInfo, month: date) -> set[int]:
    """Which of the branches that the transaction may see have answers of the month."""
    found = seen_histograms(session, viewer, metric, Period(month, next_month(month)))
    return set(found.firsts)


@dataclass(frozen=True, slots=True)
class MonthFigure:
    """A branch's score of one month, as far as it may be told."""

    month: date
    figure: Figure


def monthly_figures(
    session: Session, metric: str, branches: Collection[int], last: date, months: int
) -> dict[int, list[MonthFigure]]:
    """Scores by month up to ``last``, of branches whose cells the transaction may see.

    Months without answers are there too, so that all histories are equally long.
    """
    info = require_metric(session, metric)
    shown = months_between(months_before(last, months - 1), last)
    period = Period(shown[0], next_month(last))
    found = monthly_histograms(session, info, period, Filters(branches=branches))
    listed = sorted(branches)
    counts = found.at([(branch, month) for branch in listed for month in shown])
    figures = figures_of(counts, info, pooled_spread(session, info, period))
    told = [MonthFigure(*pair) for pair in zip(shown * len(listed), figures, strict=True)]
    width = len(shown)
    return {
        branch: told[place * width : (place + 1) * width] for place, branch in enumerate(listed)
    }


@dataclass(frozen=True, slots=True)
class MonthScore:
    """A branch in the funnel of a month."""

    branch_id: int
    unit_code: str
    unit_name: str
    n: int
    score: float


def month_scores(
    session: Session, viewer: Viewer, metric: str, month: date, unit: str | None = None
) -> list[MonthScore]:
    """The viewer's branches with a score in the month, by code."""
    info = require_metric(session, metric)
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    period = Period(month, next_month(month))
    found = histograms(session, info, period)
    figures = figures_of(found.counts, info, pooled_spread(session, info, period))
    named = viewer.hierarchy.nodes
    scores = [
        MonthScore(node.id, node.code, node.name(viewer.language), figure.n, figure.score)
        for node, figure in zip((named.get(key[0]) for key in found.keys), figures, strict=True)
        if node is not None and node.id in branches and figure.n and figure.score is not None
    ]
    return sorted(scores, key=lambda one: one.unit_code)
