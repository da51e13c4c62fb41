"""Sums over pairs of metrics, from which composites and drivers are computed, out of moment cells.

Whole months only: what is read is of every month that touches the period, and the answer says
which. Numbers are whole; nothing is estimated here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from api.insights.metrics import MetricInfo
from api.insights.periods import Period, whole_months
from api.insights.queries.cells import EVERYTHING, Filters
from scoring.arrays import Counts, Floats, floats
from scoring.composite import Moments


@dataclass(frozen=True, slots=True, eq=False)
class PairSums:
    """Sums per branch over the people who answered both of two metrics.

    Attributes
    ----------
    metrics, branches
        Codes of the q metrics and ids of the p branches, in the order of the axes.
    months
        The whole months the sums are of.
    respondents : int64 array, shape (p,)
        People who answered the most answered of the metrics, added up over touchpoints and survey
        versions: the same number can be had from cells for any period.
    counts : int64 array, shape (p, q, q)
        ``[a, b]`` = people who answered both a and b.
    values, scores
        ``[a, b]`` = sum of a over the people who answered b too: in values of a's scale, and as
        a's kind counts them (NPS -1, 0, 1; boxes 0, 1; mean: the value). Likewise ``low`` and
        ``high``: people below the passives, and among the promoters, of a's scale.
    value_products, score_products, low_low, high_high
        ``[a, b]`` = sum of the product of a and b; symmetric.
    low_high
        ``[a, b]`` = people low on a and high on b.
    value_low, value_high
        ``[a, b]`` = sum of a's values over the people low, or high, on b.
    """

    metrics: tuple[str, ...]
    branches: tuple[int, ...]
    months: Period
    respondents: Counts
    counts: Counts
    values: Counts
    scores: Counts
    low: Counts
    high: Counts
    value_products: Counts
    score_products: Counts
    low_low: Counts
    low_high: Counts
    high_high: Counts
    value_low: Counts
    value_high: Counts

    def at(self, branches: Sequence[int]) -> "PairSums":
        """The sums of ``branches`` in their order; zeros where nobody answered."""
        place = {branch: index for index, branch in enumerate(self.branches)}
        rows = np.array([place.get(branch, -1) for branch in branches], dtype=np.int64)

        def taken(sums: Counts) -> Counts:
            with_nobody = np.concatenate([sums, np.zeros_like(sums, shape=(1, *sums.shape[1:]))])
            return with_nobody[rows]

        arrays = {name: taken(getattr(self, name)) for name in _ARRAYS}
        return PairSums(self.metrics, tuple(branches), self.months, **arrays)

    def pooled(self) -> "PairSums":
        """All branches as one; ``branches`` is empty."""
        arrays = {name: getattr(self, name).sum(axis=0, keepdims=True) for name in _ARRAYS}
        return PairSums(self.metrics, (), self.months, **arrays)

    def composite(
        self,
        origin: Floats | float = 0.0,
        unit: Floats | float = 1.0,
        *,
        of: Literal["values", "scores"] = "values",
    ) -> Moments:
        """What `scoring.composite` takes, of ``(answer - origin) * unit``, leading axis branches.

        Parameters
        ----------
        origin, unit : float or float array, shape (q,)
            Of each metric, so that all are on one scale: an answer 1-5 on 0-100 is
            ``origin=1, unit=25``.
        of
            Whether an answer is its value or what its metric's kind makes of it.
        """
        size = len(self.metrics)
        zero = np.broadcast_to(floats(origin), (size,))
        step = np.broadcast_to(floats(unit), (size,))
        counts, sums = floats(self.counts), floats(getattr(self, of))
        products = floats(self.value_products if of == "values" else self.score_products)
        left, right = zero[:, np.newaxis], zero[np.newaxis, :]
        crossed = products - right * sums - left * np.swapaxes(sums, -1, -2)
        return Moments(
            respondents=floats(self.respondents),
            counts=counts,
            sums=step[:, np.newaxis] * (sums - left * counts),
            products=np.outer(step, step) * (crossed + left * right * counts),
        )

    def marked(self, outcome: int, drivers: Sequence[int]) -> Moments:
        """What `scoring.contrast` takes: the outcome's values, then low and high marks of drivers.

        Metrics are given by their place in ``metrics``; the leading axis is branches.
        """
        one, some = np.array([outcome]), np.array(drivers)

        def block(sums: Counts, left: Counts, right: Counts) -> Counts:
            return sums[:, left[:, np.newaxis], right]

        order = np.concatenate([one, some, some])
        of_outcome = [block(self.value_low, one, some), block(self.value_high, one, some)]
        low_high = block(self.low_high, some, some)
        products = [
            [block(self.value_products, one, one), *of_outcome],
            [
                np.swapaxes(of_outcome[0], 1, 2),
                block(self.low_low, some, some),
                low_high,
            ],
            [
                np.swapaxes(of_outcome[1], 1, 2),
                np.swapaxes(low_high, 1, 2),
                block(self.high_high, some, some),
            ],
        ]
        sums = [
            block(self.values, one, order),
            block(self.low, some, order),
            block(self.high, some, order),
        ]
        return Moments(
            respondents=floats(self.respondents),
            counts=floats(block(self.counts, order, order)),
            sums=floats(np.concatenate(sums, axis=1)),
            products=floats(np.block(products)),
        )


_NAMES = tuple(field.name for field in fields(PairSums))
_ARRAYS = _NAMES[_NAMES.index("respondents") :]
# Of each array the stored sums of [left, right] and of [right, left].
_STORED: dict[str, tuple[str, str]] = {
    "counts": ("n", "n"),
    "values": ("value_left", "value_right"),
    "scores": ("score_left", "score_right"),
    "low": ("low_left", "low_right"),
    "high": ("high_left", "high_right"),
    "value_products": ("value_product", "value_product"),
    "score_products": ("score_product", "score_product"),
    "low_low": ("low_low", "low_low"),
    "low_high": ("low_high", "high_low"),
    "high_high": ("high_high", "high_high"),
    "value_low": ("value_low", "low_value"),
    "value_high": ("value_high", "high_value"),
}
_COLUMNS = tuple(dict.fromkeys(column for pair in _STORED.values() for column in pair))


def pair_sums(
    session: Session,
    metrics: Sequence[MetricInfo],
    period: Period,
    filters: Filters = EVERYTHING,
) -> PairSums:
    """Sums per visible branch over all pairs of ``metrics``, of the months that touch ``period``.

    Branches where nobody answered any of them are left out: see `PairSums.at`. For the network as
    a whole see `PairSums.pooled`.
    """
    months = whole_months(period)
    codes = tuple(metric.code for metric in metrics)
    where, values = _conditions(filters)
    values |= {"metrics": sorted(codes), "first": months.start, "last": months.end}
    totals = session.execute(text(_RESPONDENTS.format(where=where)), values).all()
    place = {branch: index for index, (branch, _) in enumerate(totals)}
    arrays = {name: np.zeros((len(totals), len(codes), len(codes)), np.int64) for name in _STORED}
    rows = session.execute(text(_SUMS.format(where=where)), values).all()
    _fill(arrays, rows, place, codes)
    return PairSums(
        metrics=codes,
        branches=tuple(place),
        months=months,
        respondents=np.array([total for _, total in totals], dtype=np.int64),
        **arrays,
    )


def _fill(
    arrays: dict[str, Counts],
    rows: Sequence[Any],
    place: dict[int, int],
    codes: Sequence[str],
) -> None:
    """Each pair into both its halves."""
    at = {code: index for index, code in enumerate(codes)}
    branch = np.array([place[row[0]] for row in rows], dtype=np.int64)
    left = np.array([at[row[1]] for row in rows], dtype=np.int64)
    right = np.array([at[row[2]] for row in rows], dtype=np.int64)
    sums = np.array([tuple(row)[3:] for row in rows], dtype=np.int64)
    sums = sums.reshape(len(rows), len(_COLUMNS))
    column = {name: sums[:, index] for index, name in enumerate(_COLUMNS)}
    for name, (of_left, of_right) in _STORED.items():
        arrays[name][branch, left, right] = column[of_left]
        arrays[name][branch, right, left] = column[of_right]


def _conditions(filters: Filters) -> tuple[str, dict[str, Any]]:
    where = ""
    values: dict[str, Any] = {}
    if filters.branches is not None:
        where += " and c.branch_id = any(cast(:branches as int[]))"
        values["branches"] = sorted(filters.branches)
    if filters.touchpoint is not None:
        where += " and c.touchpoint_id = :touchpoint"
        values["touchpoint"] = filters.touchpoint
    if filters.survey_version is not None:
        where += " and c.survey_version_id = :survey_version"
        values["survey_version"] = filters.survey_version
    return where, values


# Offset 0: the months are looked up by index, however badly the server guesses the policy.
_FOUND = """
    (select * from moment_cell c
    where c.month >= :first and c.month < :last
        and c.metric_left = any(cast(:metrics as text[]))
        and c.metric_right = any(cast(:metrics as text[])) {where}
    offset 0) as c
"""
_SUMS = f"""
    select c.branch_id, c.metric_left, c.metric_right,
        {", ".join(f"sum(c.{column})::bigint" for column in _COLUMNS)}
    from {_FOUND}
    group by c.branch_id, c.metric_left, c.metric_right
"""
_RESPONDENTS = f"""
    select place.branch_id, sum(place.most)::bigint
    from (
        select one.branch_id, max(one.n) as most
        from (
            select c.branch_id, c.touchpoint_id, c.survey_version_id, c.metric_left,
                sum(c.n) as n
            from {_FOUND}
            where c.metric_left = c.metric_right
            group by c.branch_id, c.touchpoint_id, c.survey_version_id, c.metric_left) as one
        group by one.branch_id, one.touchpoint_id, one.survey_version_id) as place
    group by place.branch_id order by place.branch_id
"""
