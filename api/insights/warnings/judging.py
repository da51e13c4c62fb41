"""From a network's monthly histograms to the findings of one month. Pure: no database, no clock.

Owns how many months say what is normal and how many are watched, and what is kept of a judgement.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from api.insights.figures import plain
from api.insights.metrics import MetricInfo
from api.insights.periods import next_month
from api.insights.queries import Histograms
from scoring.arrays import Counts
from scoring.baseline import answer_moments
from scoring.funnel import Funnel, funnel
from scoring.scales import answers, merge, point_score
from scoring.tiers import DEFAULT_THRESHOLDS
from scoring.warnings import EarlyWarnings, Level, WarningRules, early_warnings

MOST_MONTHS = 24
"""Months that are looked at, half of them to say what is normal."""
FEWEST_BASELINE = 3
# Months of 1 to 4 answers tell of nobody: who answered could be recognised.
RULES = WarningRules(
    month_answers=DEFAULT_THRESHOLDS.count,
    baseline_answers=DEFAULT_THRESHOLDS.score,
    watched_answers=DEFAULT_THRESHOLDS.score,
)
FUNNEL_BRANCHES = 5
"""Branches behind a funnel; fewer would tell of each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What is stored of one month: what it was made with, and columns by name."""

    parameters: dict[str, Any]
    rows: dict[str, Sequence[Any]]


def months_before(month: date, count: int) -> date:
    """The first day of the month ``count`` months before ``month``."""
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def months_between(first: date, last: date) -> list[date]:
    """The first days of the months from ``first`` to ``last``, both included."""
    found = []
    while first <= last:
        found.append(first)
        first = next_month(first)
    return found


def baseline_months(months: int) -> int | None:
    """How many of so many months say what is normal; None when too few are left to judge."""
    baseline = max(FEWEST_BASELINE, min(MOST_MONTHS, months) // 2)
    return baseline if baseline < months else None


def judged_month(counted: Histograms, month: date, metric: MetricInfo) -> Judgement:
    """The findings of ``month``, from histograms by branch and month (later ones are ignored)."""
    months = _looked_at(counted, month)
    baseline = baseline_months(len(months))
    branches = sorted({key[0] for key in counted.keys if key[0] is not None})
    if baseline is None or not branches:
        return Judgement({"too_early": True, "months": len(months)}, dict.fromkeys(_COLUMNS, ()))
    wanted = [(branch, month) for branch in branches for month in months]
    histograms = counted.at(wanted).reshape(len(branches), len(months), -1)
    found = early_warnings(
        histograms, metric.kind, metric.scale, baseline_months=baseline, rules=RULES
    )
    return Judgement(
        _parameters(found, months, baseline) | {"funnel": _funnel(histograms[:, -1], metric)},
        _rows(found, branches, months[baseline:]),
    )


def _looked_at(counted: Histograms, month: date) -> list[date]:
    """The months up to ``month``, from the first that has answers, at most `MOST_MONTHS`."""
    answered = [key[1] for key in counted.keys if key[1] <= month]
    earliest = min(answered, default=month)
    return months_between(max(earliest, months_before(month, MOST_MONTHS - 1)), month)


def _parameters(found: EarlyWarnings, months: Sequence[date], baseline: int) -> dict[str, Any]:
    level, tested = found.level[:, -1], found.tested[:, -1]
    answered = found.n[:, -1] > 0
    return {
        "too_early": False,
        "months": len(months),
        "baseline_from": months[0].isoformat(),
        "watched_from": months[baseline].isoformat(),
        "rules": asdict(RULES),
        "tested": int(np.sum(tested)),
        "too_few": int(np.sum(answered & ~tested)),
        "alerts": int(np.sum(level == Level.ALERT)),
        "watches": int(np.sum(level == Level.WATCH)),
        "month_effect": float(found.chart.effect[-1]),
        "month_variance": found.normal.month_variance,
        "mu": _number(found.normal.mu),
        "tau": _number(found.normal.tau),
    }


_COLUMNS = ("branch_id", "n", "score", "expected", "drop", "z", "p", "level", "since", "figures")


def _rows(
    found: EarlyWarnings, branches: Sequence[int], months: Sequence[date]
) -> dict[str, Sequence[Any]]:
    """One row per branch that was judged in the last month."""
    tested = np.flatnonzero(found.tested[:, -1])
    since = found.since[tested].tolist()
    return {
        "branch_id": [branches[place] for place in tested.tolist()],
        "n": found.n[tested, -1].tolist(),
        "score": plain(found.score[tested, -1]),
        "expected": plain(found.chart.expected[tested, -1]),
        "drop": plain(found.drop[tested, -1]),
        "z": plain(found.chart.z[tested, -1]),
        "p": plain(found.p[tested, -1]),
        "level": [_LEVELS[level] for level in found.level[tested, -1].tolist()],
        "since": [None if place < 0 else months[place] for place in since],
        "figures": [_figures(found, place, months) for place in tested.tolist()],
    }


_LEVELS = {Level.USUAL: None, Level.WATCH: "watch", Level.ALERT: "alert"}


def _figures(found: EarlyWarnings, place: int, months: Sequence[date]) -> dict[str, Any]:
    below = _below_since(found.chart.smoothed[place].tolist())
    return {
        "q": float(found.q[place, -1]),
        "normal": float(found.normal.score[place]),
        "normal_sd": float(np.sqrt(found.normal.variance[place])),
        "baseline_n": int(found.normal.n[place]),
        "watched_n": int(np.sum(found.n[place])),
        "below_since": None if below is None else months[below].isoformat(),
    }


def _below_since(smoothed: Sequence[float]) -> int | None:
    """The first of the months that a chart has been below its centre for, without a break."""
    above = [place for place, value in enumerate(smoothed) if value >= 0]
    first = above[-1] + 1 if above else 0
    return first if first < len(smoothed) else None


def _funnel(histograms: Counts, metric: MetricInfo) -> dict[str, float] | None:
    """The funnel through the scores of one month; None with too few branches for one."""
    n = answers(histograms)
    shown = histograms[n >= DEFAULT_THRESHOLDS.score]
    if len(shown) < FUNNEL_BRANCHES:
        return None
    pooled = merge(shown)[np.newaxis]
    target = float(point_score(pooled, metric.kind, metric.scale)[0])
    variance = float(answer_moments(pooled, metric.kind, metric.scale)[0][0])
    scores = point_score(shown, metric.kind, metric.scale)
    found: Funnel = funnel(scores, np.sqrt(variance / answers(shown)), target)
    return {"target": target, "variance": variance, "tau2": found.tau2, "phi": found.phi,
            "branches": len(shown)}  # fmt: skip


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
