"""A composite index is honest about answers that hang together and answers that are missing."""

import numpy as np
import pytest

from scoring.arrays import Floats
from scoring.composite import CompositeScore, answer_moments, composite_score
from scoring.intervals import mean_interval

WEIGHTS = np.array([0.3, 0.25, 0.15, 0.1, 0.1, 0.1])


def correlated_answers(rng: np.random.Generator, people: int, *, answered: float = 0.75) -> Floats:
    """Six items of 0-100 that share one feeling per person, some not answered."""
    feeling = rng.normal(0, 14, (people, 1))
    values = np.clip(80 + feeling + rng.normal(0, 10, (people, 6)), 0, 100)
    return np.where(rng.random(values.shape) < answered, values, np.nan)


def scored(values: Floats, weights: Floats = WEIGHTS) -> CompositeScore:
    return composite_score(answer_moments(values), weights)


def textbook_error(values: Floats, weights: Floats) -> float:
    """The formula of METHODS 1.3, person by person."""
    values = values[~np.isnan(values).all(axis=1)]
    n, means = len(values), np.nanmean(values, axis=0)
    share = np.sum(~np.isnan(values), axis=0)
    u = np.nansum(weights * n / share * (values - means), axis=1)
    return float(np.sqrt(np.sum(u**2) / (n * (n - 1))))


def test_complete_answers_give_the_plain_standard_error_of_each_persons_index() -> None:
    values = correlated_answers(np.random.default_rng(1), 40, answered=1)
    index = values @ WEIGHTS
    found = scored(values)
    assert found.score == pytest.approx(index.mean())
    assert found.standard_error == pytest.approx(index.std(ddof=1) / np.sqrt(40))


def test_missing_answers_follow_the_linearised_formula() -> None:
    values = correlated_answers(np.random.default_rng(2), 35)
    found = scored(values)
    assert found.score == pytest.approx(WEIGHTS @ np.nanmean(values, axis=0))
    assert found.standard_error == pytest.approx(textbook_error(values, WEIGHTS))


def test_moments_merged_in_parts_equal_those_of_everyone() -> None:
    values = correlated_answers(np.random.default_rng(3), 60)
    parts = answer_moments(values[40:]) + answer_moments(values[:40])
    merged, whole = composite_score(parts, WEIGHTS), scored(values)
    assert merged.score == pytest.approx(whole.score)
    assert merged.standard_error == pytest.approx(whole.standard_error)


def test_branches_together_score_as_each_alone() -> None:
    rng = np.random.default_rng(4)
    values, branch = correlated_answers(rng, 90), rng.integers(0, 3, 90)
    together = composite_score(answer_moments(values, branch, branches=4), WEIGHTS)
    for place in range(3):
        alone = scored(values[branch == place])
        assert together.score[place] == pytest.approx(alone.score[0])
        assert together.standard_error[place] == pytest.approx(alone.standard_error[0])
    assert np.isnan(together.score[3])
    assert np.isnan(together.standard_error[3])


def test_a_question_nobody_was_asked_takes_no_weight() -> None:
    values = correlated_answers(np.random.default_rng(5), 30)
    values[:, 2] = np.nan
    kept = [0, 1, 3, 4, 5]
    without = scored(values[:, kept], WEIGHTS[kept])
    found = scored(values)
    assert found.score == pytest.approx(without.score)
    assert found.standard_error == pytest.approx(without.standard_error)


def test_someone_who_answered_nothing_is_no_respondent() -> None:
    values = correlated_answers(np.random.default_rng(6), 20)
    found = scored(np.vstack([values, np.full((1, 6), np.nan)]))
    assert found.respondents == scored(values).respondents
    assert found.standard_error == pytest.approx(scored(values).standard_error)


def test_one_respondent_has_a_score_but_no_standard_error() -> None:
    found = scored(np.full((1, 6), 70.0))
    assert found.score == pytest.approx(70)
    assert np.isnan(found.standard_error)


def test_the_standard_error_is_the_spread_of_repeated_surveys() -> None:
    rng = np.random.default_rng(8)
    surveys, people = 1500, 30
    values = correlated_answers(rng, surveys * people)
    place = np.repeat(np.arange(surveys), people)
    found = composite_score(answer_moments(values, place, branches=surveys), WEIGHTS)
    truth = found.score.std()
    assert np.sqrt(np.mean(found.variance / people)) == pytest.approx(truth, rel=0.06)
    items = np.array([np.nanvar(column, ddof=1) / (0.75 * people) for column in values.T])
    as_if_independent = float(np.sqrt(WEIGHTS**2 @ items))
    assert as_if_independent < 0.72 * truth


def test_an_interval_follows_from_the_variance_of_contributions() -> None:
    found = scored(correlated_answers(np.random.default_rng(9), 30))
    pooled = float(found.variance[0])
    interval = mean_interval(found.score, found.variance, found.respondents, pooled)
    arm = 2.0227 * found.standard_error  # t quantile .975 with 39 degrees of freedom
    assert interval.high - found.score == pytest.approx(arm, rel=1e-4)
