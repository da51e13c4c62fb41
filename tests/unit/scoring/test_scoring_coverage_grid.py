"""How often the intervals on a screen hold the truth, over a stated grid of branches and answers.

Intervals of one branch by exact enumeration of everything that so many answers can be; places in a
table by simulation. What is more than promised is stated too: nominal .95 throughout.
"""

import numpy as np
import pytest
from test_scoring_coverage import all_histograms, binomial, branch_truths, probabilities
from test_scoring_identical import cautious_fit, truly_different

from scoring.arrays import Floats
from scoring.intervals import mean_interval, nps_score_interval, wilson_interval
from scoring.measured import measured
from scoring.rank_sets import marginal_sets
from scoring.scales import SCALES, Kind, mean, variance
from scoring.shrinkage import posterior_ranks
from scoring.variances import cautious_variance

NOMINAL = 0.95
SHARES = np.linspace(0.3, 0.97, 68)
# Answers 1 to 5 of branches: piled up at the top, nearly all fives, spread, middling, split.
FIVES = np.array(
    [
        [0.03, 0.04, 0.08, 0.25, 0.60],
        [0.01, 0.01, 0.03, 0.15, 0.80],
        [0.10, 0.10, 0.20, 0.30, 0.30],
        [0.05, 0.10, 0.35, 0.35, 0.15],
        [0.25, 0.05, 0.05, 0.10, 0.55],
    ]
)


def allowed(n: int) -> float:
    """Least mean coverage that is acceptable: 1.5 points below nominal, 3 with ten answers."""
    return NOMINAL - (0.03 if n <= 10 else 0.015)


def nps_covered(n: int) -> Floats:
    counts, truths = all_histograms(n, 3), branch_truths()
    found = nps_score_interval(*counts.T)
    nps = 100 * (truths[:, 2] - truths[:, 0])
    inside = (found.low[:, None] <= nps) & (nps <= found.high[:, None])
    return (probabilities(counts, truths) * inside).sum(axis=0)


def share_covered(n: int) -> Floats:
    found = wilson_interval(np.arange(n + 1), n)
    inside = (found.low[:, None] <= SHARES) & (found.high[:, None] >= SHARES)
    return (binomial(n, SHARES) * inside).sum(axis=0)


def mean_covered(n: int) -> Floats:
    scale = SCALES["1-5"]
    values, counts = np.array(scale.values), all_histograms(n, 5)
    truths = FIVES @ values
    # The network's spread is known: its branches are all like this one.
    pooled = FIVES @ values**2 - truths**2
    found = mean_interval(
        mean(counts, scale)[:, None], variance(counts, scale)[:, None], n, pooled
    ).clipped(1, 5)
    inside = (found.low <= truths) & (truths <= found.high)
    return (probabilities(counts, FIVES) * inside).sum(axis=0)


# Answers; mean and worst exact coverage over the grid.
EXACT = [
    (nps_covered, 10, 0.9583, 0.9387),
    (nps_covered, 20, 0.9541, 0.9432),
    (nps_covered, 30, 0.9524, 0.9405),
    (nps_covered, 60, 0.9508, 0.9444),
    (nps_covered, 100, 0.9504, 0.9459),
    (share_covered, 10, 0.9543, 0.9139),
    (share_covered, 20, 0.9527, 0.9245),
    (share_covered, 30, 0.9506, 0.9298),
    (share_covered, 60, 0.9512, 0.9343),
    (share_covered, 100, 0.9495, 0.9332),
    (mean_covered, 10, 0.9619, 0.9522),
    (mean_covered, 20, 0.9458, 0.9386),
    (mean_covered, 30, 0.9422, 0.9247),
]


@pytest.mark.parametrize(("covered", "n", "usual", "worst"), EXACT)
def test_intervals_of_one_branch_hold_the_truth_as_often_as_stated(
    covered: object, n: int, usual: float, worst: float
) -> None:
    found = covered(n)  # type: ignore[operator]
    assert found.mean() >= allowed(n)
    assert found.mean() == pytest.approx(usual, abs=0.0002)
    assert found.min() == pytest.approx(worst, abs=0.0002)


# Branches, answers, simulated networks; share of true places inside the rank interval and inside
# the marginal set, as found. The set is the one with a guarantee, and much wider.
PLACES = [
    (50, 10, 60, 0.965, 1.0),
    (50, 30, 60, 0.967, 1.0),
    (50, 100, 60, 0.965, 1.0),
    (50, 1000, 40, 0.968, 1.0),
    (300, 30, 8, 0.952, 1.0),
    (300, 300, 8, 0.953, 1.0),
]


@pytest.mark.parametrize(("branches", "answers", "networks", "shown", "audited"), PLACES)
def test_true_places_lie_inside_what_is_shown(
    branches: int, answers: int, networks: int, shown: float, audited: float
) -> None:
    rng = np.random.default_rng(branches * answers)
    posterior, marginal = [], []
    for seed in range(networks):
        counts, truth = truly_different(rng, branches, answers)
        now = measured(counts, Kind.NPS, SCALES["nps3"])
        place = 1 + (truth[:, None] < truth).sum(axis=1)
        fit = cautious_fit(now)
        ranks = posterior_ranks(fit.score, fit.sd, seed=seed, draws=400)
        sets = marginal_sets(
            now.score, cautious_variance(now.variance, now.n), seed=seed, draws=200
        )
        posterior.append(np.mean((ranks.low <= place) & (place <= ranks.high)))
        marginal.append(np.mean((sets.low <= place) & (place <= sets.high)))
    assert np.mean(posterior) >= allowed(answers)
    assert np.mean(posterior) == pytest.approx(shown, abs=0.012)
    assert np.mean(marginal) >= NOMINAL
    assert np.mean(marginal) == pytest.approx(audited, abs=0.006)
