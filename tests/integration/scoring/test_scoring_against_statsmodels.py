"""Scoring agrees with an implementation by other people, on random input.

Here and not among the unit tests only because importing statsmodels takes seconds.
"""

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from scoring.intervals import wilson_interval
from scoring.scales import SCALES, mean, variance
from scoring.shrinkage import empirical_bayes, paule_mandel_tau2


@pytest.mark.parametrize("answers", [1, 7, 60, 1200])
def test_wilson_is_that_of_statsmodels_for_every_number_of_hits(answers: int) -> None:
    hits = np.arange(answers + 1)
    low, high = proportion_confint(hits, answers, method="wilson")
    found = wilson_interval(hits, answers)
    np.testing.assert_allclose(found.low, low, atol=1e-12)
    np.testing.assert_allclose(found.high, high, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_the_spread_between_branches_is_that_of_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    branches = int(rng.integers(3, 60))
    variances = rng.uniform(20, 400, branches)
    scores = rng.normal(40, rng.uniform(0, 15), branches) + rng.normal(0, np.sqrt(variances))
    theirs = combine_effects(scores, variances, method_re="iterated")
    ours = empirical_bayes(scores, variances)
    assert ours.tau2 == pytest.approx(max(theirs.tau2, 0), abs=1e-3)
    assert ours.mu == pytest.approx(theirs.mean_effect_re, abs=1e-4)
    assert paule_mandel_tau2(scores, variances) == ours.tau2


def test_mean_and_variance_of_a_histogram_are_those_of_weighted_values() -> None:
    scale = SCALES["0-10"]
    counts = np.random.default_rng(4).integers(0, 90, scale.bins)
    theirs = DescrStatsW(np.array(scale.values), weights=counts, ddof=1)
    assert mean(counts, scale) == pytest.approx(theirs.mean)
    assert variance(counts, scale) == pytest.approx(theirs.var)
