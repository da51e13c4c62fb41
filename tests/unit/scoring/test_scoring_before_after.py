"""The difference in differences: against statsmodels, and how often it errs without any effect."""

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from scoring.before_after import between_variance, difference_in_differences
from scoring.scales import Kind, scale_of

SCALE = scale_of("0-10")
SHARES = np.array([1, 1, 1, 2, 2, 3, 5, 15, 25, 20, 25]) / 100


def simulated(random, branches, answers, *, moved=0.0, drift=0.0):
    """Histograms before and after; ``moved`` of all tens appear (or vanish) afterwards."""
    before = random.multinomial(answers, SHARES, branches)
    after = []
    for extra in moved + drift * random.standard_normal(branches):
        shares = SHARES.copy()
        shares[10] += extra
        shares[6] -= extra
        after.append(
            random.multinomial(answers, np.clip(shares, 0, 1) / np.clip(shares, 0, 1).sum())
        )
    return before, np.array(after)


def test_the_variance_between_branches_is_that_of_statsmodels() -> None:
    random = np.random.default_rng(4)
    changes, variances = random.normal(3, 9, 40), random.uniform(4, 60, 40)
    reference = combine_effects(changes, variances, method_re="dl")
    assert between_variance(changes, variances) == pytest.approx(reference.tau2, rel=1e-10)
    assert between_variance(np.zeros(8), np.ones(8)) == 0


def test_an_effect_is_the_change_beyond_the_peers_weighted_as_statsmodels_does() -> None:
    random = np.random.default_rng(8)
    peers = simulated(random, 30, 60, drift=0.05)
    treated = simulated(random, 1, 200, moved=0.2)
    found = difference_in_differences(treated, peers, Kind.NPS, SCALE)
    assert found is not None
    nets = np.array([-100] * 7 + [0] * 2 + [100] * 2)
    scores = [each @ nets / each.sum(1) for each in (*peers, *treated)]
    assert found.own == pytest.approx((scores[3] - scores[2])[0])
    assert found.effect == pytest.approx(found.own - found.usual)
    assert min(scores[1] - scores[0]) < found.usual < max(scores[1] - scores[0])
    assert found.low < found.effect < found.high
    assert found.peers == 30


@pytest.mark.parametrize("drift", [0.0, 0.05])
def test_without_any_effect_the_interval_holds_zero_in_about_95_of_100(drift: float) -> None:
    random = np.random.default_rng(15)
    runs, missed = 700, 0
    for _ in range(runs):
        peers = simulated(random, 20, 40, drift=drift)
        treated = simulated(random, 1, 40, drift=drift)
        found = difference_in_differences(treated, peers, Kind.NPS, SCALE)
        assert found is not None
        missed += not found.is_noise
    assert 0.02 < missed / runs < 0.08


def test_a_large_effect_is_found_and_has_the_right_sign() -> None:
    random = np.random.default_rng(16)
    for moved in (-0.35, 0.35):
        peers = simulated(random, 20, 80, drift=0.03)
        found = difference_in_differences(
            simulated(random, 2, 80, moved=moved), peers, Kind.MEAN, SCALE
        )
        assert found is not None
        assert not found.is_noise
        assert found.effect * moved > 0


def test_who_was_picked_for_standing_low_is_told_what_came_by_itself() -> None:
    random = np.random.default_rng(17)
    before, after = simulated(random, 200, 30)
    scores = before @ np.array([-100] * 7 + [0] * 2 + [100] * 2) / 30
    order = np.argsort(scores)
    lowest, rest = order[:5], order[5:]
    found = difference_in_differences(
        (before[lowest], after[lowest]), (before[rest], after[rest]), Kind.NPS, SCALE
    )
    assert found is not None
    assert found.effect > 15  # nothing was done at all
    assert found.by_itself == pytest.approx(found.effect, abs=15)


def test_too_few_peers_or_nobody_asked_before_make_no_comparison() -> None:
    random = np.random.default_rng(18)
    four, five = simulated(random, 4, 40), simulated(random, 5, 40)
    one = simulated(random, 1, 40)
    assert difference_in_differences(one, four, Kind.NPS, SCALE) is None
    assert difference_in_differences(one, five, Kind.NPS, SCALE) is not None
    nobody = (np.zeros_like(one[0]), one[1])
    assert difference_in_differences(nobody, five, Kind.NPS, SCALE) is None
