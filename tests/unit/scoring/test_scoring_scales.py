"""Counts over a scale: what is read off a histogram is what the single answers say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.scales import (
    SCALES,
    Kind,
    NotOnScaleError,
    UnknownScaleError,
    answers,
    bands,
    histogram,
    hits,
    mean,
    merge,
    point_score,
    require_histograms,
    scale_of,
    to_nps3,
    variance,
)

TEN, FIVE, BANDS = SCALES["0-10"], SCALES["1-5"], SCALES["nps3"]
SEVEN = SCALES["1-7"]
tens = st.lists(st.integers(0, 10), min_size=2, max_size=40)


def test_a_histogram_counts_every_answer_into_the_bin_of_its_value() -> None:
    assert histogram(np.array([5, 1, 5, 3]), FIVE).tolist() == [1, 0, 1, 0, 2]


@pytest.mark.parametrize("value", [-1, 11, 99])
def test_a_value_that_is_not_on_the_scale_is_refused(value: int) -> None:
    with pytest.raises(NotOnScaleError):
        histogram(np.array([4, value]), TEN)


def test_an_unknown_scale_is_named_in_the_error() -> None:
    with pytest.raises(UnknownScaleError, match="0-7"):
        scale_of("0-7")


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 10), dtype=int), np.zeros((2, 11)), np.array(3), -np.eye(11, dtype=int)]
)
def test_counts_that_cannot_be_over_the_scale_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(NotOnScaleError):
        require_histograms(wrong, TEN)


def test_detractors_end_at_six_and_promoters_begin_at_nine() -> None:
    split = bands(np.arange(11), TEN)
    assert (split.detractors, split.passives, split.promoters) == (21, 15, 19)


def test_on_five_points_only_a_five_is_a_promoter_and_only_a_four_a_passive() -> None:
    assert to_nps3(np.array([1, 2, 4, 8, 16]), FIVE).tolist() == [7, 8, 16]


def test_top_box_is_the_highest_value_and_top_two_the_two_highest() -> None:
    counts = np.array([[1, 2, 4, 8, 16], [0, 0, 0, 1, 0]])
    assert hits(counts, Kind.TOP_BOX, FIVE).tolist() == [16, 0]
    assert hits(counts, Kind.TOP2_BOX, FIVE).tolist() == [24, 1]


def test_who_agrees_that_it_was_easy_are_the_top_three_of_seven_and_the_top_two_of_five() -> None:
    assert hits(np.array([1, 2, 4, 8, 16, 32, 64]), Kind.CES, SEVEN) == 112
    assert hits(np.array([1, 2, 4, 8, 16]), Kind.CES, FIVE) == 24
    assert point_score(np.array([1, 0, 0, 1, 1, 0, 1]), Kind.CES, SEVEN) == 0.5


def test_who_agrees_on_seven_points_is_high_and_who_disagrees_low() -> None:
    split = bands(np.array([1, 2, 4, 8, 16, 32, 64]), SEVEN)
    assert (split.detractors, split.passives, split.promoters) == (7, 8, 112)


@pytest.mark.parametrize("refused", [(Kind.NPS, SEVEN), (Kind.CES, TEN), (Kind.CES, BANDS)])
def test_no_nps_is_read_off_seven_points_and_no_effort_off_eleven(refused: tuple) -> None:
    kind, scale = refused
    with pytest.raises(NotOnScaleError):
        point_score(np.zeros(scale.bins, dtype=np.int64), kind, scale)


@pytest.mark.parametrize("kind", [Kind.TOP_BOX, Kind.TOP2_BOX, Kind.MEAN, Kind.CES])
def test_imported_bands_know_nothing_but_nps(kind: Kind) -> None:
    with pytest.raises(NotOnScaleError):
        point_score(np.array([1, 2, 3]), kind, BANDS)


def test_no_hits_are_counted_for_a_kind_without_boxes() -> None:
    with pytest.raises(NotOnScaleError):
        hits(np.arange(11), Kind.NPS, TEN)


@pytest.mark.parametrize("kind", sorted(TEN.kinds))
def test_without_answers_there_is_no_score(kind: Kind) -> None:
    assert np.isnan(point_score(np.zeros((2, 11), dtype=np.int64), kind, TEN)).all()


@given(tens)
def test_mean_and_variance_are_those_of_the_single_answers(given_answers: list[int]) -> None:
    counts = histogram(np.array(given_answers), TEN)
    assert mean(counts, TEN) == pytest.approx(np.mean(given_answers))
    assert variance(counts, TEN) == pytest.approx(np.var(given_answers, ddof=1), abs=1e-12)


@given(st.lists(st.integers(1, 4), min_size=2, max_size=40))
def test_when_everyone_answers_one_higher_the_mean_shifts_and_the_variance_stays(
    given_answers: list[int],
) -> None:
    low = histogram(np.array(given_answers), FIVE)
    high = histogram(np.array(given_answers) + 1, FIVE)
    assert mean(high, FIVE) == pytest.approx(mean(low, FIVE) + 1)
    assert variance(high, FIVE) == pytest.approx(variance(low, FIVE), abs=1e-12)


@given(st.lists(tens, min_size=1, max_size=6), st.randoms())
def test_merging_in_any_order_equals_counting_everything_at_once(
    parts: list[list[int]], shuffled: np.random.Generator
) -> None:
    whole = histogram(np.concatenate(parts), TEN)
    shuffled.shuffle(parts)
    counted = np.array([histogram(np.array(part), TEN) for part in parts])
    assert merge(counted).tolist() == whole.tolist()
    halves = np.array([merge(counted[:2]), merge(counted[2:])])
    assert merge(halves).tolist() == whole.tolist()
    assert answers(whole) == sum(map(len, parts))


@given(tens)
def test_bands_of_an_import_give_the_same_nps_as_the_answers(given_answers: list[int]) -> None:
    counts = histogram(np.array(given_answers), TEN)
    assert point_score(to_nps3(counts, TEN), Kind.NPS, BANDS) == point_score(counts, Kind.NPS, TEN)


def test_the_variance_of_a_billion_answers_neither_overflows_nor_cancels() -> None:
    counts = np.zeros(11, dtype=np.int64)
    counts[[9, 10]] = 1_000_000_000
    assert variance(counts, TEN) == pytest.approx(0.25, rel=1e-8)


def test_one_answer_has_no_variance() -> None:
    assert np.isnan(variance(np.array([0, 0, 1, 0, 0]), FIVE))
