"""The probability of the top share, from the same draws as the rank intervals, and the badge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from test_scoring_identical import BADGE, BANDS, cautious_fit, truly_different

from scoring.measured import measured
from scoring.scales import Kind
from scoring.shrinkage import posterior_ranks, top_places


@pytest.mark.parametrize(
    ("branches", "share", "places"),
    [
        *((0, 0.1, 0), (1, 0.1, 1), (9, 0.1, 1), (10, 0.1, 1), (19, 0.1, 1), (20, 0.1, 2)),
        *((30, 0.1, 3), (100, 0.29, 29), (2000, 0.1, 200), (5, 1.0, 5)),
    ],
)
def test_the_top_share_is_rounded_down_to_places_but_never_to_none(
    branches: int, share: float, places: int
) -> None:
    assert top_places(branches, share) == places


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.sampled_from([0.1, 0.25, 1.0]))
def test_probabilities_add_up_to_the_places(seed: int, branches: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    m, s = np.round(rng.normal(40, 10, branches), -1), rng.choice([2.0, 5.0], branches)
    p_top = posterior_ranks(m, s, seed=1, draws=100, share=share).p_top
    assert p_top.sum() == pytest.approx(top_places(branches, share))
    assert ((p_top >= 0) & (p_top <= 1 + 1e-12)).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_neither_the_order_nor_a_constant_changes_a_probability(seed: int, branches: int) -> None:
    rng = np.random.default_rng(seed)
    m, s = np.round(rng.normal(40, 10, branches), -1), rng.choice([2.0, 5.0], branches)
    order = rng.permutation(branches)
    p_top = posterior_ranks(m, s, seed=5, draws=200).p_top
    assert posterior_ranks(m[order], s[order], seed=5, draws=200).p_top.tolist() == (
        p_top[order].tolist()
    )
    assert posterior_ranks(m + 16, s, seed=5, draws=200).p_top.tolist() == p_top.tolist()


def test_of_two_branches_the_probability_is_that_of_a_normal_difference() -> None:
    p_top = posterior_ranks(np.array([50.0, 47.0]), np.array([3.0, 4.0]), seed=1, draws=40_000)
    assert p_top.p_top[0] == pytest.approx(norm.cdf(3 / 5), abs=0.01)


def test_where_chance_explains_the_table_the_top_is_as_probable_for_everyone() -> None:
    ranks = posterior_ranks(np.full(40, 50.0), np.zeros(40), seed=1)
    assert ranks.p_top.tolist() == [0.1] * 40
    assert posterior_ranks(np.array([]), np.array([]), seed=1).p_top.size == 0


# Another simulation: at 200 answers 37 % of the places get a badge, 95 % of them rightly.
def test_nine_in_ten_badges_are_deserved() -> None:
    rng = np.random.default_rng(3)
    badges = deserved = places = 0
    for seed in range(20):
        counts, truth = truly_different(rng, 300, 200)
        fit = cautious_fit(measured(counts, Kind.NPS, BANDS))
        badge = posterior_ranks(fit.score, fit.sd, seed=seed, draws=400).p_top >= BADGE
        top = 1 + (truth[:, None] < truth).sum(axis=1) <= top_places(300)
        badges, deserved = badges + int(badge.sum()), deserved + int((badge & top).sum())
        places += top_places(300)
    assert deserved >= 0.9 * badges
    assert 0.25 * places <= badges <= 0.6 * places
