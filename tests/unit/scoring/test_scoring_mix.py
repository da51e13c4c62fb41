"""The parts of an adjusted score add up, and no level of an adjuster is special."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.adjustment import AdjustmentFit, effects, fit_adjustment
from scoring.arrays import Counts, Floats
from scoring.branch_moments import moments_of_answers
from scoring.mix import (
    UNKNOWN,
    Adjuster,
    columns_of,
    dummies,
    level_effects,
    level_parts,
    level_points,
    shares_of,
)

CHANNEL = Adjuster("channel", ("sms", "wechat", "call"))
LANGUAGE = Adjuster("language", ("zh", "en"))
BOTH = (CHANNEL, LANGUAGE)


def codes_of(seed: int) -> tuple[Counts, Counts, Floats, Counts]:
    rng = np.random.default_rng(seed)
    branch = rng.integers(0, 10, 400)
    phone_share = np.linspace(0.1, 0.7, 10)[branch]
    channel = np.where(rng.random(400) < phone_share, 2, rng.integers(0, 2, 400))
    language = rng.integers(0, 2, 400)
    return channel, language, 100.0 * rng.integers(-1, 2, 400), branch


def fitted(seed: int, adjusters: tuple[Adjuster, ...] = BOTH) -> tuple[AdjustmentFit, Floats]:
    channel, language, y, branch = codes_of(seed)
    place = [adjusters[0].levels.index(CHANNEL.levels[number]) for number in channel]
    x = dummies(adjusters, [place, language])
    moments = moments_of_answers(x, y, branch, branches=10)
    return fit_adjustment(moments), moments.mix


def test_an_adjuster_needs_two_levels_each_once() -> None:
    with pytest.raises(ValueError, match="channel"):
        Adjuster("channel", ("sms",))
    with pytest.raises(ValueError, match="channel"):
        Adjuster("channel", ("sms", "sms"))


def test_every_level_but_the_first_has_a_column_and_the_unknown_has_none() -> None:
    x = dummies(BOTH, [[0, 1, 2, UNKNOWN], [1, 0, UNKNOWN, 0]])
    nan = np.nan
    np.testing.assert_array_equal(x, [[0, 0, 1], [1, 0, 0], [0, 1, nan], [nan, nan, 0]])
    assert columns_of(BOTH) == [slice(0, 2), slice(2, 3)]


def test_shares_are_those_of_all_levels() -> None:
    np.testing.assert_allclose(
        shares_of(np.array([[0.2, 0.3, 0.1]]), slice(0, 2)), [[0.5, 0.2, 0.3]]
    )


@given(st.integers(0, 10_000))
def test_the_parts_of_all_levels_are_the_whole_adjustment(seed: int) -> None:
    fit, mix = fitted(seed)
    parts = level_parts(fit, BOTH, mix)
    whole = effects(fit, mix)
    for part, columns in zip(parts, columns_of(BOTH), strict=True):
        np.testing.assert_allclose(
            part.sum(axis=1), whole[:, columns].sum(axis=1), rtol=0, atol=1e-9
        )


@given(st.integers(0, 10_000))
def test_which_level_is_the_first_does_not_matter(seed: int) -> None:
    fit, mix = fitted(seed)
    turned = (Adjuster("channel", ("call", "sms", "wechat")), LANGUAGE)
    other, other_mix = fitted(seed, turned)
    mine, theirs = level_effects(fit, BOTH), level_effects(other, turned)
    for effect in mine:
        same = next(e for e in theirs if (e.adjuster, e.level) == (effect.adjuster, effect.level))
        assert same.points == pytest.approx(effect.points, abs=1e-8)
        assert same.standard_error == pytest.approx(effect.standard_error, abs=1e-8)
        assert same.share == pytest.approx(effect.share)
    parts = level_parts(fit, BOTH, mix)[0]
    turned_parts = level_parts(other, turned, other_mix)[0]
    np.testing.assert_allclose(turned_parts, parts[:, [2, 0, 1]], rtol=0, atol=1e-8)


@given(st.integers(0, 10_000))
def test_points_of_the_levels_average_to_nothing_over_the_reference_mix(seed: int) -> None:
    fit, _ = fitted(seed)
    for columns, points in zip(columns_of(BOTH), level_points(fit, BOTH), strict=True):
        assert shares_of(fit.reference, columns) @ points == pytest.approx(0, abs=1e-9)


def test_a_branch_that_phones_more_is_told_what_the_telephone_gave_it() -> None:
    """Phone answers are 10 points higher; the branch has 62 % of them, the network 40 %."""
    fit = AdjustmentFit(
        coefficients=np.array([0.0, 10.0, 0.0]),
        covariance=np.diag([0.0, 1.0, 0.0]),
        between=np.diag([0.0, 8.0, 0.0]),
        estimable=np.array([True, True, True]),
        explained_by=((), (), ()),
        residual_variance=5600.0,
        unexplained=1.0,
        reference=np.array([0.2, 0.4, 0.1]),
        answers=1000,
        branches=10,
        clustered=False,
    )
    mix = np.array([[0.2, 0.62, 0.1], [np.nan, np.nan, np.nan]])
    channel, language = level_parts(fit, BOTH, mix)
    np.testing.assert_allclose(channel[0], [-0.88, 0.0, -1.32])
    assert channel[0].sum() == pytest.approx(-2.2)
    assert (channel[1] == 0).all()
    assert (language == 0).all()
    call = level_effects(fit, BOTH)[2]
    assert (call.level, call.share, call.points) == ("call", pytest.approx(0.4), pytest.approx(6))
    assert call.standard_error == pytest.approx(0.6)
    assert (call.against_first, call.against_first_error, call.estimable) == (10, 1, True)


def test_levels_that_always_occur_together_name_each_other() -> None:
    channel, _, y, branch = codes_of(1)
    segment = Adjuster("segment", ("others", "under_35", "from_60"))
    x = dummies((CHANNEL, segment), [channel, channel])
    fit = fit_adjustment(moments_of_answers(x, y, branch, branches=10))
    effects_ = {effect.level: effect for effect in level_effects(fit, (CHANNEL, segment))}
    assert effects_["call"].estimable
    assert effects_["from_60"].same_as == (("channel", "call"),)
    assert not effects_["from_60"].estimable
    assert not effects_["others"].estimable
    assert effects_["sms"].estimable
