"""Adjusting takes away what mix and channel add, nothing else, and says how sure that is."""

from dataclasses import dataclass, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.adjustment import (
    CLUSTERED_FROM,
    NothingToFitError,
    adjust,
    effects,
    fit_adjustment,
    mix_variance,
)
from scoring.arrays import Counts, Floats, ratio
from scoring.branch_moments import (
    BranchMoments,
    known_or_own_mix,
    moments_of_answers,
    moments_of_strata,
)
from scoring.measured import Measured

PHONE = 8.0


@dataclass(frozen=True)
class Answered:
    """Answers of a made-up network: whole numbers, as dummies and NPS answers are."""

    x: Floats
    y: Floats
    branch: Counts
    branches: int

    @property
    def moments(self) -> BranchMoments:
        return moments_of_answers(self.x, self.y, self.branch, branches=self.branches)


def answered(seed: int, *, branches: int = 12, answers: int = 300, columns: int = 4) -> Answered:
    rng = np.random.default_rng(seed)
    branch = np.concatenate([np.arange(branches), rng.integers(0, branches, answers - branches)])
    share = rng.uniform(0.1, 0.9, (branches, columns))
    x = (rng.random((answers, columns)) < share[branch]).astype(float)
    y = 100.0 * rng.integers(-1, 2, answers)
    return Answered(x, y, branch, branches)


def measured_of(found: BranchMoments) -> Measured:
    """Raw scores with a variance of 5,600 per answer and a plain interval."""
    variance = ratio(5600, found.n)
    arm = 1.959963984540054 * np.sqrt(variance)
    score = found.score
    return Measured(found.n.astype(np.int64), score, score - arm, score + arm, variance)


def adjusted(network: Answered) -> Measured:
    moments = network.moments
    return adjust(measured_of(moments), fit_adjustment(moments), moments.mix)


networks = st.integers(0, 10_000).map(answered)


@given(networks, st.integers(-500, 500))
def test_adding_a_constant_to_all_answers_adds_it_to_all_adjusted_scores(
    network: Answered, constant: int
) -> None:
    moved = Answered(network.x, network.y + constant, network.branch, network.branches)
    np.testing.assert_allclose(
        adjusted(moved).score, adjusted(network).score + constant, rtol=0, atol=1e-8
    )


@given(networks)
def test_answers_times_scores_have_the_same_total_before_and_after(network: Answered) -> None:
    moments = network.moments
    found = adjusted(network)
    assert moments.n @ found.score == pytest.approx(moments.y.sum(), abs=1e-6)


@given(networks)
def test_a_branch_with_the_networks_mix_keeps_its_score(network: Answered) -> None:
    moments = network.moments
    fit = fit_adjustment(moments)
    same = np.tile(fit.reference, (network.branches, 1))
    raw = measured_of(moments)
    found = adjust(raw, fit, same)
    np.testing.assert_array_equal(found.score, raw.score)
    assert (mix_variance(fit, same) == 0).all()


@given(st.integers(0, 10_000))
def test_identical_mix_everywhere_gives_back_the_raw_scores(seed: int) -> None:
    rng = np.random.default_rng(seed)
    block = rng.integers(0, 2, (20, 3)).astype(float)
    network = Answered(
        np.tile(block, (15, 1)), 100.0 * rng.integers(-1, 2, 300), np.repeat(np.arange(15), 20), 15
    )
    np.testing.assert_allclose(adjusted(network).score, network.moments.score, rtol=0, atol=1e-9)


@given(networks, st.integers(0, 10_000))
def test_the_order_of_branches_and_answers_does_not_matter(network: Answered, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(network.y))
    to = rng.permutation(network.branches)
    shuffled = Answered(
        network.x[rows], network.y[rows], to[network.branch[rows]], network.branches
    )
    before, after = adjusted(network), adjusted(shuffled)
    np.testing.assert_allclose(after.score[to], before.score, rtol=0, atol=1e-9)
    np.testing.assert_allclose(after.variance[to], before.variance, rtol=1e-9)


@given(networks, st.integers(1, 5))
def test_moments_merged_in_any_order_are_those_of_all_answers(
    network: Answered, parts: int
) -> None:
    part = np.arange(len(network.y)) % parts
    pieces = [
        moments_of_answers(
            network.x[part == number],
            network.y[part == number],
            network.branch[part == number],
            branches=network.branches,
        )
        for number in range(parts)
    ]
    forth, back = pieces[0], pieces[-1]
    for piece in pieces[1:]:
        forth = forth + piece
    for piece in pieces[-2::-1]:
        back = back + piece
    for field in fields(BranchMoments):
        whole = getattr(network.moments, field.name)
        np.testing.assert_array_equal(getattr(forth, field.name), whole)
        np.testing.assert_array_equal(getattr(back, field.name), whole)


