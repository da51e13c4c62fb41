"""Rank sets of the 37 countries of the method's authors, and against simpler methods.

The ends of the sets are read from the plots of the authors' package; the mean widths and the
constant of the simpler methods are those of METHODS.
"""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from scoring.arrays import Counts, Floats, floats
from scoring.rank_sets import RankSets, rank_sets, simultaneous_sets, tau_best

# In the order of the file.
RANKS = """24 18 10 7 35 37 17 8 3 11 20 15 34 30 21 16 32 25 1 2 19 29 27 36 4 22 14 5 23 26 9
28 12 6 33 13 31"""
# In the order of the ranks.
SETS = {
    "simultaneous_low": """1 1 1 1 1 1 3 4 4 4 4 5 6 7 7 8 7 7 12 12 12 12 12 12 15 18 23 24 23 23
    23 31 32 32 35 35 37""",
    "simultaneous_high": """6 7 6 11 12 13 17 18 18 18 18 24 24 24 25 25 25 26 26 26 26 26 31 30 31
    31 31 31 31 31 32 34 34 34 36 36 37""",
    "marginal_low": """1 1 1 1 2 2 4 5 5 5 5 7 8 10 10 10 10 10 12 12 12 12 12 15 19 20 25 25 25 25
    25 32 32 32 35 35 37""",
    "marginal_high": """4 6 6 7 11 11 12 14 14 18 18 23 23 23 24 24 24 24 25 26 26 26 26 26 31 31
    31 31 31 31 31 34 34 34 36 36 37""",
}


def whole(numbers: str) -> Counts:
    return np.array(numbers.split(), dtype=np.int64)


@pytest.fixture(scope="module")
def countries(shared_data: Path | None) -> tuple[list[str], Floats, Floats]:
    """Names, scores and standard errors in mathematics."""
    if shared_data is None:
        pytest.skip("no ../shared/data: the scores of 37 countries are not copied here")
    with (shared_data / "pisa_csranks/pisa.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    score, error = (np.array([float(row[f"math_{of}"]) for row in rows]) for of in ("score", "se"))
    return [row["jurisdiction"] for row in rows], score, error


@pytest.fixture(scope="module")
def found(countries: tuple[list[str], Floats, Floats]) -> RankSets:
    _, score, error = countries
    return rank_sets(score, error**2, seed=1, draws=20_000)


def test_all_sets_of_the_authors_are_found(
    countries: tuple[list[str], Floats, Floats], found: RankSets
) -> None:
    _, score, _ = countries
    assert (1 + (score[:, None] < score).sum(axis=1) == whole(RANKS)).all()
    order = np.argsort(-score)
    for name, ends in SETS.items():
        assert getattr(found, name)[order].tolist() == whole(ends).tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thousand_draws_move_no_end_by_more_than_two_places(
    countries: tuple[list[str], Floats, Floats], seed: int
) -> None:
    _, score, error = countries
    fewer, order = rank_sets(score, error**2, seed=seed, draws=1000), np.argsort(-score)
    for name, ends in SETS.items():
        assert np.abs(getattr(fewer, name)[order] - whole(ends)).max() <= 2


def test_at_ninety_percent_sweden_is_no_longer_among_the_possible_best_five(
    countries: tuple[list[str], Floats, Floats], found: RankSets
) -> None:
    names, score, error = countries
    less = simultaneous_sets(score, error**2, seed=1, draws=20_000, level=0.9)
    sure, likely = (tau_best(low, 5) for low in (found.simultaneous_low, less.low))
    assert (sure.sum(), likely.sum()) == (12, 11)
    assert [name for name, dropped in zip(names, sure & ~likely, strict=True) if dropped] == [
        "Sweden"
    ]


def sidak(branches: int, level: float) -> float:
    """Half width of intervals that hold all true scores at once, in standard errors."""
    return float(norm.isf((1 - level ** (1 / branches)) / 2))


def joint_region_widths(x: Floats, s: Floats, level: float) -> Floats:
    """Places left open when intervals of single scores may not overlap (Klein et al. 2020)."""
    arm = sidak(x.size, level) * s
    above = (x - arm >= (x + arm)[:, None]).sum(axis=1)
    below = (x + arm <= (x - arm)[:, None]).sum(axis=1)
    return floats(x.size - above - below)


def holm_widths(x: Floats, s: Floats, level: float, *, step: bool) -> Floats:
    """Places left open by tests of all ordered pairs by Holm's method, or Bonferroni's."""
    pairs = (x[:, None] - x) / np.sqrt(s[:, None] ** 2 + s**2)
    tests = x.size * (x.size - 1)
    ascending = np.sort(pairs[~np.eye(x.size, dtype=bool)])[::-1]
    left = tests - (np.arange(tests) if step else 0)
    decided = np.argmin(ascending > norm.isf((1 - level) / left))
    above = pairs >= ascending[decided - 1]
    return floats(x.size - above.sum(axis=1) - above.sum(axis=0))


def test_simpler_methods_leave_more_places_open(
    countries: tuple[list[str], Floats, Floats], found: RankSets
) -> None:
    _, x, s = countries
    mine = found.simultaneous_high - found.simultaneous_low + 1
    assert mine.mean() == pytest.approx(12.2, abs=0.05)
    assert joint_region_widths(x, s, 0.95).mean() == pytest.approx(14.1, abs=0.05)
    assert holm_widths(x, s, 0.95, step=False).mean() == pytest.approx(12.8, abs=0.05)
    assert holm_widths(x, s, 0.95, step=True).mean() == pytest.approx(12.5, abs=0.05)


def test_the_joint_region_of_51_areas_has_its_printed_constant() -> None:
    assert sidak(51, 0.9) == pytest.approx(3.08090, abs=0.000005)
