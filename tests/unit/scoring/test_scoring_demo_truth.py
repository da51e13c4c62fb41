"""In the demo's network, whose truth is known, fair scores are nearer to it than raw ones."""

from dataclasses import dataclass

import numpy as np
import pytest

from api.demo.story import (
    CALL_BONUS,
    CHANNELS,
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
from scoring.adjustment import AdjustmentFit, adjust, fit_adjustment
from scoring.arrays import Floats
from scoring.branch_moments import moments_of_answers
from scoring.measured import Measured, measured
from scoring.mix import Adjuster, dummies, level_effects
from scoring.scales import SCALES, Kind, bands
from scoring.shrinkage import empirical_bayes

NOW = 1_795_400_000
BRANCHES = 300
CHANNEL = Adjuster("channel", CHANNELS)


@dataclass(frozen=True)
class Demo:
    """A year of the demo's network: raw and adjusted scores, and how good its branches really are.

    Only branches whose truth is one number: none that sinks or cheats, and 30 answers at least.
    """

    fit: AdjustmentFit
    raw: Measured
    adjusted: Measured
    truth: Floats
    phone: Floats

    def distance(self, score: Floats) -> float:
        """Root mean square distance from the truth, but for a shift of the whole network."""
        apart = score - self.truth
        return float(np.std(apart))


def demo(seed: int) -> Demo:
    rng = np.random.default_rng(seed)
    truth = draw_truth(rng, BRANCHES)
    events = draw_events(rng, truth, 12, NOW, np.array([0.25, 0.15, 0.6]))
    ages = draw_ages(rng, BRANCHES, home_of(events, int(events.person.max()) + 1))
    then, tiers = ages_then(events, ages, NOW), tier_of(len(ages))[events.person]
    channels = channel_of(ages[events.person], segment_of(then, tiers))
    answers = draw_answers(rng, truth, events, channels, NOW)
    given = answers.answered_at > 0
    branch, value = events.branch[answers.event[given]], answers.nps[given]
    hist = np.zeros((BRANCHES, 11), dtype=np.int64)
    np.add.at(hist, (branch, value), 1)
    one = bands(np.eye(11, dtype=np.int64)[value], SCALES["0-10"])
    outcome = 100.0 * (one.promoters - one.detractors)
    x = dummies([CHANNEL], [answers.channel[given]])
    moments = moments_of_answers(x, outcome, branch, branches=BRANCHES)
    fit = fit_adjustment(moments)
    raw = measured(hist, Kind.NPS, SCALES["0-10"])
    plain = raw.n >= 30
    plain[[*truth.sinking, truth.gamer]] = False
    adjusted = adjust(raw, fit, moments.mix)
    phone = moments.mix[plain, 1]
    return Demo(fit, raw.at(plain), adjusted.at(plain), truth.nps[plain], phone)


@pytest.fixture(scope="module")
def demos() -> list[Demo]:
    return [demo(seed) for seed in (1, 2, 3)]


def test_the_bonus_of_the_telephone_is_found(demos: list[Demo]) -> None:
    for one in demos:
        sms, _, call = level_effects(one.fit, [CHANNEL])
        assert (sms.level, call.level) == ("sms", "call")
        assert abs(call.against_first - CALL_BONUS) < 3 * call.against_first_error
        assert call.against_first > 4 * call.against_first_error


def test_adjusted_scores_are_nearer_to_the_truth_than_raw_ones(demos: list[Demo]) -> None:
    for one in demos:
        assert one.distance(one.adjusted.score) < one.distance(one.raw.score)


def test_shrunken_scores_are_much_nearer_and_nearest_when_adjusted_first(
    demos: list[Demo],
) -> None:
    for one in demos:
        plain = empirical_bayes(one.raw.score, one.raw.variance).score
        fair = empirical_bayes(one.adjusted.score, one.adjusted.variance).score
        assert one.distance(plain) < 0.9 * one.distance(one.raw.score)
        assert one.distance(fair) < one.distance(plain)


def test_who_phones_more_is_not_ahead_any_more(demos: list[Demo]) -> None:
    def slope(one: Demo, score: Floats) -> float:
        """Points too many per branch that only phones, against one that never does."""
        return float(np.polyfit(one.phone, score - one.truth, 1)[0])

    raw = np.mean([slope(one, one.raw.score) for one in demos])
    adjusted = np.mean([slope(one, one.adjusted.score) for one in demos])
    assert raw > 5
    assert abs(adjusted) < 3
