"""An index says what its questions say, weighs what is missing fairly, and knows how sure it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.arrays import Counts, Floats
from scoring.composite import answer_moments
from scoring.indices import (
    INDEX_POINTS,
    IndexNode,
    IndexScores,
    Leaf,
    attainment,
    index_scores,
    leaf_points,
    leaf_weights,
    points_of,
)
from scoring.intervals import mean_interval
from scoring.scales import SCALES, Kind, NotOnScaleError, Scale, histogram

TEN, FIVE, SEVEN = SCALES["0-10"], SCALES["1-5"], SCALES["1-7"]
TREE = IndexNode(
    "index",
    parts=(
        IndexNode("people", 3, (IndexNode("advisor", 2), IndexNode("waiting", 1))),
        IndexNode("place", 1, (IndexNode("clean"),)),
        IndexNode("nps", 1),
    ),
)
LEAVES = ("advisor", "waiting", "clean", "nps")


def weights(node: IndexNode, *answered: bool) -> list[float]:
    return list(leaf_weights(node, LEAVES, np.array(answered)))


@pytest.mark.parametrize(
    ("kind", "scale", "score", "points"),
    [
        (Kind.NPS, TEN, -100, 0),
        (Kind.NPS, TEN, 30, 65),
        (Kind.TOP_BOX, FIVE, 0.4, 40),
        (Kind.TOP2_BOX, FIVE, 0.87, 87),
        (Kind.CES, SEVEN, 0.5, 50),
        (Kind.MEAN, FIVE, 4, 75),
        (Kind.MEAN, TEN, 8.5, 85),
        (Kind.MEAN, SEVEN, 1, 0),
    ],
)
def test_every_kind_is_0_at_worst_and_100_at_best(
    kind: Kind, scale: Scale, score: float, points: float
) -> None:
    assert points_of(kind, scale).of(score) == pytest.approx(points)


def test_a_kind_that_does_not_fit_the_scale_makes_no_points() -> None:
    with pytest.raises(NotOnScaleError):
        points_of(Kind.NPS, SEVEN)


def test_one_answer_in_points_is_what_the_score_of_that_answer_is() -> None:
    line = points_of(Kind.NPS, TEN)
    assert [(one - line.origin) * line.unit for one in (-1, 0, 1)] == [0, 50, 100]
    line = points_of(Kind.MEAN, FIVE)
    assert [(one - line.origin) * line.unit for one in (1, 3, 5)] == [0, 50, 100]


def test_weights_multiply_down_the_tree() -> None:
    found = weights(TREE, True, True, True, True)
    assert found == pytest.approx([0.6 * 2 / 3, 0.6 / 3, 0.2, 0.2])


def test_a_missing_question_hands_its_weight_to_its_own_dimension_first() -> None:
    assert weights(TREE, False, True, True, True) == pytest.approx([0, 0.6, 0.2, 0.2])


def test_a_missing_dimension_hands_its_weight_to_the_other_dimensions() -> None:
    assert weights(TREE, False, False, True, True) == pytest.approx([0, 0, 0.5, 0.5])


def test_nothing_answered_weighs_nothing() -> None:
    assert weights(TREE, False, False, False, False) == [0, 0, 0, 0]


@given(st.lists(st.booleans(), min_size=4, max_size=4))
def test_a_nodes_score_is_the_weighted_mean_of_the_scores_below_it(answered: list[bool]) -> None:
    scores = np.array([80.0, 60.0, 90.0, 40.0])
    whole = leaf_weights(TREE, LEAVES, np.array(answered)) @ scores
    parts = [
        (part.weight, leaf_weights(part, LEAVES, np.array(answered)) @ scores)
        for part in TREE.parts
        if any(answered[LEAVES.index(code)] for code in part.leaves)
    ]
    total = sum(weight for weight, _ in parts)
    assert whole == pytest.approx(sum(w * s for w, s in parts) / total if parts else 0)


def answers(rng: np.random.Generator, people: int, answered: float = 0.7) -> Floats:
    """Marks 1-5 for three questions of people who share a feeling; some are not given."""
    feeling = rng.normal(0, 0.9, (people, 1))
    marks = np.clip(np.rint(4 + feeling + rng.normal(0, 0.6, (people, 3))), 1, 5)
    return np.where(rng.random(marks.shape) < answered, marks, np.nan)


THREE = ("advisor", "waiting", "clean")
PART = IndexNode("part", parts=TREE.parts[:2])


def scored(values: Floats, branch: Counts, branches: int = 1, **options: float) -> IndexScores:
    """The index of means, from histograms and moments only."""
    marks = [[values[branch == at, q] for q in range(3)] for at in range(branches)]
    counts = np.array(
        [[histogram(m[~np.isnan(m)].astype(np.int64), FIVE) for m in own] for own in marks]
    )
    leaves = [leaf_points(counts[:, q], Kind.MEAN, FIVE) for q in range(3)]
    moments = answer_moments((values - 1) * 25, branch, branches=branches)
    weight = leaf_weights(PART, THREE, np.stack([leaf.n > 0 for leaf in leaves], axis=-1))
    respondents = moments.respondents.astype(np.int64)
    return index_scores(weight, leaves, respondents, moments, **options)


def person_by_person(values: Floats, weight: Floats) -> tuple[float, float]:
    """Score and variance of a contribution by METHODS 1.3, one person after the other."""
    points = (values[~np.isnan(values).all(axis=1)] - 1) * 25
    n, means = len(points), np.nanmean(points, axis=0)
    given = np.sum(~np.isnan(points), axis=0)
    u = np.nansum(weight * n / given * (points - means), axis=1)
    return float(weight @ means), float(np.sum(u**2) / (n - 1))


@pytest.mark.parametrize("people", [12, 35, 400])
def test_score_and_variance_equal_the_formula_person_by_person(people: int) -> None:
    rng = np.random.default_rng(people)
    values = answers(rng, people)
    found = scored(values, np.zeros(people, dtype=np.int64), pooled=300.0)
    weight = leaf_weights(PART, THREE, np.array([True, True, True]))
    score, spread = person_by_person(values, weight)
    assert found.measured.score[0] == pytest.approx(score)
    assert found.spread[0] == pytest.approx(spread)
    n = int(found.measured.n[0])
    by_hand = mean_interval(score, spread, n, 300.0).clipped(0, 100)
    assert found.measured.low[0] == pytest.approx(float(by_hand.low))
    assert found.measured.high[0] == pytest.approx(float(by_hand.high))
    drawn = ((n - 1) * spread + 10 * 300) / (n + 9) / n
    assert found.measured.variance[0] == pytest.approx(drawn)


def test_a_branch_that_was_not_asked_a_question_is_scored_by_the_others() -> None:
    rng = np.random.default_rng(5)
    values = answers(rng, 80)
    values[:40, 0] = np.nan
    branch = np.repeat([0, 1], 40)
    found = scored(values, branch, 2)
    for at, weight in ((0, np.array([0, 0.75, 0.25])), (1, np.array([0.5, 0.25, 0.25]))):
        own = values[branch == at]
        asked = weight > 0
        score, spread = person_by_person(own[:, asked], weight[asked])
        assert found.measured.score[at] == pytest.approx(score)
        assert found.spread[at] == pytest.approx(spread)


def test_a_branch_without_answers_has_no_score_and_harms_no_other() -> None:
    values = answers(np.random.default_rng(6), 30)
    alone = scored(values, np.zeros(30, dtype=np.int64))
    found = scored(values, np.zeros(30, dtype=np.int64), 2)
    assert np.isnan(found.measured.score[1])
    assert np.isnan(found.measured.low[1])
    assert found.measured.n.tolist()[1] == 0
    assert found.measured.low[0] == alone.measured.low[0]
    assert found.pooled == alone.pooled


def test_where_no_question_counts_nobody_is_said_to_have_answered() -> None:
    leaves = [leaf_points(np.array([[0, 0, 0, 0, 3]]), Kind.MEAN, FIVE)] * 3
    nobody = answer_moments(np.full((0, 3), np.nan), branches=1)
    found = index_scores(np.zeros((1, 3)), leaves, np.array([3]), nobody).measured
    assert found.n.tolist() == [0]
    assert np.isnan([found.score, found.low, found.high, found.variance]).all()


def test_questions_are_not_combined_as_if_they_were_independent() -> None:
    values = answers(np.random.default_rng(7), 300, answered=1)
    found = scored(values, np.zeros(300, dtype=np.int64))
    weight = leaf_weights(PART, THREE, np.array([True, True, True]))
    independent = np.sum(weight**2 * np.var((values - 1) * 25, axis=0, ddof=1))
    assert found.spread[0] > 1.4 * independent


def test_counts_without_people_get_the_widest_interval_that_can_be() -> None:
    values = answers(np.random.default_rng(8), 200, answered=1)
    branch = np.zeros(200, dtype=np.int64)
    known = scored(values, branch)
    counts = [histogram(values[:, q].astype(np.int64), FIVE)[np.newaxis] for q in range(3)]
    leaves: list[Leaf] = [leaf_points(one, Kind.MEAN, FIVE) for one in counts]
    nobody = answer_moments(np.full((0, 3), np.nan), branches=1)
    weight = leaf_weights(PART, THREE, np.array([[True, True, True]]))
    found = index_scores(weight, leaves, np.array([200]), nobody, pooled=known.pooled)
    assert found.measured.score == pytest.approx(known.measured.score)
    errors = np.sum(weight * np.stack([leaf.error for leaf in leaves], axis=-1))
    assert found.spread[0] == pytest.approx(200 * errors**2)
    assert found.spread[0] > known.spread[0]


def test_one_person_whose_mark_is_best_is_no_certainty() -> None:
    found = scored(np.full((1, 3), 5.0), np.zeros(1, dtype=np.int64))
    assert found.measured.score[0] == 100
    assert found.measured.low[0] < 60
    assert found.measured.variance[0] > 0


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(9)
    truth = scored(answers(rng, 200_000), np.zeros(200_000, dtype=np.int64)).measured.score[0]
    branch = np.repeat(np.arange(1500), 25)
    found = scored(answers(rng, len(branch)), branch, 1500).measured
    covered = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.935 <= covered <= 0.975


def test_a_target_is_reached_missed_or_cannot_be_told_yet() -> None:
    found = attainment(
        np.array([85.0, 85, 85, np.nan, 85]),
        np.array([82.0, 82, 82, np.nan, 82]),
        np.array([88.0, 88, 88, np.nan, 88]),
        np.array([80.0, 84, 90, 80, np.nan]),
        INDEX_POINTS,
    )
    assert found.reached.tolist() == [True, False, False, False, False]
    assert found.missed.tolist() == [False, False, True, False, False]
    assert found.share.tolist()[:3] == pytest.approx([85 / 80, 85 / 84, 85 / 90])
    assert np.isnan(found.share[3:]).all()
    assert found.low[0] == pytest.approx(82 / 80)


def test_attainment_of_an_nps_is_told_in_points_so_that_a_target_of_0_has_a_share() -> None:
    found = attainment(10.0, -5.0, 25.0, 0.0, points_of(Kind.NPS, TEN))
    assert found.share == pytest.approx(55 / 50)
    assert not found.reached
    assert not found.missed
    assert np.isnan(attainment(0.0, -1, 1, -100.0, points_of(Kind.NPS, TEN)).share)
