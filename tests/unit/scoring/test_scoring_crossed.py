"""Cross-products say what least squares on the answers themselves would say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.arrays import Counts, Floats
from scoring.composite import answer_moments
from scoring.crossed import centred, centred_parts, correlations, group_means, possible


def surveyed(seed: int, *, branches: int = 6, people: int = 120) -> tuple[Floats, Counts]:
    """Whole answers of 1-5 to three questions, and the branch of each person."""
    rng = np.random.default_rng(seed)
    branch = rng.integers(0, branches, people)
    level = rng.normal(0, 1, (branches, 1))[branch]
    mood = rng.normal(0, 1, (people, 1))
    answers = np.clip(np.round(3 + level + mood + rng.normal(0, 1, (people, 3))), 1, 5)
    return answers, branch


def test_centred_groups_correlate_as_deviations_from_their_means() -> None:
    answers, branch = surveyed(1)
    means = np.stack([answers[branch == place].mean(axis=0) for place in range(6)])
    own = np.corrcoef((answers - means[branch]).T)
    pooled = centred(answer_moments(answers, branch, branches=6)).pooled
    assert correlations(pooled) == pytest.approx(own)


def test_a_branch_that_is_better_at_everything_connects_nothing_within() -> None:
    rng = np.random.default_rng(2)
    branch = np.repeat(np.arange(40), 50)
    level = rng.normal(0, 3, (40, 1))[branch]
    answers = level + rng.normal(0, 1, (2000, 3))
    moments = answer_moments(answers, branch, branches=40)
    inside = correlations(centred(moments).pooled)
    assert np.abs(inside - np.eye(3)).max() < 0.08
    assert np.corrcoef(answers.T)[0, 1] > 0.8
    between = centred(answer_moments(_means(answers, branch), None))
    assert correlations(between)[0, 0, 1] > 0.95


def _means(answers: Floats, branch: Counts) -> Floats:
    return np.stack([answers[branch == place].mean(axis=0) for place in np.unique(branch)])


def test_means_of_groups_count_by_their_answers() -> None:
    answers, branch = surveyed(3, branches=4)
    moments = group_means(answer_moments(answers, branch, branches=4), least=1)
    size = np.bincount(branch)
    total = centred(type(moments)(*(getattr(moments, name).sum(axis=0) for name in FIELDS)))
    own = np.cov(_means(answers, branch).T, fweights=size)
    scale = np.sqrt(np.diag(own))
    assert correlations(total) == pytest.approx(own / np.outer(scale, scale))


FIELDS = ("respondents", "counts", "sums", "products")


def test_groups_with_few_answers_to_a_question_are_left_out_of_the_means() -> None:
    answers = np.ones((25, 2))
    answers[20:, 1] = np.nan
    branch = np.repeat([0, 1], [10, 15])
    found = group_means(answer_moments(answers, branch, branches=2), least=11)
    assert found.respondents.tolist() == [0, 0]
    assert group_means(answer_moments(answers, branch, branches=2)).respondents.tolist() == [10, 10]


@given(seed=st.integers(0, 10_000))
def test_parts_of_a_group_merge_in_any_order(seed: int) -> None:
    answers, branch = surveyed(seed)
    rng = np.random.default_rng(seed)
    answers[rng.random(answers.shape) < 0.1] = np.nan
    part = rng.integers(0, 3, len(answers))
    pieces = [
        answer_moments(answers[part == one], branch[part == one], branches=6)
        for one in rng.permutation(3)
    ]
    merged = centred(pieces[0] + pieces[1] + pieces[2])
    whole = centred(answer_moments(answers, branch, branches=6))
    assert merged.products == pytest.approx(whole.products, abs=1e-9)
    order = rng.permutation(6)
    pooled = type(whole)(whole.products[order], whole.freedom[order]).pooled
    assert pooled.products == pytest.approx(whole.pooled.products, abs=1e-9)
    assert (whole + merged).freedom == pytest.approx(2 * whole.freedom)


def test_parts_of_groups_add_up_to_the_groups() -> None:
    answers, branch = surveyed(5)
    answers[np.random.default_rng(5).random(answers.shape) < 0.1] = np.nan
    month = np.arange(len(answers)) % 4
    parts = answer_moments(answers, branch * 4 + month, branches=24)
    found = centred_parts(parts, np.arange(24) // 4)
    whole = centred(answer_moments(answers, branch, branches=6))
    for name in ("products", "freedom"):
        added = getattr(found, name).reshape(6, 4, 3, 3).sum(axis=1)
        assert added == pytest.approx(getattr(whole, name), abs=1e-9)


def test_pairs_use_the_means_of_those_who_answered_both() -> None:
    answers = np.array([[1, 2], [2, np.nan], [3, 5], [5, np.nan], [4, 4.0]])
    found = centred(answer_moments(answers))
    both = answers[[0, 2, 4]]
    assert found.products[0, 0, 1] == pytest.approx(((both - both.mean(axis=0)).prod(axis=1)).sum())
    assert found.freedom[0].tolist() == [[4, 2], [2, 2]]


def test_a_question_without_spread_is_unknown_not_unrelated() -> None:
    answers = np.array([[1, 3], [2, 3], [5, 3.0]])
    found = correlations(centred(answer_moments(answers)))[0]
    assert np.isnan(found[0, 1])


def test_an_impossible_matrix_becomes_the_nearest_possible_one() -> None:
    matrix = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    mended = possible(matrix)
    assert np.linalg.eigvalsh(matrix)[0] < -0.5
    assert np.linalg.eigvalsh(mended)[0] > -1e-12
    assert np.diag(mended) == pytest.approx(np.ones(3))
    right = np.array([[1, 0.5], [0.5, 1]])
    assert possible(right) is right
