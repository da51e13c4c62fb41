"""Weights: propensity, classes, raking, trimming, and what they cost."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from scoring.scales import Kind, scale_of
from scoring.scores import score_counts
from scoring.weighting import (
    class_weights,
    design_effect,
    rake,
    representativity,
    response_propensity,
    trimmed,
    weighted_interval,
    weighted_score,
)

SEED = np.array([[40, 30, 20, 10], [35, 50, 100, 75], [30, 80, 70, 120], [20, 30, 40, 50]], float)
ROWS, COLUMNS = np.array([150.0, 300, 400, 150]), np.array([200.0, 300, 400, 100])
FITTED = [
    [64.56, 46.23, 35.38, 3.82],
    [49.97, 68.16, 156.50, 25.37],
    [56.72, 144.43, 145.08, 53.77],
    [28.75, 41.18, 63.03, 17.03],
]
"""The example of the article on iterative proportional fitting in the English Wikipedia."""


def margins() -> tuple[list[np.ndarray], list[np.ndarray]]:
    row, column = np.indices(SEED.shape)
    return [row.ravel(), column.ravel()], [ROWS, COLUMNS]


def test_raking_fits_the_published_example():
    groups, totals = margins()
    found = rake(SEED.ravel(), np.ones(16, dtype=np.int64), groups, totals)
    np.testing.assert_allclose(found.weights.reshape(4, 4), FITTED, atol=0.006)
    assert found.gap < 1e-6
    assert found.rounds < 30


def test_raking_says_how_far_margins_contradict_one_another():
    groups = [np.array([0, 1]), np.array([0, 1])]
    found = rake(np.ones(2), np.array([5, 5]), groups, [np.array([8.0, 2]), np.array([2.0, 8])])
    assert found.gap > 1


def test_groups_that_nobody_answered_for_leave_their_total_to_the_others():
    found = rake(np.ones(2), np.array([10, 0]), [np.array([0, 1])], [np.array([30.0, 70.0])])
    assert found.weights[0] * 10 == pytest.approx(100)


@given(
    st.lists(st.integers(1, 50), min_size=6, max_size=6),
    st.lists(st.floats(10, 1_000), min_size=5, max_size=5),
)
def test_raked_weights_meet_every_margin(counts: list[int], totals: list[float]):
    n = np.array(counts)
    row, column = np.repeat([0, 1], 3), np.tile([0, 1, 2], 2)
    wanted = [np.array(totals[:2]), np.array(totals[2:])]
    found = rake(np.ones(6), n, [row, column], wanted, rounds=500)
    whole = wanted[0].sum()
    for group, total in zip((row, column), wanted, strict=True):
        reached = np.bincount(group, weights=found.weights * n)
        np.testing.assert_allclose(reached, total * whole / total.sum(), rtol=1e-4)


def cells(seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    known = rng.integers(0, 2, (40, 3)).astype(float)
    invited = rng.integers(20, 200, 40)
    share = 1 / (1 + np.exp(-(known @ np.array([0.8, -0.5, 0.3]) - 1)))
    return known, invited, rng.binomial(invited, share)


def test_propensities_are_those_of_a_logistic_regression():
    known, invited, answered = cells()
    model = sm.GLM(
        np.column_stack([answered, invited - answered]),
        sm.add_constant(known),
        family=sm.families.Binomial(),
    ).fit()
    found = response_propensity(known, invited, answered)
    np.testing.assert_allclose(found, model.fittedvalues, atol=2e-5)
    assert np.sum(found * invited) == pytest.approx(answered.sum(), rel=1e-4)


def test_a_group_that_never_answered_has_a_small_propensity_and_a_finite_weight():
    known = np.array([[0.0], [1.0]])
    invited, answered = np.array([100, 100]), np.array([0, 40])
    found = response_propensity(known, invited, answered)
    assert 0 < found[0] < 0.01
    weights = class_weights(found, invited, answered)
    np.testing.assert_allclose(weights, [5.0, 5.0])


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="invited"):
        response_propensity(np.zeros((1, 1)), np.array([1]), np.array([2]))


def test_class_weights_give_back_everyone_who_was_invited():
    known, invited, answered = cells(3)
    propensity = response_propensity(known, invited, answered)
    weights = class_weights(propensity, invited, answered)
    assert np.sum(weights * answered) == pytest.approx(invited.sum())
    assert np.corrcoef(weights, 1 / propensity)[0, 1] > 0.9


def test_weights_take_away_the_bias_that_is_known():
    """The young answer half as often and are less happy: weighted, the share is right again."""
    invited = np.array([5_000, 5_000])
    answered, happy = np.array([1_000, 2_000]), np.array([0.5, 0.8])
    propensity = response_propensity(np.array([[1.0], [0.0]]), invited, answered)
    weights = class_weights(propensity, invited, answered)
    raw = np.sum(answered * happy) / answered.sum()
    weighted = np.sum(weights * answered * happy) / np.sum(weights * answered)
    assert raw == pytest.approx(0.70)
    assert weighted == pytest.approx(0.65)


def test_trimming_cuts_at_five_medians_and_equal_weights_cost_nothing():
    weights, n = np.array([1.0, 1.0, 50.0]), np.array([60, 30, 10])
    assert trimmed(weights, n).tolist() == [1.0, 1.0, 5.0]
    assert design_effect(np.full(3, 7.0), n) == pytest.approx(1)
    assert np.isnan(design_effect(weights, np.zeros(3, dtype=np.int64)))


@given(st.lists(st.tuples(st.floats(0.1, 20), st.integers(1, 30)), min_size=1, max_size=20))
def test_the_design_effect_is_that_of_single_answers(pairs: list[tuple[float, int]]):
    weights, n = np.array([w for w, _ in pairs]), np.array([count for _, count in pairs])
    single = np.repeat(weights, n)
    assert design_effect(weights, n) == pytest.approx(
        len(single) * np.sum(single**2) / np.sum(single) ** 2
    )
    assert design_effect(weights, n) >= 1 - 1e-9


def test_representativity_is_one_when_all_groups_answer_alike():
    invited = np.array([10, 20])
    assert representativity(np.array([0.3, 0.3]), invited) == pytest.approx(1)
    assert representativity(np.array([0.0, 1.0]), np.array([1, 1])) == pytest.approx(0)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Kind.NPS, "0-10"), (Kind.NPS, "nps3"), (Kind.TOP2_BOX, "1-5"), (Kind.MEAN, "1-5")],
)
def test_equal_weights_change_neither_score_nor_interval(kind: Kind, code: str):
    scale = scale_of(code)
    cells = np.random.default_rng(4).integers(0, 30, (6, scale.bins))
    plain = score_counts(cells.sum(axis=0)[np.newaxis], kind, scale)
    found = weighted_interval(cells, np.full(6, 3.0), kind, scale)
    assert weighted_score(cells, np.full(6, 3.0), kind, scale) == pytest.approx(plain.score[0])
    np.testing.assert_allclose([found.low, found.high], [plain.low[0], plain.high[0]], rtol=1e-3)


def test_unequal_weights_widen_the_interval():
    cells = np.array([[10, 20, 70], [30, 20, 50]])
    scale = scale_of("nps3")
    even = weighted_interval(cells, np.ones(2), Kind.NPS, scale)
    uneven = weighted_interval(cells, np.array([1.0, 4.0]), Kind.NPS, scale)
    assert uneven.high - uneven.low > even.high - even.low
    assert weighted_score(cells, np.array([1.0, 0.0]), Kind.NPS, scale) == pytest.approx(60)
