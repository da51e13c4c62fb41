"""What early warnings find in the made-up network, held against its truth, without a database."""

from datetime import UTC, datetime

import numpy as np
import pytest

from api.demo.story import (
    DAY,
    Truth,
    ages_then,
    channel_of,
    draw_ages,
    draw_answers,
    draw_events,
    draw_truth,
    home_of,
    segment_of,
    tier_of,
)
from api.insights.warnings.judging import RULES, baseline_months
from scoring.arrays import Counts
from scoring.scales import SCALES, Kind
from scoring.warnings import EarlyWarnings, Level, early_warnings

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
BRANCHES, MONTHS = 300, 12
SEEDS = range(21, 26)


def months_of(seconds: Counts) -> Counts:
    """Calendar months in China, counted from the first."""
    days = (seconds + 8 * 3600).astype("datetime64[s]")
    months = days.astype("datetime64[M]").astype(np.int64)
    return months - months.min()


def told(seed: int) -> tuple[Truth, EarlyWarnings]:
    """A story of 300 branches and a year, and what would have been warned of in its months."""
    now, rng = int(NOW.timestamp()), np.random.default_rng(seed)
    truth = draw_truth(rng, BRANCHES, MONTHS)
    events = draw_events(rng, truth, MONTHS, now, np.array([0.7, 0.15, 0.15]))
    home = home_of(events, int(events.person.max()) + 1)
    ages = draw_ages(rng, BRANCHES, home)
    segment = segment_of(ages_then(events, ages, now), tier_of(len(ages))[events.person])
    answers = draw_answers(rng, truth, events, channel_of(ages[events.person], segment), now)
    given = answers.answered_at > 0
    event, value = answers.event[given], answers.nps[given]
    months = months_of(events.at[event])
    histograms = np.zeros((BRANCHES, months.max() + 1, 3), dtype=np.int64)
    band = np.where(value >= 9, 2, np.where(value >= 7, 1, 0))
    np.add.at(histograms, (events.branch[event], months, band), 1)
    baseline = baseline_months(histograms.shape[1])
    assert baseline is not None
    found = early_warnings(
        histograms, Kind.NPS, SCALES["nps3"], baseline_months=baseline, rules=RULES
    )
    return truth, found


@pytest.fixture(scope="module")
def stories() -> list[tuple[Truth, EarlyWarnings]]:
    return [told(seed) for seed in SEEDS]


def test_branches_that_sink_are_found_within_months(
    stories: list[tuple[Truth, EarlyWarnings]],
) -> None:
    found, delays = 0, []
    for truth, warned in stories:
        alerts = warned.level[truth.sinking] == Level.ALERT
        found += int(alerts.any(axis=1).sum())
        first = alerts.shape[1] - truth.sunk_days * DAY // (30 * DAY) - 1
        delays += [int(np.argmax(row)) - first for row in alerts if row.any()]
    assert found >= 0.9 * 5 * len(stories)
    assert np.median(delays) <= 2


def test_false_alarms_are_few(stories: list[tuple[Truth, EarlyWarnings]]) -> None:
    false, shares = [], []
    for truth, warned in stories:
        usual = np.ones(BRANCHES, dtype=bool)
        usual[truth.sinking] = False
        alerts = warned.level == Level.ALERT
        wrong = (alerts & usual[:, np.newaxis]).sum(axis=0)
        false.append(wrong)
        shares.append(wrong / np.maximum(alerts.sum(axis=0), 1))
    assert np.mean(false) < 1
    assert np.mean(shares) <= 0.10 + 0.05  # five networks only


def test_own_normals_are_right_within_their_uncertainty(
    stories: list[tuple[Truth, EarlyWarnings]],
) -> None:
    for truth, warned in stories:
        usual = np.ones(BRANCHES, dtype=bool)
        usual[[truth.gamer, truth.new, truth.closed, truth.dead_feed]] = False
        off = (warned.normal.score - truth.nps)[usual]
        off -= np.nanmean(off)
        assert np.nanstd(off / np.sqrt(warned.normal.variance[usual])) == pytest.approx(1, abs=0.15)
