"""Case-mix coefficients are those of a dummy-variable regression and of a mixed model.

Here and not among the unit tests only because importing statsmodels takes seconds.
"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.datasets import grunfeld

from scoring import adjustment
from scoring.adjustment import adjust, fit_adjustment
from scoring.arrays import Counts, Floats
from scoring.branch_moments import moments_of_answers
from scoring.measured import Measured
from scoring.shrinkage import empirical_bayes


def network(
    seed: int, *, branches: int, answers: int, sorted_: bool = True
) -> tuple[Floats, Floats, Counts]:
    """Three dummies and an age; good branches have other customers than bad ones if ``sorted_``."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(0, 12, branches)
    branch = rng.integers(0, branches, answers)
    share = np.clip(0.4 + sorted_ * quality / 60 + rng.normal(0, 0.1, branches), 0.05, 0.95)
    dummies = (rng.random((answers, 3)) < share[branch, np.newaxis]).astype(float)
    age = rng.normal(sorted_ * quality[branch] / 12, 1.3)
    y = quality[branch] + dummies @ [8, -5, 0] + 3 * age + rng.normal(0, 70, answers)
    return np.column_stack([dummies, age]), y, branch


@pytest.mark.parametrize("seed", range(5))
def test_coefficients_and_errors_are_those_of_least_squares_with_a_dummy_per_branch(
    seed: int,
) -> None:
    x, y, branch = network(seed, branches=30, answers=900)
    ours = fit_adjustment(moments_of_answers(x, y, branch, branches=30))
    theirs = sm.OLS(y, np.column_stack([x, np.eye(30)[branch]])).fit()
    np.testing.assert_allclose(ours.coefficients, theirs.params[:4], rtol=1e-9)
    np.testing.assert_allclose(ours.covariance, theirs.cov_params()[:4, :4], rtol=1e-8)
    assert ours.residual_variance == pytest.approx(theirs.scale)


@pytest.mark.parametrize("seed", range(3))
def test_clustered_errors_are_those_of_statsmodels_but_for_the_stated_factor(seed: int) -> None:
    x, y, branch = network(seed, branches=60, answers=1500)
    ours = fit_adjustment(moments_of_answers(x, y, branch, branches=60))
    design = np.column_stack([x, np.eye(60)[branch]])
    theirs = sm.OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": branch})
    # Branches nest in the clusters and are not counted; statsmodels counts them.
    factor = (1500 - design.shape[1]) / (1500 - 4 - 1)
    np.testing.assert_allclose(ours.covariance, theirs.cov_params()[:4, :4] * factor, rtol=1e-7)


def test_the_investments_of_ten_firms_give_the_published_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Grunfeld's data: fixed effects, plain errors, and those that pyfixest clusters by firm."""
    data = grunfeld.load_pandas().data.query("firm != 'American Steel'")
    firm, _ = pd.factorize(data.firm)
    x = data[["value", "capital"]].to_numpy()
    moments = moments_of_answers(x, data.invest.to_numpy(), firm, branches=10)
    plain = fit_adjustment(moments)
    np.testing.assert_allclose(plain.coefficients, [0.1101238, 0.3100653], atol=5e-8)
    np.testing.assert_allclose(plain.standard_errors, [0.0118567, 0.0173545], atol=5e-8)
    monkeypatch.setattr(adjustment, "CLUSTERED_FROM", 10)
    clustered = fit_adjustment(moments)
    np.testing.assert_allclose(clustered.standard_errors, [0.015194, 0.052752], atol=5e-7)


def test_adjusting_and_shrinking_in_two_steps_is_what_a_mixed_model_does_in_one() -> None:
    """Where the mix has nothing to do with quality, as a mixed model has to assume."""
    branches = 120
    x, y, branch = network(4, branches=branches, answers=6000, sorted_=False)
    moments = moments_of_answers(x, y, branch, branches=branches)
    fit = fit_adjustment(moments)
    spread = fit.residual_variance / moments.n
    raw = Measured(moments.n.astype(np.int64), moments.score, moments.score, moments.score, spread)
    ours = empirical_bayes(adjust(raw, fit, moments.mix).score, spread)
    mixed = sm.MixedLM(y, sm.add_constant(x), groups=branch).fit(reml=True, method="powell")
    theirs = np.array([mixed.random_effects[number].iloc[0] for number in range(branches)])
    assert np.corrcoef(ours.score, theirs)[0, 1] > 0.9999
    assert ours.tau2 == pytest.approx(np.asarray(mixed.cov_re).item(), rel=0.02)
