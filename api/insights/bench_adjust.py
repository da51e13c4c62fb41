"""`branchpulse bench adjust`: how long coefficients of case mix take, against plain least squares.

400,000 answers of 2,000 branches with 10 adjuster columns in memory. The reference is a regression
with a dummy per branch: normal equations by sparse matrices, solved densely. It must find the same
coefficients. Needs no database.
"""

import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from api.core.bench import Target, report
from scoring.adjustment import AdjustmentFit, adjust, fit_adjustment
from scoring.arrays import Counts, Floats, floats
from scoring.branch_moments import BranchMoments, moments_of_answers, moments_of_strata
from scoring.measured import Measured

COLUMNS = 10
_REPEATS = 9
_PER_BRANCH = 200


@dataclass(frozen=True, slots=True)
class _Network:
    x: Floats
    y: Floats
    branch: Counts
    branches: int

    def moments(self) -> BranchMoments:
        return moments_of_answers(self.x, self.y, self.branch, branches=self.branches)


def bench_adjust(full: bool) -> dict[str, Any]:
    """The bench's document; ``full`` is the stated size, else a tenth of it."""
    network = _network(400_000 if full else 40_000)
    moments = network.moments()
    strata = _strata(network)
    fit = fit_adjustment(moments)
    raw = _raw(moments)
    arrays = _median(lambda: fit_adjustment(network.moments()))
    from_moments = _median(lambda: fit_adjustment(moments))
    from_strata = _median(
        lambda: fit_adjustment(moments_of_strata(*strata, branches=network.branches))
    )
    adjusting = _median(lambda: adjust(raw, fit, moments.mix))
    start = time.perf_counter()
    plain = _least_squares(network)
    reference = time.perf_counter() - start
    figures = {
        "answers": len(network.y),
        "branches": network.branches,
        "columns": COLUMNS,
        "arrays_seconds": round(arrays, 4),
        "moments_seconds": round(from_moments, 5),
        "strata": len(strata[1]),
        "strata_seconds": round(from_strata, 5),
        "adjust_seconds": round(adjusting, 5),
        "times_faster": round(reference / arrays, 1),
        "largest_difference": float(np.abs(plain - fit.coefficients).max()),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    return report(
        "adjust",
        full=full,
        figures=figures,
        targets=_targets(full),
        reference={
            "what": "least squares with a dummy per branch: sparse normal equations, dense solve",
            "seconds": round(reference, 3),
        },
    )


def _targets(full: bool) -> list[Target]:
    same = Target("largest_difference", at_most=1e-6)
    if not full:
        return [Target("times_faster", at_least=2.0), same]
    return [
        Target("arrays_seconds", at_most=0.2),
        Target("moments_seconds", at_most=0.010),
        Target("times_faster", at_least=2.0),
        same,
    ]


def _network(answers: int) -> _Network:
    """Answers in no order; branches differ in quality, mix and size."""
    rng = np.random.default_rng(1)
    branches = answers // _PER_BRANCH
    weight = rng.lognormal(0, 0.55, branches)
    branch = rng.choice(branches, answers, p=weight / weight.sum())
    share = np.clip(rng.normal(0.3, 0.15, (branches, COLUMNS)), 0.02, 0.98)
    x = (rng.random((answers, COLUMNS)) < share[branch]).astype(np.float64)
    target = rng.normal(40, 12, branches)[branch] + x @ np.linspace(-8, 8, COLUMNS)
    y = 100.0 * np.clip(np.rint(target / 100 + rng.normal(0, 0.75, answers)), -1, 1)
    return _Network(x, y, branch, branches)


def _strata(network: _Network) -> tuple[Floats, Counts, Floats, Floats, Counts]:
    """Answers counted by branch and the first four columns; the others are put to their means."""
    known = network.x.copy()
    known[:, 4:] = 0.3
    code = network.branch * 16 + (network.x[:, :4] @ [8, 4, 2, 1]).astype(np.int64)
    keys, first, place = np.unique(code, return_index=True, return_inverse=True)
    return (
        known[first],
        np.bincount(place).astype(np.int64),
        floats(np.bincount(place, weights=network.y)),
        floats(np.bincount(place, weights=network.y**2)),
        keys // 16,
    )


def _raw(moments: BranchMoments) -> Measured:
    score, variance = moments.score, 5600 / np.maximum(moments.n, 1)
    arm = 1.96 * np.sqrt(variance)
    return Measured(moments.n.astype(np.int64), score, score - arm, score + arm, variance)


def _least_squares(network: _Network) -> Floats:
    """Coefficients of the columns, every branch being a column too."""
    rows = np.arange(len(network.y))
    ones = np.ones(len(rows))
    branches = sparse.csr_array((ones, (rows, network.branch)), shape=(len(rows), network.branches))
    design = sparse.hstack([sparse.csr_array(network.x), branches], format="csr")
    normal = (design.T @ design).toarray()
    solved: Floats = np.linalg.solve(normal, design.T @ network.y)
    return solved[:COLUMNS]


def _median(work: Callable[[], AdjustmentFit | Measured]) -> float:
    work()
    taken = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
