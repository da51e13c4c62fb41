"""Driver weights: published values, and what must hold for any data."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.outliers_influence import variance_inflation_factor

from scoring.arrays import Floats
from scoring.importance import (
    CollinearError,
    TooManyDriversError,
    explained_share,
    johnson_weights,
    lmg_weights,
    standardised_coefficients,
    suppressed,
    variance_inflation,
)

# Motor Trend 1974 (Henderson and Velleman 1981): mpg, cyl, disp, hp, gear, wt of 32 cars.
CARS = np.array(
    [
        car.split()
        for car in """21 6 160 110 4 2.62|21 6 160 110 4 2.875|22.8 4 108 93 4 2.32|
        21.4 6 258 110 3 3.215|18.7 8 360 175 3 3.44|18.1 6 225 105 3 3.46|14.3 8 360 245 3 3.57|
        24.4 4 146.7 62 4 3.19|22.8 4 140.8 95 4 3.15|19.2 6 167.6 123 4 3.44|
        17.8 6 167.6 123 4 3.44|16.4 8 275.8 180 3 4.07|17.3 8 275.8 180 3 3.73|
        15.2 8 275.8 180 3 3.78|10.4 8 472 205 3 5.25|10.4 8 460 215 3 5.424|
        14.7 8 440 230 3 5.345|32.4 4 78.7 66 4 2.2|30.4 4 75.7 52 4 1.615|33.9 4 71.1 65 4 1.835|
        21.5 4 120.1 97 3 2.465|15.5 8 318 150 3 3.52|15.2 8 304 150 3 3.435|13.3 8 350 245 3 3.84|
        19.2 8 400 175 3 3.845|27.3 4 79 66 4 1.935|26 4 120.3 91 5 2.14|30.4 4 95.1 113 5 1.513|
        15.8 8 351 264 5 3.17|19.7 6 145 175 5 2.77|15 8 301 335 5 3.57|
        21.4 4 121 109 4 2.78""".split("|")
    ],
    dtype=float,
)
MPG, CYL, DISP, HP, GEAR, WT = range(6)


def split(correlations: Floats) -> tuple[Floats, Floats]:
    return correlations[1:, 1:], correlations[0, 1:]


def correlated(values: Floats, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """Correlations of the drivers, and with the first column."""
    covariance = np.cov(values.T, aweights=weights)
    size = np.sqrt(np.diag(covariance))
    return split(covariance / np.outer(size, size))


@pytest.fixture(scope="module")
def swiss(shared_data: Path | None) -> Floats:
    if shared_data is None:
        pytest.skip("the published data (lmg_reference/swiss.csv) is not here")
    with (shared_data / "lmg_reference/swiss.csv").open(encoding="utf-8") as lines:
        return np.array([[float(cell) for cell in row] for row in list(csv.reader(lines))[1:]])


def test_swiss_r_squared_and_lmg_weights_are_those_of_relaimpo(swiss: Floats) -> None:
    drivers, outcome = correlated(swiss)
    published = [0.0570912207681, 0.1711730289002, 0.2601346786244, 0.1055701503735,
                 0.1127659229265]  # fmt: skip
    assert explained_share(drivers, outcome) == pytest.approx(0.706735001593, abs=1e-12)
    assert lmg_weights(drivers, outcome) == pytest.approx(published, abs=1e-13)


def test_swiss_weighted_lmg_weights_are_those_of_relaimpo(swiss: Floats) -> None:
    drivers, outcome = correlated(swiss, 1 + np.arange(1, len(swiss) + 1) % 3)
    published = [0.0518208063017, 0.1549452302086, 0.2559770835712, 0.1019573530969,
                 0.1296324182449]  # fmt: skip
    assert explained_share(drivers, outcome) == pytest.approx(0.694332891423, abs=1e-12)
    assert lmg_weights(drivers, outcome) == pytest.approx(published, abs=1e-13)


def test_swiss_johnson_weights_are_the_published_ones(swiss: Floats) -> None:
    published = [0.048416895812, 0.154708249806, 0.271964104646, 0.114680029948, 0.116965721381]
    assert johnson_weights(*correlated(swiss)) == pytest.approx(published, abs=1e-12)


def test_swiss_agriculture_is_a_suppressor(swiss: Floats) -> None:
    assert suppressed(*correlated(swiss)).tolist() == [True, False, False, False, False]


def test_the_cars_here_are_the_cars_of_the_shared_file(shared_data: Path | None) -> None:
    if shared_data is None:
        pytest.skip("the published data (lmg_reference/mtcars_subset.csv) is not here")
    with (shared_data / "lmg_reference/mtcars_subset.csv").open(encoding="utf-8") as lines:
        shared = [(float(row["mpg"]), float(row["cyl"])) for row in csv.DictReader(lines)]
    assert CARS[:, [MPG, CYL]].tolist() == [list(pair) for pair in shared]


def test_car_weights_are_those_of_rwa_and_relaimpo() -> None:
    drivers, outcome = correlated(CARS[:, [MPG, CYL, DISP, HP, GEAR]])
    johnson = johnson_weights(drivers, outcome)
    assert johnson == pytest.approx([0.2284797, 0.2221469, 0.2321744, 0.0963886], abs=5e-8)
    shares = 100 * johnson / johnson.sum()
    assert shares == pytest.approx([29.32274, 28.50999, 29.79691, 12.37037], abs=5e-6)
    assert explained_share(drivers, outcome) == pytest.approx(0.7791896, abs=5e-8)
    published = [0.2470520332352, 0.2434995947956, 0.2109128995443, 0.0777251114079]
    assert lmg_weights(drivers, outcome) == pytest.approx(published, abs=1e-13)


def test_car_weights_with_the_cars_own_weight_are_those_of_rwa() -> None:
    johnson = johnson_weights(*correlated(CARS[:, [MPG, CYL, DISP, HP, WT]]))
    assert johnson == pytest.approx([0.2096904, 0.1883043, 0.1799590, 0.2706812], abs=5e-8)


def test_two_drivers_share_by_hand() -> None:
    drivers, outcome = np.array([[1, 0.5], [0.5, 1]]), np.array([0.6, 0.4])
    assert johnson_weights(drivers, outcome) == pytest.approx([0.286667, 0.086667], abs=5e-7)
    assert lmg_weights(drivers, outcome) == pytest.approx([0.286667, 0.086667], abs=5e-7)


def test_inflation_is_that_of_another_implementation() -> None:
    columns = CARS[:, [CYL, DISP, HP, WT]]
    design = np.column_stack([np.ones(32), columns])
    other = [variance_inflation_factor(design, place) for place in range(1, 5)]
    assert variance_inflation(np.corrcoef(columns.T)) == pytest.approx(other)


def test_coefficients_are_those_of_least_squares() -> None:
    columns = CARS[:, [MPG, CYL, DISP, HP, WT]]
    standard = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    solved, *_ = np.linalg.lstsq(standard[:, 1:], standard[:, 0])
    assert standardised_coefficients(*correlated(columns)) == pytest.approx(solved)


def data(seed: int, k: int) -> Floats:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(60, k + 1)) @ rng.normal(size=(k + 1, k + 1))


@given(seed=st.integers(0, 10_000), k=st.integers(1, 6))
def test_both_kinds_of_weights_sum_to_r_squared_and_are_never_negative(seed: int, k: int) -> None:
    found = correlated(data(seed, k))
    explained = explained_share(*found)
    for weights in (johnson_weights(*found), lmg_weights(*found)):
        assert weights.sum() == pytest.approx(explained, abs=1e-9)
        assert weights.min() >= -1e-12


@given(seed=st.integers(0, 10_000), k=st.integers(2, 5))
def test_units_constants_and_order_of_drivers_do_not_matter(seed: int, k: int) -> None:
    values = data(seed, k)
    rng = np.random.default_rng(seed)
    factors, constants = rng.uniform(0.1, 50, k + 1), rng.normal(0, 9, k + 1)
    order = rng.permutation(k)
    changed = (values * factors + constants)[:, [0, *(order + 1)]]
    for weigh in (johnson_weights, lmg_weights):
        assert weigh(*correlated(changed)) == pytest.approx(
            weigh(*correlated(values))[order], abs=1e-9
        )


def test_a_batch_of_matrices_gives_what_each_alone_gives() -> None:
    several = [correlated(data(seed, 4)) for seed in range(5)]
    together = johnson_weights(
        np.stack([drivers for drivers, _ in several]), np.stack([outcome for _, outcome in several])
    )
    for place, alone in enumerate(several):
        assert together[place] == pytest.approx(johnson_weights(*alone))


def test_copies_of_a_driver_share_its_weight_and_are_infinitely_inflated() -> None:
    values = data(3, 2)
    doubled = correlated(np.column_stack([values, values[:, 2]]))
    weights = johnson_weights(*doubled)
    assert weights[1] == pytest.approx(weights[2])
    assert weights.sum() == pytest.approx(explained_share(*correlated(values)))
    assert np.isinf(variance_inflation(doubled[0])).tolist() == [False, True, True]
    with pytest.raises(CollinearError):
        lmg_weights(np.ones((2, 2)), np.array([0.3, 0.3]))


def test_lmg_refuses_more_drivers_than_it_can_go_through() -> None:
    with pytest.raises(TooManyDriversError):
        lmg_weights(np.eye(16), np.full(16, 0.1))
