"""Empirical Bayes and rank intervals: published values, invariances, coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import shrinkage
from scoring.arrays import Counts, Floats
from scoring.scales import SCALES, Kind, point_score
from scoring.shrinkage import empirical_bayes, paule_mandel_tau2, posterior_ranks
from scoring.variances import metric_variance

# BCG vaccine trials, Colditz et al. 1994: cases and others, vaccinated and control.
BCG = np.array(
    [
        [4, 119, 11, 128],
        [6, 300, 29, 274],
        [3, 228, 11, 209],
        [62, 13536, 248, 12619],
        [33, 5036, 47, 5761],
        [180, 1361, 372, 1079],
        [8, 2537, 10, 619],
        [505, 87886, 499, 87892],
        [29, 7470, 45, 7232],
        [17, 1699, 65, 1600],
        [186, 50448, 141, 27197],
        [5, 2493, 3, 2338],
        [27, 16886, 29, 17825],
    ]
)
# Efron and Morris 1975: hits of 18 players in their first 45 times at bat.
BASEBALL = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]) / 45


def risk_ratios() -> tuple[Floats, Floats]:
    a, b, c, d = BCG.T
    return np.log(a * (c + d) / (c * (a + b))), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def excess(x: Floats, v: Floats, tau2: float) -> float:
    weight = 1 / (v + tau2)
    return float(np.sum(weight * (x - np.average(x, weights=weight)) ** 2) - (x.size - 1))


def test_the_trials_scatter_as_published() -> None:
    assert excess(*risk_ratios(), tau2=0) + 12 == pytest.approx(152.233, abs=0.0005)


def test_the_spread_between_trials_is_the_published_paule_mandel_value() -> None:
    assert paule_mandel_tau2(*risk_ratios()) == pytest.approx(0.3181, abs=0.00005)


def test_the_mean_of_trials_is_the_published_one_at_the_published_spread() -> None:
    x, v = risk_ratios()
    fit = empirical_bayes(x, v, tau2=0.3132)
    assert fit.mu == pytest.approx(-0.7145, abs=0.00005)
    assert np.sum(1 / (v + 0.3132)) ** -0.5 == pytest.approx(0.1798, abs=0.00005)


def test_batting_averages_shrink_as_efron_and_morris_printed_them() -> None:
    stabilised = np.sqrt(45) * np.arcsin(2 * BASEBALL - 1)
    scatter = float(np.sum((stabilised - stabilised.mean()) ** 2))
    assert scatter == pytest.approx(18.97, abs=0.01)
    factor = 1 - 15 / scatter
    assert factor == pytest.approx(0.209, abs=0.0005)
    fit = empirical_bayes(stabilised, np.ones(18), tau2=factor / (1 - factor))
    printed = [0.290, 0.286, 0.2815, 0.277, 0.273, 0.273, 0.268, 0.264, 0.259, 0.259]
    printed += [0.254] * 5 + [0.249, 0.244, 0.239]
    assert (np.sin(fit.score / np.sqrt(45)) + 1) / 2 == pytest.approx(printed, abs=0.0006)


def test_with_equal_variances_the_spread_has_a_closed_form() -> None:
    x = np.random.default_rng(1).normal(50, 12, 40)
    assert paule_mandel_tau2(x, np.full(40, 30.0)) == pytest.approx(np.var(x, ddof=1) - 30)


@given(st.integers(0, 2**32 - 1))
def test_the_spread_makes_the_scatter_as_large_as_expected(seed: int) -> None:
    rng = np.random.default_rng(seed)
    v = rng.uniform(10, 900, int(rng.integers(2, 80)))
    x = rng.normal(40, rng.uniform(0, 20), v.size) + rng.normal(0, np.sqrt(v))
    tau2 = paule_mandel_tau2(x, v)
    if tau2 == 0:
        assert excess(x, v, 0) <= 1e-9 * v.size
    else:
        assert excess(x, v, tau2) == pytest.approx(0, abs=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(-80, 80), st.floats(0.1, 10))
def test_shifting_and_stretching_scores_shifts_and_stretches_what_is_shrunken(
    seed: int, shift: float, stretch: float
) -> None:
    rng = np.random.default_rng(seed)
    v = rng.uniform(10, 400, 30)
    x = rng.normal(40, 15, 30)
    fit, moved = empirical_bayes(x, v), empirical_bayes(shift + stretch * x, stretch**2 * v)
    np.testing.assert_allclose(moved.score, shift + stretch * fit.score, atol=1e-6 * stretch)
    np.testing.assert_allclose(moved.sd, stretch * fit.sd, rtol=1e-6)


def test_fewer_answers_are_drawn_further_towards_the_mean() -> None:
    x = np.array([60.0, 60.0, 60.0, 0.0, 10.0, 20.0, 30.0])
    v = np.array([4.0, 40.0, 400.0, 9.0, 9.0, 9.0, 9.0])
    fit = empirical_bayes(x, v)
    assert fit.mu < fit.score[2] < fit.score[1] < fit.score[0] < 60


def test_when_chance_explains_everything_all_have_the_score_of_the_network() -> None:
    fit = empirical_bayes(np.array([49.0, 50.0, 51.0]), np.full(3, 100.0))
    assert fit.tau2 == 0
    assert fit.score.tolist() == [50, 50, 50]
    ranks = posterior_ranks(fit.score, fit.sd, seed=1)
    assert ranks.rank.tolist() == ranks.low.tolist() == [1, 1, 1]
    assert ranks.high.tolist() == [3, 3, 3]


def test_one_branch_alone_is_its_own_network() -> None:
    fit = empirical_bayes(np.array([42.0]), np.array([9.0]))
    assert (fit.mu, fit.tau2, fit.score.tolist()) == (42, 0, [42])
    ranks = posterior_ranks(fit.score, fit.sd, seed=1)
    assert (ranks.low.tolist(), ranks.high.tolist()) == ([1], [1])


def test_no_branch_at_all_is_no_error() -> None:
    fit = empirical_bayes(np.array([]), np.array([]))
    assert np.isnan(fit.mu)
    assert posterior_ranks(fit.score, fit.sd, seed=1).rank.size == 0


@pytest.mark.parametrize(("score", "variance"), [(np.nan, 1.0), (1.0, 0.0), (1.0, np.nan)])
def test_scores_without_uncertainty_are_refused(score: float, variance: float) -> None:
    with pytest.raises(ValueError, match="variances above 0"):
        empirical_bayes(np.array([5.0, score]), np.array([1.0, variance]))


def posterior(seed: int, branches: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    return rng.normal(40, 10, branches), rng.uniform(2, 9, branches)


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_the_order_in_which_branches_come_does_not_matter(seed: int, branches: int) -> None:
    m, s = posterior(seed, branches)
    m[branches // 2 :] = np.round(m[branches // 2 :], -1)  # some ties
    order = np.random.default_rng(seed).permutation(branches)
    ranks = posterior_ranks(m, s, seed=5, draws=200)
    shuffled = posterior_ranks(m[order], s[order], seed=5, draws=200)
    for field in ("rank", "low", "high"):
        assert (getattr(shuffled, field) == getattr(ranks, field)[order]).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_a_rank_lies_within_its_interval_and_within_the_table(seed: int, branches: int) -> None:
    ranks = posterior_ranks(*posterior(seed, branches), seed=1, draws=100)
    assert (ranks.low >= 1).all()
    assert (ranks.low <= ranks.rank).all()
    assert (ranks.rank <= ranks.high).all()
    assert (ranks.high <= branches).all()


def test_equal_branches_share_place_and_interval() -> None:
    m, s = np.array([9.0, 7.0, 7.0, 5.0, 7.0]), np.array([2.0, 2.0, 2.0, 2.0, 1.0])
    ranks = posterior_ranks(m, s, seed=1)
    assert ranks.rank.tolist() == [1, 2, 2, 5, 2]
    assert (ranks.low[1], ranks.high[1]) == (ranks.low[2], ranks.high[2])


def test_branches_far_apart_have_certain_places() -> None:
    ranks = posterior_ranks(np.array([10.0, 90.0, 50.0]), np.ones(3), seed=1)
    assert ranks.rank.tolist() == ranks.low.tolist() == ranks.high.tolist() == [3, 1, 2]


def test_limits_are_the_quantiles_of_places_in_drawn_tables() -> None:
    m, s = posterior(3, 25)
    noise = np.random.default_rng(11).standard_normal((20_000, 25))
    places = 1 + np.argsort(np.argsort(-(m + s * noise), axis=1), axis=1)
    low, high = np.quantile(places, [0.025, 0.975], axis=0, method="inverted_cdf")
    ranks = posterior_ranks(m, s, seed=1, draws=20_000)
    assert np.abs(ranks.low - np.minimum(low, ranks.rank)).max() <= 1
    assert np.abs(ranks.high - np.maximum(high, ranks.rank)).max() <= 1
    assert np.abs(ranks.high - high).mean() < 0.2


def test_the_same_seed_gives_the_same_table_whatever_memory_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = posterior_ranks(*posterior(2, 40), seed=9, draws=300)
    monkeypatch.setattr(shrinkage, "CHUNK_CELLS", 500)
    parts = posterior_ranks(*posterior(2, 40), seed=9, draws=300)
    other = posterior_ranks(*posterior(2, 40), seed=10, draws=300)
    assert (parts.low == whole.low).all()
    assert (parts.high == whole.high).all()
    assert (other.low != whole.low).any()


def test_a_coverage_is_narrower_when_less_is_asked() -> None:
    wide = posterior_ranks(*posterior(4, 60), seed=1)
    narrow = posterior_ranks(*posterior(4, 60), seed=1, coverage=0.5)
    assert (narrow.high - narrow.low).mean() < 0.5 * (wide.high - wide.low).mean()


def network(rng: np.random.Generator, branches: int, answers: int) -> tuple[Counts, Floats]:
    """Bands of branches whose true NPS spreads by about 12, and their true NPS."""
    feeling = rng.normal(0, 0.32, branches)
    up = 1 / (1 + np.exp(-(0.1 + feeling)))
    down = (1 - up) / (1 + np.exp(0.2 + feeling))
    shares = np.column_stack([down, 1 - up - down, up])
    counts = rng.multinomial(np.maximum(rng.poisson(answers, branches), 5), shares)
    return counts, 100 * (up - down)


# Branches, answers, simulated networks: another simulation reports .953, .953, .939.
@pytest.mark.parametrize(
    ("branches", "answers", "times"), [(50, 15, 60), (50, 60, 60), (500, 60, 3)]
)
def test_rank_intervals_cover_the_true_ranks(branches: int, answers: int, times: int) -> None:
    rng = np.random.default_rng(branches + answers)
    covered, width = [], []
    for seed in range(times):
        counts, truth = network(rng, branches, answers)
        x = point_score(counts, Kind.NPS, SCALES["nps3"])
        fit = empirical_bayes(x, metric_variance(counts, Kind.NPS, SCALES["nps3"]))
        ranks = posterior_ranks(fit.score, fit.sd, seed=seed, draws=400)
        place = 1 + np.argsort(np.argsort(-truth))
        covered.append(np.mean((ranks.low <= place) & (place <= ranks.high)))
        width.append(np.mean(ranks.high - ranks.low) / branches)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)
    assert np.mean(width) < 0.85
