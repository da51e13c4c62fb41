"""Early warnings: arithmetic by hand, invariances, what is promised of false discoveries."""

import sys

import numpy as np
import pytest
from scipy.special import bdtr, ndtr
from simulated_networks import NPS3, Network, judge, record
from statsmodels.stats.multitest import multipletests

from scoring.arrays import Counts
from scoring.baseline import MonthlyScores, OwnNormal, answer_moments, contributions
from scoring.scales import SCALES, Kind
from scoring.warnings import (
    Level,
    WarningRules,
    benjamini_hochberg,
    early_warnings,
    ewma_chart,
    skew_corrected,
    warned_since,
    warning_levels,
)


def known_normal(score: list[float], variance: float = 0.0, tw: float = 0.0) -> OwnNormal:
    size = len(score)
    return OwnNormal(
        np.full(size, 100), np.array(score), np.full(size, variance), tw, 0.0, 1.0
    )  # fmt: skip


def months(scores: list[list[float]], n: int = 10, variance: float = 100.0) -> MonthlyScores:
    table = np.array(scores)
    answers = np.where(np.isnan(table), 0, n)
    size = len(scores)
    return MonthlyScores(answers, table, np.full(size, variance), np.zeros(size))


def test_an_answers_worth_averages_to_the_score() -> None:
    assert contributions(Kind.NPS, SCALES["0-10"]).tolist() == [-100] * 7 + [0, 0, 100, 100]
    assert contributions(Kind.TOP2_BOX, SCALES["1-5"]).tolist() == [0, 0, 0, 1, 1]
    assert contributions(Kind.MEAN, SCALES["1-5"]).tolist() == [1, 2, 3, 4, 5]


def test_moments_are_those_of_the_trinomial_when_answers_are_many() -> None:
    counts = np.array([[200_000, 300_000, 500_000]])
    variance, third = answer_moments(counts, Kind.NPS, NPS3)
    share = np.array([0.2, 0.3, 0.5])
    worth = np.array([-100.0, 0, 100])
    mean = share @ worth
    assert variance == pytest.approx([share @ (worth - mean) ** 2], rel=1e-4)
    assert third == pytest.approx([share @ (worth - mean) ** 3], rel=1e-4)


def test_a_branch_that_only_heard_tens_is_not_certain() -> None:
    counts = np.array([[0, 0, 12], [30, 60, 110]])
    variance, third = answer_moments(counts, Kind.NPS, NPS3)
    assert variance[0] > 1000
    assert third[0] < 0
    alone, _ = answer_moments(np.array([[0, 0, 12]]), Kind.NPS, NPS3)
    assert alone[0] > 0


def test_the_chart_by_hand() -> None:
    # Twenty quiet branches carry the month's effect of 0; the first one is 20 below in each month.
    quiet = [[50.0, 50.0, 50.0]] * 2000
    chart = ewma_chart(months([[30.0, 30.0, 30.0], *quiet]), known_normal([50.0] * 2001, 4.0, 6.0))
    assert chart.effect == pytest.approx([-0.01, 0, 0], abs=0.01)
    assert chart.smoothed[0] == pytest.approx([-4, -7.2, -9.76], abs=0.01)
    assert chart.weight[0] == pytest.approx([0.2, 0.36, 0.488])
    # One month varies by 100 / 10 + 6; the baseline's 4 is the same error every month.
    white = 16 * 0.04 * np.array([1, 1.64, 2.0496])
    spread = np.sqrt(white + 4 * np.array([0.2, 0.36, 0.488]) ** 2)
    assert chart.z[0] == pytest.approx(np.array([-4, -7.2, -9.76]) / spread, abs=0.01)


def test_a_month_without_answers_changes_nothing() -> None:
    quiet = [[50.0] * 3] * 50
    with_gap = ewma_chart(months([[30.0, np.nan, 30.0], *quiet]), known_normal([50.0] * 51))
    assert with_gap.smoothed[0, 1] == with_gap.smoothed[0, 0]
    assert with_gap.z[0, 1] == with_gap.z[0, 0]
    assert with_gap.weight[0].tolist() == pytest.approx([0.2, 0.2, 0.36])


def test_what_happens_to_the_whole_network_warns_of_nobody() -> None:
    wave = np.array([50.0, 50.0, 20.0, 20.0])
    chart = ewma_chart(months([wave.tolist()] * 40), known_normal([50.0] * 40))
    assert chart.effect == pytest.approx(wave - 50)
    assert chart.smoothed == pytest.approx(np.zeros((40, 4)))


def test_those_already_low_do_not_hide_themselves_in_the_months_effect() -> None:
    low = [[0.0] * 4] * 10
    chart = ewma_chart(months([*low, *[[50.0] * 4] * 90]), known_normal([50.0] * 100))
    assert chart.effect == pytest.approx([-5, 0, 0, 0], abs=1e-9)


