"""Sums over pairs of questions as their kinds count answers: what an index needs of the moments.

The same cells as `moments.pair_sums`, but only the columns that say how answers hang together, so
that a whole network is read in a fraction of the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from api.insights.metrics import MetricInfo
from api.insights.periods import Period, whole_months
from api.insights.queries.cells import EVERYTHING, Filters
from scoring.arrays import Counts, Floats, floats
from scoring.composite import Moments


@dataclass(frozen=True, slots=True, eq=False)
class ScoreSums:
    """Per branch, over the people who answered both of two questions; arrays (p, q, q).

    ``counts[a, b]`` people, ``sums[a, b]`` what a's kind makes of their answers to a (NPS -1, 0,
    1; boxes 0, 1; mean: the value), ``products[a, b]`` the products.
    """

    branches: tuple[int, ...]
    counts: Counts
    sums: Counts
    products: Counts

    def at(self, branches: Sequence[int]) -> "ScoreSums":
        """The sums of ``branches`` in their order; zeros where nobody answered."""
        place = {branch: index for index, branch in enumerate(self.branches)}
        rows = np.array([place.get(branch, -1) for branch in branches], dtype=np.int64)

        def taken(sums: Counts) -> Counts:
            with_nobody = np.concatenate([sums, np.zeros_like(sums, shape=(1, *sums.shape[1:]))])
            return with_nobody[rows]

        arrays = (taken(one) for one in (self.counts, self.sums, self.products))
        return ScoreSums(tuple(branches), *arrays)

    def pooled(self) -> "ScoreSums":
        """All branches as one."""
        arrays = (one.sum(axis=0, keepdims=True) for one in (self.counts, self.sums, self.products))
        return ScoreSums((), *arrays)

    def moments(self, origin: Floats, unit: Floats) -> Moments:
        """Of ``(answer - origin) * unit``, question by question; respondents are not known here."""
        counts, sums = floats(self.counts), floats(self.sums)
        left, right = origin[:, np.newaxis], origin[np.newaxis, :]
        crossed = floats(self.products) - right * sums - left * np.swapaxes(sums, -1, -2)
        return Moments(
            respondents=np.zeros(len(counts)),
            counts=counts,
            sums=unit[:, np.newaxis] * (sums - left * counts),
            products=np.outer(unit, unit) * (crossed + left * right * counts),
        )


def score_sums(
    session: Session,
    metrics: Sequence[MetricInfo],
    period: Period,
    filters: Filters = EVERYTHING,
) -> ScoreSums:
    """Sums per visible branch over all pairs of ``metrics``, of the months of ``period``."""
    months = whole_months(period)
    codes = [metric.code for metric in metrics]
    where = ""
    values: dict[str, Any] = {"metrics": codes, "first": months.start, "last": months.end}
    if filters.branches is not None:
        where += " and c.branch_id = any(cast(:branches as int[]))"
        values["branches"] = sorted(filters.branches)
    if filters.touchpoint is not None:
        where += " and c.touchpoint_id = :touchpoint"
        values["touchpoint"] = filters.touchpoint
    rows = session.execute(text(_SUMS.format(where=where)), values).all()
    return _placed(rows, len(codes))


def _placed(rows: Sequence[Any], size: int) -> ScoreSums:
    """Each pair into both its halves."""
    table = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(len(rows), 7)
    branches, branch = np.unique(table[:, 0], return_inverse=True)
    left, right = table[:, 1] - 1, table[:, 2] - 1
    counts, sums, products = np.zeros((3, len(branches), size, size), dtype=np.int64)
    counts[branch, left, right] = counts[branch, right, left] = table[:, 3]
    sums[branch, left, right] = table[:, 4]
    sums[branch, right, left] = table[:, 5]
    products[branch, left, right] = products[branch, right, left] = table[:, 6]
    return ScoreSums(tuple(branches.tolist()), counts, sums, products)


# Offset 0: the months are looked up by index, however badly the server guesses the policy.
_SUMS = """
    select c.branch_id, array_position(cast(:metrics as text[]), c.metric_left),
        array_position(cast(:metrics as text[]), c.metric_right),
        sum(c.n)::bigint, sum(c.score_left)::bigint, sum(c.score_right)::bigint,
        sum(c.score_product)::bigint
    from (
        select * from moment_cell c
        where c.month >= :first and c.month < :last
            and c.metric_left = any(cast(:metrics as text[]))
            and c.metric_right = any(cast(:metrics as text[])) {where}
        offset 0) as c
    group by c.branch_id, c.metric_left, c.metric_right
"""
