"""What branches are compared by: a metric of their answers, or an index made of several.

The one place that knows both. League tables, bands and published tables ask here and never look
which of the two they have. Reads the whole network (the comparison set), so that figures do not
depend on the viewer; cutting rows is decided elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from sqlmodel import Session

from api.core.errors import NotFound
from api.insights.case_mix.published import PublishedCoefficients
from api.insights.case_mix.scores import AdjustedScores, adjusted_scores, coefficients_for
from api.insights.indices import IndexInfo, find_index, index_measures, index_version
from api.insights.metrics import MetricInfo
from api.insights.network_stats import network_histograms
from api.insights.periods import Period
from api.insights.queries import metric_version, require_metric
from api.insights.queries.contested import excluded_histograms
from scoring.arrays import Counts
from scoring.change import Change, change_between
from scoring.measured import Measured, change_of, measured

Measure: TypeAlias = MetricInfo | IndexInfo


@dataclass(frozen=True, slots=True, eq=False)
class BranchMeasures:
    """Every branch with answers of a period, what it scored then and before, and the change.

    ``branches`` are unit ids, ascending; the arrays follow them.
    """

    branches: list[int]
    now: Measured
    before: Measured
    change: Change


def require_measure(session: Session, code: str, period: Period) -> Measure:
    """The metric called ``code``, else that node of the indicator tree; raises NotFound.

    The tree is the one in force at the period's last day.
    """
    try:
        return require_metric(session, code)
    except NotFound:
        index = find_index(session, code, period)
        if index is None:
            raise
        return index


def network_measures(
    session: Session, measure: Measure, period: Period, touchpoint: int | None = None
) -> BranchMeasures:
    """The whole network in ``period`` and the period of the same length directly before."""
    if isinstance(measure, IndexInfo):
        return _network_index(session, measure, period, touchpoint)
    found = network_histograms(session, measure, period, touchpoint)
    branches = sorted(key[0] for key in found.keys)
    keys = [(branch,) for branch in branches]
    earlier = network_histograms(session, measure, period.before(), touchpoint)
    now, before = found.at(keys), earlier.at(keys)
    return BranchMeasures(
        branches,
        measured(now, measure.kind, measure.scale),
        measured(before, measure.kind, measure.scale),
        change_between(now, before, measure.kind, measure.scale),
    )


def _network_index(
    session: Session, index: IndexInfo, period: Period, touchpoint: int | None
) -> BranchMeasures:
    branches, now = index_measures(session, index, period, touchpoint)
    at, earlier = index_measures(session, index, period.before(), touchpoint)
    before = placed(earlier, at, branches)
    return BranchMeasures(branches, now, before, change_of(now, before))


def window_measures(
    session: Session, measure: Measure, period: Period, touchpoint: int | None = None
) -> tuple[list[int], Measured]:
    """The branches with answers of a period, ascending, and what they scored."""
    if isinstance(measure, IndexInfo):
        return index_measures(session, measure, period, touchpoint)
    found = network_histograms(session, measure, period, touchpoint)
    branches = sorted(key[0] for key in found.keys)
    counts = found.at([(branch,) for branch in branches])
    return branches, measured(counts, measure.kind, measure.scale)


def measure_version(session: Session, measure: Measure, period: Period) -> int:
    """The data version of everything that a measure is made of; 0 when nothing was counted."""
    if isinstance(measure, IndexInfo):
        return index_version(session, measure, period)
    return metric_version(session, measure.code, period)


def excluded_answers(
    session: Session, measure: Measure, period: Period, touchpoint: int | None = None
) -> dict[int, int]:
    """How many answers of each branch were left out after they were contested; for an index none.

    For workers: it reads the answers of every branch.
    """
    if isinstance(measure, IndexInfo):
        return {}
    found = excluded_histograms(session, measure, period, None, touchpoint)
    return {key[0]: int(n) for key, n in zip(found.keys, found.counts.sum(axis=1), strict=True)}


def coefficients_at(
    session: Session, measure: Measure, period: Period
) -> PublishedCoefficients | None:
    """The frozen coefficients of the period's scoring year, None where none are published.

    An index has no adjustment of its own.
    """
    if isinstance(measure, IndexInfo):
        return None
    return coefficients_for(session, measure.code, period)


def adjusted_for(
    session: Session,
    measure: Measure,
    window: tuple[Period, int | None],
    found: tuple[Sequence[int], Measured],
    by: PublishedCoefficients | None,
) -> AdjustedScores | None:
    """The scores ``found`` (branches, raw) of a period and touchpoint, adjusted by coefficients.

    None without coefficients. Periods that are compared are given the same ones.
    """
    if by is None or isinstance(measure, IndexInfo):
        return None
    (period, touchpoint), (branches, raw) = window, found
    return adjusted_scores(session, measure, period, branches, raw, touchpoint=touchpoint, by=by)


def placed(found: Measured, at: Sequence[int], wanted: Sequence[int]) -> Measured:
    """``found`` of the branches ``at`` in the order of ``wanted``, no answers for the others."""
    to, source = _places(at, wanted)
    n = np.zeros(len(wanted), dtype=np.int64)
    n[to] = found.n[source]
    columns = []
    for name in ("score", "low", "high", "variance"):
        column = np.full(len(wanted), np.nan)
        column[to] = getattr(found, name)[source]
        columns.append(column)
    return Measured(n, *columns)


def placed_change(found: Change, at: Sequence[int], wanted: Sequence[int]) -> Change:
    """The same of a change; there is none where a branch is not among ``at``."""
    to, source = _places(at, wanted)
    change, noise = np.full(len(wanted), np.nan), np.ones(len(wanted), dtype=bool)
    change[to], noise[to] = found.change[source], found.is_noise[source]
    return Change(change, noise)


def _places(at: Sequence[int], wanted: Sequence[int]) -> tuple[Counts, Counts]:
    """Where in ``wanted`` and where in ``at`` the branches of both stand."""
    place = {branch: index for index, branch in enumerate(at)}
    both = [(to, place[branch]) for to, branch in enumerate(wanted) if branch in place]
    found = np.array(both, dtype=np.int64).reshape(len(both), 2)
    return found[:, 0], found[:, 1]
