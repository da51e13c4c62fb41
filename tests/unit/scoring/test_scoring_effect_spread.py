"""An effect that is not the same everywhere makes those who have one channel only less sure."""

from dataclasses import dataclass

import numpy as np
import pytest

from scoring.adjustment import AdjustmentFit, adjust, mix_variance
from scoring.arrays import Floats
from scoring.branch_moments import BranchMoments, moments_of_answers
from scoring.effect_spread import fit_levels
from scoring.measured import Measured
from scoring.mix import Adjuster, dummies, level_effects

CHANNEL = Adjuster("channel", ("sms", "wechat", "call"))
ONLY_PHONE = 20
PHONE = 8.0


@dataclass(frozen=True)
class Network:
    """Some branches only phone; the effect of the telephone is their own."""

    moments: BranchMoments
    quality: Floats
    effect: Floats

    def truth(self, fit: AdjustmentFit) -> Floats:
        """What every branch would score if it phoned as often as the network does."""
        return self.quality + self.effect * fit.reference[1]


def network(
    rng: np.random.Generator, *, answers: int, spread: float, branches: int = 150
) -> Network:
    quality, effect = rng.normal(40, 12, branches), rng.normal(PHONE, spread, branches)
    share = np.clip(rng.normal(0.3, 0.2, branches), 0.02, 0.98)
    share[:ONLY_PHONE] = 1.0
    branch = np.repeat(np.arange(branches), answers)
    phone = rng.random(len(branch)) < share[branch]
    code = np.where(phone, 2, rng.integers(0, 2, len(branch)))
    y = quality[branch] + effect[branch] * phone + rng.normal(0, 75, len(branch))
    x = dummies([CHANNEL], [code])
    return Network(moments_of_answers(x, y, branch, branches=branches), quality, effect)


def plain(moments: BranchMoments) -> Measured:
    variance = 75**2 / moments.n
    arm = 1.959963984540054 * np.sqrt(variance)
    score = moments.score
    return Measured(moments.n.astype(np.int64), score, score - arm, score + arm, variance)


def phone_differs_by(fit: AdjustmentFit) -> float:
    return level_effects(fit, [CHANNEL])[2].differs_by


def test_the_spread_of_an_effect_is_found() -> None:
    rng = np.random.default_rng(1)
    same = [network(rng, answers=300, spread=0) for _ in range(15)]
    differs = [network(rng, answers=300, spread=12) for _ in range(15)]
    found = [phone_differs_by(fit_levels(one.moments, [CHANNEL])) ** 2 for one in differs]
    nothing = [phone_differs_by(fit_levels(one.moments, [CHANNEL])) ** 2 for one in same]
    assert np.mean(found) == pytest.approx(12**2, rel=0.25)
    assert np.mean(nothing) < 0.1 * 12**2


@pytest.mark.parametrize("spread", [0.0, 6.0])
def test_intervals_of_branches_that_only_phone_hold_the_truth(spread: float) -> None:
    rng = np.random.default_rng(2)
    only, others = [], []
    for _ in range(25):
        one = network(rng, answers=200, spread=spread)
        fit = fit_levels(one.moments, [CHANNEL])
        found = adjust(plain(one.moments), fit, one.moments.mix)
        held = (found.low <= one.truth(fit)) & (one.truth(fit) <= found.high)
        only.append(held[:ONLY_PHONE].mean())
        others.append(held[ONLY_PHONE:].mean())
    assert np.mean(only) == pytest.approx(0.95, abs=0.035)
    assert np.mean(others) == pytest.approx(0.95, abs=0.015)


def test_a_branch_that_only_phones_is_the_least_sure() -> None:
    one = network(np.random.default_rng(3), answers=300, spread=12)
    fit = fit_levels(one.moments, [CHANNEL])
    extra = mix_variance(fit, one.moments.mix)
    assert extra[:ONLY_PHONE].min() > 4 * np.median(extra[ONLY_PHONE:])


def test_it_does_not_matter_which_level_is_the_first() -> None:
    one = network(np.random.default_rng(4), answers=100, spread=12)
    first = fit_levels(one.moments, [CHANNEL])
    turned = Adjuster("channel", ("call", "wechat", "sms"))
    rest = np.array([0.0, 1.0])
    mix = one.moments.mix @ np.array([[1.0, -1.0], [0.0, -1.0]]) + rest
    again = _recoded(one.moments, np.array([[1.0, -1.0], [0.0, -1.0]]), rest)
    other = fit_levels(again, [turned])
    np.testing.assert_allclose(again.mix, mix)
    np.testing.assert_allclose(
        mix_variance(other, mix), mix_variance(first, one.moments.mix), rtol=1e-6, atol=1e-9
    )


def _recoded(moments: BranchMoments, turn: Floats, shift: Floats) -> BranchMoments:
    """Moments of ``x @ turn + shift``."""
    x = moments.x @ turn + moments.n[:, np.newaxis] * shift
    moved = moments.x @ turn
    crossed = moved[:, :, np.newaxis] * shift
    xx = turn.T @ moments.xx @ turn + crossed + np.swapaxes(crossed, 1, 2)
    xx = xx + moments.n[:, np.newaxis, np.newaxis] * np.outer(shift, shift)
    xy = moments.xy @ turn + moments.y[:, np.newaxis] * shift
    return BranchMoments(moments.n, x, moments.y, xx, xy, moments.yy)


def test_nothing_is_said_of_few_branches() -> None:
    one = network(np.random.default_rng(5), answers=300, spread=12, branches=39)
    fit = fit_levels(one.moments, [CHANNEL])
    assert (fit.between == 0).all()
    assert phone_differs_by(fit) == 0
