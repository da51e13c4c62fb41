"""Intervals cover what they promise: exact probabilities by enumeration, no simulation."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from scipy.special import gammaln

from scoring.arrays import Z95, Counts, Floats
from scoring.change import change_between
from scoring.intervals import (
    finite_population_factor,
    mean_interval,
    nps_adjusted_wald,
    nps_score_interval,
    wilson_interval,
)
from scoring.scales import SCALES, Kind, mean, variance


def all_histograms(n: int, bins: int) -> Counts:
    """Every way in which n answers can fall into bins."""
    bars = np.array(list(combinations_with_replacement(range(n + 1), bins - 1)))
    edges = np.column_stack([np.zeros(len(bars)), bars, np.full(len(bars), n)])
    return np.diff(edges, axis=1).astype(np.int64)


def probabilities(counts: Counts, shares: Floats) -> Floats:
    """Multinomial probability of each histogram (rows) under each truth (columns)."""
    ways = gammaln(counts.sum(axis=1) + 1) - gammaln(counts + 1).sum(axis=1)
    return np.exp(ways[:, None] + counts @ np.log(shares).T)


def binomial(n: int, shares: Floats) -> Floats:
    """Probability of 0..n hits (rows) under each true share (columns)."""
    counts = np.column_stack([np.arange(n + 1), n - np.arange(n + 1)])
    return probabilities(counts, np.column_stack([shares, 1 - shares]))


def hypergeometric(population: int, hits: int, drawn: int) -> Floats:
    """Probability of 0..drawn hits when that many of the population are asked."""
    found = np.arange(drawn + 1)
    impossible = (found > hits) | (drawn - found > population - hits)
    ways = log_choose(hits, np.minimum(found, hits))
    ways += log_choose(population - hits, np.clip(drawn - found, 0, population - hits))
    return np.where(impossible, 0, np.exp(ways - log_choose(population, np.array(drawn))))


def log_choose(n: int, k: Counts) -> Floats:
    logs: Floats = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return logs


def branch_truths() -> Floats:
    """Detractors, passives, promoters of branches as they occur: NPS from -20 to 90."""
    down, none = np.meshgrid(np.linspace(0.02, 0.4, 10), np.linspace(0.05, 0.4, 8))
    shares = np.column_stack([down.ravel(), none.ravel(), 1 - down.ravel() - none.ravel()])
    return shares[shares[:, 2] > 0.05]


def nps_coverage(method: object, n: int) -> Floats:
    counts, truths = all_histograms(n, 3), branch_truths()
    found = method(*counts.T)  # type: ignore[operator]
    nps = 100 * (truths[:, 2] - truths[:, 0])
    inside = (found.low[:, None] <= nps) & (nps <= found.high[:, None])
    return (probabilities(counts, truths) * inside).sum(axis=0)


@pytest.mark.parametrize("n", [5, 10, 20, 30, 60])
def test_the_score_interval_covers_ninety_five_percent_for_every_branch(n: int) -> None:
    covered = nps_coverage(nps_score_interval, n)
    assert 0.945 <= covered.mean() <= 0.97
    assert covered.min() >= 0.92


def test_the_adjusted_wald_interval_covers_well_on_average() -> None:
    assert nps_coverage(nps_adjusted_wald, 30).mean() == pytest.approx(0.95, abs=0.01)


# True share .87; answers, exact coverage of plain normal limits and of Wilson. A simulation of the
# same gave .480/.747/.926/.904/.899 and .981/.970/.963/.950/.969.
TOP_BOX = [
    (5, 0.4837, 0.9821),
    (10, 0.7463, 0.9687),
    (20, 0.9279, 0.9630),
    (30, 0.9043, 0.9508),
    (50, 0.8943, 0.9678),
]


@pytest.mark.parametrize(("n", "plain", "wilson"), TOP_BOX)
def test_wilson_covers_as_stated_where_plain_limits_fail(
    n: int, plain: float, wilson: float
) -> None:
    hits = np.arange(n + 1)
    chance = binomial(n, np.array([0.87]))[:, 0]
    found = wilson_interval(hits, n)
    inside = (found.low <= 0.87) & (found.high >= 0.87)
    assert chance[inside].sum() == pytest.approx(wilson, abs=0.00006)
    arm = Z95 * np.sqrt(hits / n * (1 - hits / n) / n)
    naive = np.abs(hits / n - 0.87) <= arm
    assert chance[naive].sum() == pytest.approx(plain, abs=0.00006)


@pytest.mark.parametrize("n", [5, 10, 20])
def test_the_mean_interval_covers_on_a_scale_that_piles_up_at_its_top(n: int) -> None:
    scale, shares = SCALES["1-5"], np.array([[0.03, 0.04, 0.08, 0.25, 0.60]])
    counts = all_histograms(n, 5)
    values = np.array(scale.values)
    truth = float(values @ shares[0])
    pooled = float(values**2 @ shares[0]) - truth**2
    found = mean_interval(mean(counts, scale), variance(counts, scale), n, pooled)
    inside = (found.low <= truth) & (truth <= found.high)
    covered = float((probabilities(counts, shares)[:, 0] * inside).sum())
    assert 0.93 <= covered <= 0.985


def test_half_of_the_customers_need_the_finite_population_correction() -> None:
    # METHODS 1.4: n = 60 of N = 120 covers .946 with it, .994 without.
    hits = np.arange(61)
    whole = wilson_interval(hits, 60)
    narrow = whole.narrowed(hits / 60, finite_population_factor(60, 120))
    with_it, without = [], []
    for successes in range(30, 91):
        chance, share = hypergeometric(120, successes, 60), successes / 120
        with_it.append(chance[(narrow.low <= share) & (share <= narrow.high)].sum())
        without.append(chance[(whole.low <= share) & (share <= whole.high)].sum())
    assert np.mean(with_it) == pytest.approx(0.946, abs=0.01)
    assert np.mean(without) == pytest.approx(0.994, abs=0.005)


def false_alarms(kind: Kind, code: str, sizes: tuple[int, int], truths: Floats) -> Floats:
    """Chance of being told of a change where there is none, per truth."""
    now, before = (all_histograms(n, truths.shape[1]) for n in sizes)
    found = change_between(now[:, None], before[None], kind, SCALES[code])
    p_now, p_before = probabilities(now, truths), probabilities(before, truths)
    alarm: Floats = np.sum(p_now * (~found.is_noise @ p_before), axis=0)
    return alarm


SIZES = [(10, 10), (12, 30), (30, 30)]


@pytest.mark.parametrize("sizes", SIZES)
def test_without_a_change_of_nps_one_branch_in_twenty_is_told_of_one(
    sizes: tuple[int, int],
) -> None:
    alarm = false_alarms(Kind.NPS, "nps3", sizes, branch_truths())
    assert 0.025 < alarm.mean() <= 0.05
    assert alarm.max() <= 0.06


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", [Kind.TOP2_BOX, Kind.MEAN])
def test_without_a_change_on_few_values_one_branch_in_twenty_is_told_of_one(
    kind: Kind, sizes: tuple[int, int]
) -> None:
    # Bins 1 and 5 alone occur: the hardest case for a mean, and all that a share can see.
    shares = np.linspace(0.3, 0.95, 14)
    counts = [np.arange(n + 1)[:, None] * [-1, 0, 0, 0, 1] + [n, 0, 0, 0, 0] for n in sizes]
    pooled = 16 * 0.25
    found = change_between(counts[0][:, None], counts[1][None], kind, SCALES["1-5"], pooled=pooled)
    now, before = (binomial(n, shares) for n in sizes)
    alarm = np.sum(now * (~found.is_noise @ before), axis=0)
    assert alarm.mean() <= 0.05
    assert alarm.max() <= 0.06