@given(networks)
def test_counted_strata_give_the_moments_of_the_answers_one_by_one(network: Answered) -> None:
    keys, place = np.unique(
        np.column_stack([network.branch, network.x]), axis=0, return_inverse=True
    )
    strata = moments_of_strata(
        keys[:, 1:],
        np.bincount(place),
        np.bincount(place, weights=network.y),
        np.bincount(place, weights=network.y**2),
        keys[:, 0].astype(np.int64),
        branches=network.branches,
    )
    for field in fields(BranchMoments):
        np.testing.assert_array_equal(
            getattr(strata, field.name), getattr(network.moments, field.name)
        )


@given(networks)
def test_another_first_level_gives_the_same_adjusted_scores(network: Answered) -> None:
    """Three levels by two dummies: whichever level has none."""
    level = (network.x[:, 0] + network.x[:, 0] * network.x[:, 1]).astype(int)
    by_first = []
    for first in range(3):
        others = [number for number in range(3) if number != first]
        x = (level[:, np.newaxis] == others).astype(float)
        by_first.append(adjusted(Answered(x, network.y, network.branch, network.branches)))
    for other in by_first[1:]:
        np.testing.assert_allclose(other.score, by_first[0].score, rtol=0, atol=1e-8)
        np.testing.assert_allclose(other.variance, by_first[0].variance, rtol=1e-8)


@given(networks)
def test_a_column_that_says_what_others_say_changes_nothing(network: Answered) -> None:
    doubled = np.column_stack([network.x, network.x[:, 0], network.x[:, 1] - network.x[:, 2]])
    found = Answered(doubled, network.y, network.branch, network.branches)
    fit = fit_adjustment(found.moments)
    assert not fit.estimable[4:].any()
    assert (fit.coefficients[4:] == 0).all()
    assert (fit.covariance[4:] == 0).all()
    np.testing.assert_allclose(adjusted(found).score, adjusted(network).score, rtol=0, atol=1e-8)
    np.testing.assert_allclose(adjusted(found).variance, adjusted(network).variance, rtol=1e-8)


@given(networks)
def test_what_the_columns_add_is_the_whole_way_from_raw_to_adjusted(network: Answered) -> None:
    moments = network.moments
    raw, found = measured_of(moments), adjusted(network)
    parts = effects(fit_adjustment(moments), moments.mix)
    np.testing.assert_allclose(parts.sum(axis=1), found.score - raw.score, rtol=0, atol=1e-9)


@given(networks)
def test_the_interval_holds_the_score_and_widens_with_doubt_about_the_mix(
    network: Answered,
) -> None:
    moments = network.moments
    fit = fit_adjustment(moments)
    found = adjust(measured_of(moments), fit, moments.mix)
    sure = adjust(measured_of(moments), fit, np.tile(fit.reference, (network.branches, 1)))
    assert (found.low < found.score).all()
    assert (found.score < found.high).all()
    assert (found.high - found.low >= (sure.high - sure.low) * (1 - 1e-12)).all()
    assert (found.variance >= sure.variance).all()


def test_a_mix_that_is_not_known_changes_nothing() -> None:
    network = answered(1)
    fit = fit_adjustment(network.moments)
    raw = measured_of(network.moments)
    unknown = np.full((network.branches, 4), np.nan)
    np.testing.assert_array_equal(adjust(raw, fit, unknown).score, raw.score)


def test_a_branch_without_answers_has_no_adjusted_score() -> None:
    network = answered(1)
    found = adjusted(Answered(network.x, network.y, network.branch, network.branches + 1))
    assert np.isnan(found.score[-1])
    assert np.isnan(found.variance[-1])
    np.testing.assert_allclose(found.score[:-1], adjusted(network).score)


def test_what_is_not_known_of_an_answer_is_taken_from_its_branch_and_does_not_count() -> None:
    x = np.array([[1.0], [0.0], [np.nan], [np.nan]])
    branch = np.array([0, 0, 0, 1])
    known = known_or_own_mix(x, np.array([3, 1, 9, 2]), branch, branches=2)
    np.testing.assert_allclose(known[:, 0], [1, 0, 0.75, 0.75])
    nobody = known_or_own_mix(np.full((2, 1), np.nan), np.ones(2, int), branch[:2], branches=1)
    np.testing.assert_array_equal(nobody, [[0], [0]])


def test_one_answer_per_branch_cannot_be_compared_within_branches() -> None:
    lonely = Answered(np.ones((3, 1)), np.zeros(3), np.arange(3), 3)
    with pytest.raises(NothingToFitError):
        fit_adjustment(lonely.moments)


