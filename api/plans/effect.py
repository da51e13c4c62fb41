"""Whether a plan helped: its metric before and after, against branches like its own.

Numbers of the plan's own branches and of others come from `api.insights`, the statistics from
`scoring.before_after`. Of others only aggregates are told, and only where they may be.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from api.insights.figures import Figure, figure_of
from api.insights.metrics import MetricInfo
from api.insights.network_stats import may_be_told, network_histograms
from api.insights.own_branch.improve import Like, peers_of
from api.insights.periods import Period, week_start
from api.insights.queries import Histograms, require_metric
from api.models import ActionPlan
from api.security.hierarchy import Hierarchy
from scoring.before_after import BeforeAfter, difference_in_differences
from scoring.tiers import DEFAULT_THRESHOLDS
from scoring.variances import pooled_variance

WEEKS_BEFORE = 26
MOST_WEEKS = 26
FEWEST_WEEKS = 4
_WEEK = timedelta(weeks=1)


class Unknown(StrEnum):
    """Why nothing can be said of an effect yet."""

    TOO_EARLY = "too_early"
    TOO_FEW_ANSWERS = "too_few_answers"
    TOO_FEW_PEERS = "too_few_peers"


@dataclass(frozen=True, slots=True)
class Effect:
    """A metric before and after a plan began; without ``found``, ``unknown`` says why.

    ``before`` are up to 26 full weeks before the week in which it began, ``after`` the full weeks
    that followed that week, 26 at most; None before the first. ``told_from`` is the first day on
    which there are enough of them.
    """

    metric: MetricInfo
    before: Period
    after: Period | None
    own_before: Figure
    own_after: Figure | None
    told_from: date
    unknown: Unknown | None = None
    found: BeforeAfter | None = None
    like: Like | None = None

    @property
    def weeks(self) -> int:
        """Full weeks since."""
        return 0 if self.after is None else self.after.days // 7


def effect_of(
    session: Session, tree: Hierarchy, plan: ActionPlan, metric: str, now: datetime
) -> Effect:
    """What came of a plan in ``metric``; raises NotFound for a metric that there is not."""
    info = require_metric(session, metric)
    before, after = periods_of(plan.started_on, now.date())
    place = plan.touchpoint_id
    earlier = network_histograms(session, info, before, place)
    later = None if after is None else network_histograms(session, info, after, place)
    effect = Effect(
        metric=info,
        before=before,
        after=after,
        own_before=_figure(earlier, plan.branches, info),
        own_after=None if later is None else _figure(later, plan.branches, info),
        told_from=week_start(plan.started_on) + (1 + FEWEST_WEEKS) * _WEEK,
    )
    if later is None or effect.weeks < FEWEST_WEEKS:
        return replace(effect, unknown=Unknown.TOO_EARLY)
    return _compared(session, tree, effect, plan.branches, (earlier, later))


def periods_of(started_on: date, today: date) -> tuple[Period, Period | None]:
    """The weeks before and after; the week in which the plan began belongs to neither."""
    monday = week_start(started_on)
    first, end = monday + _WEEK, min(week_start(today), monday + (1 + MOST_WEEKS) * _WEEK)
    before = Period(monday - WEEKS_BEFORE * _WEEK, monday)
    return before, Period(first, end) if end > first else None


def _compared(
    session: Session,
    tree: Hierarchy,
    effect: Effect,
    branches: list[int],
    pair: tuple[Histograms, Histograms],
) -> Effect:
    own = [(branch,) for branch in branches]
    treated = (pair[0].at(own), pair[1].at(own))
    if min(int(each.sum()) for each in treated) < DEFAULT_THRESHOLDS.score:
        return replace(effect, unknown=Unknown.TOO_FEW_ANSWERS)
    answered = {key[0] for key in pair[0].keys} & {key[0] for key in pair[1].keys}
    for like, others in _sets(tree, branches, answered):
        if not may_be_told(session, others):
            continue
        listed = [(branch,) for branch in sorted(others)]
        found = difference_in_differences(
            treated,
            (pair[0].at(listed), pair[1].at(listed)),
            effect.metric.kind,
            effect.metric.scale,
        )
        if found is not None:
            return replace(effect, found=found, like=like)
    return replace(effect, unknown=Unknown.TOO_FEW_PEERS)


def _sets(tree: Hierarchy, branches: list[int], answered: set[int]) -> list[tuple[Like, set[int]]]:
    """Whom to compare with, the nearest first: peers of any of the branches, or everybody."""
    peers = set().union(*(peers_of(tree, branch, answered) for branch in branches))
    return [(Like.PEERS, peers - set(branches)), (Like.NETWORK, answered - set(branches))]


def _figure(found: Histograms, branches: list[int], info: MetricInfo) -> Figure:
    spread = pooled_variance(found.counts, info.scale) if len(found.keys) else None
    return figure_of(found.at([(branch,) for branch in branches]).sum(axis=0), info, spread)
