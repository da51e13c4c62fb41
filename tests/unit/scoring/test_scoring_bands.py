"""Bands: the cuts, and that a branch crosses one only when that is probable."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from scoring.arrays import Counts, Floats
from scoring.bands import Band, BandWindow, band_chain, band_cuts, band_letters, next_bands

MIDDLE = np.array([Band.C])


def moved(score: float, previous: Band, sd: float = 2.0) -> Band:
    """The next band of one branch among those with mean 50 and spread 10."""
    return Band(next_bands(np.array([score]), np.array([sd]), 50, 10, np.array([previous]))[0])


def test_the_cuts_part_true_scores_into_ten_twenty_forty_twenty_ten_percent() -> None:
    cuts = band_cuts(50, 10)
    assert cuts == pytest.approx([62.8155, 55.2440, 44.7560, 37.1845], abs=1e-4)
    assert norm(50, 10).sf(cuts) == pytest.approx([0.1, 0.3, 0.7, 0.9])


# From the cut 62.8155 between A and B, .6745 standard deviations of 2 either way.
@pytest.mark.parametrize(
    ("score", "previous", "band"),
    [
        (62.8155 + 1.350, Band.B, Band.A),
        (62.8155 + 1.348, Band.B, Band.B),
        (62.8155 - 1.348, Band.A, Band.A),
        (62.8155 - 1.350, Band.A, Band.B),
        (90, Band.E, Band.A),
        (10, Band.A, Band.E),
        (50, Band.A, Band.C),
    ],
)
def test_a_branch_crosses_a_cut_when_that_is_probable_by_three_quarters(
    score: float, previous: Band, band: Band
) -> None:
    assert moved(score, previous) is band


@given(st.floats(0, 100), st.sampled_from(list(Band)), st.floats(0.1, 9))
def test_a_branch_that_has_moved_stays_until_something_new_is_known(
    score: float, previous: Band, sd: float
) -> None:
    once = moved(score, previous, sd)
    assert moved(score, once, sd) is once


@given(st.floats(0, 100), st.floats(0, 100), st.sampled_from(list(Band)), st.floats(0.1, 9))
def test_of_two_branches_in_a_band_the_better_one_does_not_fall_below_the_other(
    one: float, other: float, previous: Band, sd: float
) -> None:
    assert moved(max(one, other), previous, sd) <= moved(min(one, other), previous, sd)


def test_a_branch_without_a_score_stays_where_it_is() -> None:
    previous = np.array([Band.A, Band.D, Band.E])
    unknown = np.full(3, np.nan)
    for mu, tau in ((50, 10), (50, 0), (np.nan, np.nan)):
        assert next_bands(unknown, unknown, mu, tau, previous).tolist() == previous.tolist()


def test_where_chance_explains_the_table_everyone_is_in_the_middle() -> None:
    previous = np.array([Band.A, Band.D, Band.E])
    now = next_bands(np.array([50.0, 50.0, np.nan]), np.zeros(3), 50, 0, previous)
    assert now.tolist() == [Band.C, Band.C, Band.E]


def test_a_chain_begins_in_the_middle_and_remembers() -> None:
    sd = np.array([2.0, 2.0, 2.0])
    windows = [
        BandWindow(np.array([70.0, 50.0, 20.0]), sd, 50, 10),
        BandWindow(np.array([62.0, 50.0, np.nan]), sd, 50, 10),
    ]
    assert band_letters(band_chain(windows[:1])) == ["A", "C", "E"]
    # 62 is below the cut of A, but not surely; who is not ranked keeps the band.
    assert band_letters(band_chain(windows)) == ["A", "C", "E"]
    assert band_letters(band_chain(windows[::-1])) == ["A", "C", "E"]
    assert band_letters(band_chain(windows[1:])) == ["B", "C", "C"]


def test_a_chain_needs_a_window_and_the_same_branches_in_all() -> None:
    one = BandWindow(np.ones(1), np.ones(1), 50, 10)
    two = BandWindow(np.ones(2), np.ones(2), 50, 10)
    with pytest.raises(ValueError, match="at least one"):
        band_chain([])
    with pytest.raises(ValueError, match="same branches"):
        band_chain([one, two])


def drifting(seed: int, branches: int, months: int) -> tuple[Floats, Floats]:
    """True NPS of each month that slowly drifts, and the monthly mean of 15 answers."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 12, branches)
    true, seen = np.empty((months, branches)), np.empty((months, branches))
    for month in range(months):
        truth = 0.99 * truth + rng.normal(0, 12 * np.sqrt(1 - 0.99**2), branches)
        true[month], seen[month] = truth, truth + rng.normal(0, 75 / np.sqrt(15), branches)
    return true, seen


def rolling(seen: Floats) -> list[tuple[Floats, Floats, float]]:
    """Shrunken rolling twelve-month scores with the spread 12, month by month."""
    kept = 144 / (144 + 75**2 / 180)
    means = [seen[end - 12 : end].mean(axis=0) for end in range(12, len(seen) + 1)]
    sd = np.sqrt(kept * 75**2 / 180)
    return [(kept * mean, np.full(mean.size, sd), 12.0) for mean in means]


def changed(bands: list[Counts]) -> float:
    """Share of branches that change band from one month to the next, after a year."""
    return float(np.mean([np.mean(one != two) for one, two in pairwise(bands[12:])]))


def test_hysteresis_keeps_bands_quiet_and_as_right_as_before() -> None:
    true, seen = drifting(3, 500, 40)
    windows = rolling(seen)
    kept, plain, bands = [], [], np.full(500, Band.C, dtype=np.int64)
    for score, sd, tau in windows:
        bands = next_bands(score, sd, 0, tau, bands)
        kept.append(bands)
        plain.append(4 - (score[:, None] >= band_cuts(0, tau)).sum(axis=1))
    really = 4 - (true[-1][:, None] >= band_cuts(0, 12)).sum(axis=1)
    assert changed(kept) < 0.4 * changed(plain)
    assert np.mean(kept[-1] == really) > np.mean(plain[-1] == really) - 0.05
