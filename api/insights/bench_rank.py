"""`branchpulse bench rank`: how long rank confidence sets take, against looking at every pair.

2,000 branches with answers as they occur, 1,000 draws, stepdown included. The reference is a plain
numpy pass over all pairs of every draw, which finds the first critical values and no more; they
must be the same. Needs no database.
"""

import resource
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from api.core.bench import Target, report
from scoring.arrays import Floats
from scoring.largest_differences import Differences, Singles
from scoring.measured import measured
from scoring.rank_sets import PlaceSets, RankSets, marginal_sets, rank_sets, simultaneous_sets
from scoring.scales import SCALES, Kind
from scoring.shrinkage import Ranks, empirical_bayes, posterior_ranks
from scoring.variances import cautious_variance

DRAWS = 1_000
POSTERIOR_DRAWS = 2_000
_SEED = 1
_REPEATS = 5
_MEDIAN_ANSWERS = 150


class _Taken(NamedTuple):
    wall: float
    processor: float


def bench_rank(full: bool) -> dict[str, Any]:
    """The bench's document; ``full`` is the stated size, else a tenth of the branches."""
    branches = 2_000 if full else 200
    score, variance = _network(branches)
    start = time.perf_counter()
    sets = simultaneous_sets(score, variance, seed=_SEED, draws=DRAWS)
    first = time.perf_counter() - start
    simultaneous = _timed(lambda: simultaneous_sets(score, variance, seed=_SEED, draws=DRAWS))
    marginal = _timed(lambda: marginal_sets(score, variance, seed=_SEED, draws=DRAWS))
    both = _timed(lambda: rank_sets(score, variance, seed=_SEED, draws=DRAWS))
    fit = empirical_bayes(score, variance)
    posterior = _timed(
        lambda: posterior_ranks(fit.score, fit.sd, seed=_SEED, draws=POSTERIOR_DRAWS)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    differences = Differences.drawn(score, variance, seed=_SEED, draws=DRAWS)
    pruned = differences.largest().value
    start = time.perf_counter()
    plain = _every_pair(differences)
    reference = time.perf_counter() - start
    figures = {
        "branches": branches,
        "draws": DRAWS,
        "first_run_seconds": round(first, 3),
        "simultaneous_seconds": simultaneous.wall,
        "simultaneous_processor_seconds": simultaneous.processor,
        "marginal_seconds": marginal.wall,
        "marginal_processor_seconds": marginal.processor,
        "both_seconds": both.wall,
        "posterior_seconds": posterior.wall,
        "peak_megabytes": peak,
        "times_faster": round(reference / both.wall, 1),
        "largest_difference": float(np.abs(plain - pruned).max()),
        "critical_value": round(float(sets.critical[0]), 3),
        "mean_width_share": round(float(np.mean(sets.high - sets.low)) / branches, 3),
    }
    return report(
        "rank",
        full=full,
        figures=figures,
        targets=_targets(full),
        reference={
            "what": "a plain numpy pass over all pairs of every draw, without stepdown",
            "seconds": round(reference, 3),
        },
    )


def _targets(full: bool) -> list[Target]:
    same = Target("largest_difference", at_most=1e-4)
    memory = Target("peak_megabytes", at_most=500)
    if not full:
        return [Target("both_seconds", at_most=1.0), same, memory]
    return [
        Target("simultaneous_seconds", at_most=1.0),
        Target("marginal_seconds", at_most=1.5),
        Target("times_faster", at_least=2.0),
        same,
        memory,
    ]


def _network(branches: int) -> tuple[Floats, Floats]:
    """NPS of branches whose true NPS spreads by about 15, and their cautious variances."""
    rng = np.random.default_rng(_SEED)
    feeling = rng.normal(0, 0.32, branches)
    up = 1 / (1 + np.exp(-(0.1 + feeling)))
    down = (1 - up) / (1 + np.exp(0.2 + feeling))
    answers = np.maximum(rng.lognormal(np.log(_MEDIAN_ANSWERS), 0.8, branches).astype(int), 30)
    counts = rng.multinomial(answers, np.column_stack([down, 1 - up - down, up]))
    found = measured(counts, Kind.NPS, SCALES["nps3"])
    return found.score, cautious_variance(found.variance, found.n)


def _every_pair(differences: Differences) -> Singles:
    """The largest difference of each branch in each draw, shape (p, draws), pair by pair."""
    z, inverse = differences.errors, differences.inverse
    found = np.empty(z.shape[::-1], dtype=np.float32)
    for draw, row in enumerate(z):
        pairs = row[:, np.newaxis] - row
        np.abs(pairs, out=pairs)
        pairs *= inverse
        found[:, draw] = pairs.max(axis=1)
    return found


def _timed(work: Callable[[], PlaceSets | RankSets | Ranks]) -> _Taken:
    """Medians over some runs; the processor's own time tells on a busy machine."""
    wall, processor = [], []
    for _ in range(_REPEATS):
        start, used = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    return _Taken(round(statistics.median(wall), 3), round(statistics.median(processor), 3))