def test_skew_correction_is_the_first_term_and_never_turns_back() -> None:
    assert skew_corrected(np.array([-2.0]), np.array([0.3])) == pytest.approx([-2.0 - 0.3 * 3 / 6])
    z = np.linspace(-8, 8, 400)
    for g in (-1.5, -0.4, 0.0, 0.4, 1.5):
        corrected = skew_corrected(z, np.full(400, g))
        assert (np.diff(corrected) >= 0).all()


def test_skewed_answers_are_no_alarm() -> None:
    # Of 20 answers with nine promoters in ten, 14 or fewer are promoters in 1.1 of 100 months.
    n, share = 20, 0.9
    spread = np.sqrt(n * share * (1 - share))
    z = np.array([(14.5 - n * share) / spread])
    exact = float(bdtr(14, n, share))
    plain = float(ndtr(z)[0])
    corrected = float(ndtr(skew_corrected(z, np.array([(1 - 2 * share) / spread])))[0])
    assert plain < 0.6 * exact
    assert exact < corrected < 2 * exact


def test_false_discovery_rates_are_those_of_another_implementation() -> None:
    p = np.random.default_rng(3).beta(0.4, 1, 200)
    expected = multipletests(p, method="fdr_bh")[1]
    assert benjamini_hochberg(p) == pytest.approx(expected)
    holed = np.insert(p, 7, np.nan)
    assert np.delete(benjamini_hochberg(holed), 7) == pytest.approx(expected)
    assert np.isnan(benjamini_hochberg(holed)[7])


def test_false_discovery_by_the_papers_own_example() -> None:
    # Benjamini and Hochberg 1995, section 4.2: four rejected at .05.
    p = np.array([.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262,
                  .5719, .6528, .7590, 1.0])  # fmt: skip
    assert np.sum(benjamini_hochberg(p) <= 0.05) == 4


def test_two_levels() -> None:
    found = warning_levels(np.array([0.05, 0.1, 0.15, 0.2, 0.3, np.nan]))
    assert found.tolist() == [Level.ALERT, Level.ALERT, Level.WATCH, Level.WATCH, 0, 0]


def test_since_is_the_first_month_of_the_run_that_lasts() -> None:
    level = np.array([[1, 0, 1, 2], [0, 1, 0, 1], [2, 2, 1, 0], [1, 1, 0, 1], [1, 2, 1, 1]])
    tested = np.ones(level.shape, dtype=bool)
    tested[1, 2] = False
    assert warned_since(level, tested).tolist() == [2, 1, -1, 3, 0]


def counted(scores: list[list[int]]) -> Counts:
    """Histograms of 100 answers a month with so many detractors, the rest promoters."""
    return np.array([[[low, 0, 100 - low] for low in row] for row in scores])


def test_a_sinking_branch_is_found_and_its_run_begins_when_it_sank() -> None:
    rng = np.random.default_rng(11)
    usual = [[*rng.binomial(100, 0.2, 12)] for _ in range(60)]
    sinking = [*rng.binomial(100, 0.2, 8), 45, 45, 45, 45]
    found = early_warnings(counted([sinking, *usual]), Kind.NPS, NPS3, baseline_months=6)
    assert found.level[0].tolist()[-3:] == [Level.ALERT] * 3
    assert found.since[0] in (2, 3)
    assert found.drop[0, -1] > 20
    assert np.sum(found.level[1:, -1]) == 0


def test_few_answers_are_never_an_alarm() -> None:
    rng = np.random.default_rng(12)
    histograms = counted([[*rng.binomial(100, 0.2, 12)] for _ in range(40)])
    histograms[0, 6:] = [90, 0, 10]
    histograms[0, 11] = [2, 0, 0]
    histograms[1, :6] = 0
    found = early_warnings(histograms, Kind.NPS, NPS3, baseline_months=6)
    assert found.level[0, -2] == Level.ALERT
    assert (found.level[0, -1], found.tested[0, -1], found.since[0]) == (0, False, -1)
    assert not found.tested[1].any()
    assert np.isnan(found.normal.score[1])


def test_the_order_of_branches_does_not_matter() -> None:
    histograms, _ = Network(branches=80, months=12, baseline=6).made(np.random.default_rng(13))
    order = np.random.default_rng(14).permutation(80)
    plain, mixed = judge(histograms, 6), judge(histograms[order], 6)
    assert mixed.q == pytest.approx(plain.q[order], nan_ok=True)
    assert mixed.drop == pytest.approx(plain.drop[order], nan_ok=True)