def test_answers_that_are_all_alike_leave_nothing_to_adjust() -> None:
    network = answered(3)
    fit = fit_adjustment(Answered(network.x, np.full(300, 100.0), network.branch, 12).moments)
    np.testing.assert_allclose(fit.coefficients, 0, atol=1e-12)
    assert fit.unexplained == 1


def phoning(
    rng: np.random.Generator, *, branches: int = 200, per_branch: int = 60, leak: float = 0.5
) -> tuple[Answered, Floats]:
    """A network whose good branches phone more, and the true scores of its branches."""
    quality = rng.normal(0, 12, branches)
    share = np.clip(0.35 + leak * quality / 40 + rng.normal(0, 0.2, branches), 0, 1)
    branch = np.repeat(np.arange(branches), per_branch)
    phone = (rng.random(len(branch)) < share[branch]).astype(float)
    y = quality[branch] + PHONE * phone + rng.normal(0, 75, len(branch))
    return Answered(phone[:, np.newaxis], y, branch, branches), quality


def test_the_quality_of_branches_that_phone_is_not_taken_for_the_telephone() -> None:
    network, _ = phoning(np.random.default_rng(7), per_branch=400)
    fit = fit_adjustment(network.moments)
    pooled = np.polyfit(network.x[:, 0], network.y, 1)[0]
    assert abs(fit.coefficients[0] - PHONE) < 3 * fit.standard_errors[0]
    assert pooled > PHONE + 6 * fit.standard_errors[0]


def test_standard_errors_are_the_spread_of_coefficients_over_many_networks() -> None:
    rng = np.random.default_rng(11)
    fits = [fit_adjustment(phoning(rng, branches=60)[0].moments) for _ in range(400)]
    found = np.array([fit.coefficients[0] for fit in fits])
    said = np.mean([fit.standard_errors[0] for fit in fits])
    assert np.mean(found) == pytest.approx(PHONE, abs=4 * said / 20)
    assert np.std(found) == pytest.approx(said, rel=0.12)
    within = [abs(fit.coefficients[0] - PHONE) < 1.96 * fit.standard_errors[0] for fit in fits]
    assert np.mean(within) == pytest.approx(0.95, abs=0.03)


def test_adjusted_intervals_hold_the_truth_and_adjusted_scores_are_nearer_to_it() -> None:
    rng = np.random.default_rng(5)
    held, errors = [], []
    for _ in range(40):
        network, quality = phoning(rng, per_branch=100)
        moments = network.moments
        fit = fit_adjustment(moments)
        found = adjust(measured_of(moments), fit, moments.mix)
        truth = quality + PHONE * fit.reference[0]
        held.append((found.low <= truth) & (truth <= found.high))
        raw = np.mean((moments.score - truth) ** 2)
        errors.append((raw, np.mean((found.score - truth) ** 2)))
    assert np.mean(held) == pytest.approx(0.95, abs=0.01)
    raw, nearer = np.mean(errors, axis=0)
    assert nearer < 0.97 * raw


def test_a_branch_with_a_single_channel_is_less_sure_than_one_with_the_networks_mix() -> None:
    network, _ = phoning(np.random.default_rng(2), branches=50, per_branch=40)
    moments = network.moments
    fit = fit_adjustment(moments)
    usual = fit.reference[np.newaxis]
    only_phone = np.array([[1.0]])
    assert mix_variance(fit, usual)[0] == 0
    expected = (1 - fit.reference[0]) ** 2 * fit.standard_errors[0] ** 2
    assert mix_variance(fit, only_phone)[0] == pytest.approx(expected)


def test_the_covariance_is_clustered_once_there_are_branches_enough() -> None:
    few = fit_adjustment(answered(1, branches=CLUSTERED_FROM - 1, answers=600).moments)
    many = fit_adjustment(answered(1, branches=CLUSTERED_FROM, answers=600).moments)
    assert not few.clustered
    assert many.clustered
    np.testing.assert_allclose(few.standard_errors, many.standard_errors, rtol=0.4)


def test_an_effect_that_differs_between_branches_makes_the_coefficient_less_sure() -> None:
    rng = np.random.default_rng(9)
    branch = np.repeat(np.arange(60), 100)
    phone = (rng.random(len(branch)) < 0.4).astype(float)
    noise = rng.normal(0, 20, len(branch))
    own_effect = rng.normal(PHONE, 10, 60)
    same = Answered(phone[:, np.newaxis], PHONE * phone + noise, branch, 60)
    differs = Answered(phone[:, np.newaxis], own_effect[branch] * phone + noise, branch, 60)
    sure = fit_adjustment(same.moments).standard_errors[0]
    unsure = fit_adjustment(differs.moments).standard_errors[0]
    assert unsure > 1.8 * sure
    assert unsure == pytest.approx(np.hypot(sure, 10 / np.sqrt(60)), rel=0.25)
