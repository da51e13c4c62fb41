"""The league table of a real network: 2,282 hospitals with published answer percentages.

Where the shared data is absent, made-up hospitals of the same shape take their place.
"""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from scoring.arrays import Counts
from scoring.change import change_between
from scoring.league import score_league
from scoring.measured import measured
from scoring.scales import SCALES, Kind, merge
from scoring.scores import score_counts

BANDS = SCALES["nps3"]
COLUMNS = ("H_HSP_RATING_0_6", "H_HSP_RATING_7_8", "H_HSP_RATING_9_10")
PUBLISHED = "hcahps_2016_17/official_dev.csv.gz"


def percentages(data: Path | None) -> tuple[Counts, Counts, float]:
    """Surveys and band percentages of each hospital, and the network's NPS."""
    if data is None:
        rng = np.random.default_rng(2)
        surveys = rng.integers(100, 4000, 2282)
        percent = rng.multinomial(100, rng.dirichlet([10, 20, 70], 2282))
        nps = float(np.average(percent[:, 2] - percent[:, 0], weights=surveys))
        return surveys, percent, nps
    with gzip.open(data / PUBLISHED, "rt", encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    surveys = np.array([int(row["Number.of.Completed.Surveys"]) for row in rows])
    return surveys, np.array([[int(row[name]) for name in COLUMNS] for row in rows]), 64.14


def counted(surveys: Counts, percent: Counts) -> Counts:
    """Bands that sum to the surveys, by largest remainder."""
    exact = percent * surveys[:, None] / percent.sum(axis=1, keepdims=True)
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(np.argsort(whole - exact, axis=1, kind="stable"), axis=1)
    return whole + (order < (surveys - whole.sum(axis=1))[:, None])


@pytest.fixture(scope="module", params=["published", "made up"])
def hospitals(request: pytest.FixtureRequest, shared_data: Path | None) -> tuple[Counts, float]:
    surveys, percent, nps = percentages(shared_data if request.param == "published" else None)
    return counted(surveys, percent), nps


def test_the_network_has_its_published_nps(hospitals: tuple[Counts, float]) -> None:
    counts, nps = hospitals
    assert len(counts) == 2282
    assert score_counts(merge(counts), Kind.NPS, BANDS).score == pytest.approx(nps, abs=0.1)


def test_hospitals_with_many_answers_are_placed_and_their_intervals_are_honest(
    hospitals: tuple[Counts, float],
) -> None:
    counts, _ = hospitals
    raw = measured(counts, Kind.NPS, BANDS)
    change = change_between(counts, np.zeros_like(counts), Kind.NPS, BANDS)
    table = score_league(raw, raw, change, seed=1, draws=400, set_draws=20)
    at = table.ranked
    assert at.sum() > 2000
    inside = (table.low[at] <= table.score[at]) & (table.score[at] <= table.high[at])
    assert inside.all()
    assert (table.rank_low[at] <= table.rank[at]).all()
    assert (table.rank[at] <= table.rank_high[at]).all()
    width = table.rank_high[at] - table.rank_low[at]
    assert 0 < width.mean() < 0.5 * at.sum()