def test_a_level_higher_everywhere_changes_no_finding() -> None:
    histograms, _ = Network(branches=80, months=12, baseline=6).made(np.random.default_rng(15))
    first, last = np.zeros((80, 12, 11), int), np.zeros((80, 12, 11), int)
    first[..., 2:5], last[..., 6:9] = histograms, histograms
    low, high = (
        early_warnings(one, Kind.MEAN, SCALES["0-10"], baseline_months=6) for one in (first, last)
    )
    # The one answer that is imagined over the whole scale is all that differs.
    assert high.normal.score == pytest.approx(low.normal.score + 4, abs=1e-3)
    assert high.drop == pytest.approx(low.drop, nan_ok=True, abs=1e-3)


def test_month_to_month_variance_is_recovered() -> None:
    rng = np.random.default_rng(16)
    loud = Network(answers=40, month_spread=8, waves=5, sinking=0)
    estimates = []
    for _ in range(5):
        histograms, _ = loud.made(rng)
        estimates.append(judge(histograms, 12).normal.month_variance)
    assert np.sqrt(np.mean(estimates)) == pytest.approx(8, abs=0.5)


@pytest.mark.parametrize("kind", [Kind.TOP_BOX, Kind.MEAN])
def test_other_kinds_find_the_same_branch(kind: Kind) -> None:
    rng = np.random.default_rng(17)
    histograms = rng.multinomial(60, [0.05, 0.05, 0.1, 0.3, 0.5], (80, 12))
    histograms[3, 8:] = rng.multinomial(60, [0.25, 0.2, 0.2, 0.2, 0.15], 4)
    found = early_warnings(histograms, kind, SCALES["1-5"], baseline_months=6)
    assert found.level[3, -1] == Level.ALERT
    assert np.sum(np.delete(found.level[:, -1], 3) == Level.ALERT) <= 1


def test_a_network_without_a_baseline_or_without_answers_is_silent() -> None:
    with pytest.raises(ValueError, match="one is judged"):
        judge(np.zeros((3, 5, 3), dtype=np.int64), 5)
    found = judge(np.zeros((3, 6, 3), dtype=np.int64), 3)
    assert not found.tested.any()
    assert found.since.tolist() == [-1, -1, -1]


def test_false_discoveries_stay_at_their_level() -> None:
    for level, nominal in ((Level.ALERT, 0.10), (Level.WATCH, 0.20)):
        found = record(Network(), level, networks=6, seed=1)
        assert found.false_share == pytest.approx(nominal, abs=0.03)


def test_a_network_in_which_nothing_is_wrong_is_mostly_left_alone() -> None:
    quiet = Network(branches=500, months=16, sinking=0)
    assert record(quiet, Level.ALERT, networks=40, seed=1).alarmed <= 0.10 + 0.06
    assert record(quiet, Level.WATCH, networks=40, seed=1).alarmed <= 0.20 + 0.08


def test_fewer_rules_may_be_asked_for() -> None:
    histograms, _ = Network(branches=60, months=12, baseline=6, answers=4).made(
        np.random.default_rng(18)
    )
    strict = early_warnings(
        histograms, Kind.NPS, NPS3, baseline_months=6, rules=WarningRules(month_answers=8)
    )
    assert np.sum(strict.tested) < np.sum(judge(histograms, 6).tested)
    assert (strict.n[strict.tested] >= 8).all()


def test_a_baseline_of_one_month_knows_no_month_to_month_variance() -> None:
    histograms, _ = Network(branches=30, months=4, baseline=1).made(np.random.default_rng(19))
    assert judge(histograms, 1).normal.month_variance == 0.0


@pytest.mark.soak
@pytest.mark.parametrize(
    ("network", "by_month"),
    [
        # METHODS 6: two thousand branches, median 15 answers a month, 5 % drop by 20 points.
        (Network(), {Level.ALERT: (0.32, 0.56), Level.WATCH: (0.44, 0.68)}),
        (Network(answers=40, drop=15), {Level.ALERT: (0.48, 0.71), Level.WATCH: (0.61, 0.80)}),
        (Network(month_spread=4, waves=3), {}),
        (Network(sinking=0.02), {}),
        (Network(level=75, spread=8, answers=20), {}),
    ],
)
def test_false_discovery_and_delay_in_many_networks(
    network: Network, by_month: dict[Level, tuple[float, float]]
) -> None:
    for level, nominal in ((Level.ALERT, 0.10), (Level.WATCH, 0.20)):
        found = record(network, level, networks=60, seed=2)
        sys.stdout.write(f"{network} {level.name} {found}\n")
        assert found.false_share == pytest.approx(nominal, abs=0.03)
        for month, expected in zip((6, 12), by_month.get(level, ()), strict=False):
            assert found.found[month] == pytest.approx(expected, abs=0.09)
