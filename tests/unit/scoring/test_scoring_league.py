"""The league table: what is blanked, what depends on what, and how long it takes."""

from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scoring.arrays import Counts
from scoring.league import (
    LeagueRanks,
    LeagueScores,
    league_ranks,
    league_scores,
    league_seed,
    score_league,
)
from scoring.scales import SCALES, Kind, NotOnScaleError, merge, to_nps3
from scoring.scores import score_counts
from scoring.tiers import Thresholds, Tier

TEN, FIVE, BANDS = SCALES["0-10"], SCALES["1-5"], SCALES["nps3"]


def network(seed: int, branches: int, answers: int = 60) -> Counts:
    """Answers on 0-10 of branches that differ in size and quality."""
    rng = np.random.default_rng(seed)
    pull = np.exp(rng.normal(0, 0.15, (branches, 1)) * np.arange(-5, 6))
    shares = np.array([2, 1, 1, 1, 1, 3, 3, 9, 17, 22, 40]) * pull
    size = rng.poisson(rng.gamma(2, answers / 2, branches))
    return rng.multinomial(size, shares / shares.sum(axis=1, keepdims=True)).astype(np.int64)


def columns(table: LeagueScores | LeagueRanks) -> dict[str, np.ndarray]:
    return {name: np.asarray(getattr(table, name)) for name in table.__slots__}


def assert_rows_equal(left: object, right: object, order: np.ndarray) -> None:
    for name, column in columns(left).items():  # type: ignore[arg-type]
        other = columns(right)[name]  # type: ignore[arg-type]
        moved = other if other.ndim == 0 else other[order]
        np.testing.assert_allclose(column, moved, rtol=1e-9, err_msg=name)


SMALL = np.array([[0, 1, 3], [1, 1, 6], [2, 5, 16], [4, 10, 36], [20, 20, 20], [0, 0, 0]])


def test_each_tier_shows_what_it_may_and_no_more() -> None:
    table = score_league(SMALL, SMALL, Kind.NPS, BANDS, seed=1)
    scores, ranks = table.scores, table.ranks
    tiers = [Tier.HIDDEN, Tier.INSUFFICIENT, Tier.SHOWN, Tier.RANKED, Tier.RANKED, Tier.HIDDEN]
    assert scores.tier.tolist() == tiers
    assert scores.n.tolist() == [4, 8, 23, 50, 60, 0]
    shown = [False, False, True, True, True, False]
    for column in (scores.score, scores.low, scores.high, scores.change):
        assert np.isfinite(column).tolist() == shown
    ranked = [False, False, False, True, True, False]
    assert scores.ranked.tolist() == ranked
    for column in (scores.shrunk, ranks.rank, ranks.rank_low, ranks.rank_high):
        assert np.isfinite(column).tolist() == ranked
    assert ranks.rank.tolist()[3:5] == [1, 2]


def test_branches_below_the_ranking_tier_do_not_touch_the_ranks_of_others() -> None:
    counts = network(1, 80)
    enough = counts.sum(axis=1) >= 30
    assert 0 < enough.sum() < 80
    whole = score_league(counts, None, Kind.NPS, TEN, seed=3)
    alone = score_league(counts[enough], None, Kind.NPS, TEN, seed=3)
    np.testing.assert_array_equal(whole.scores.shrunk[enough], alone.scores.shrunk)
    np.testing.assert_array_equal(whole.ranks.rank_low[enough], alone.ranks.rank_low)
    np.testing.assert_array_equal(whole.ranks.rank_high[enough], alone.ranks.rank_high)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(TEN.kinds)))
def test_the_order_of_the_rows_changes_nothing_but_the_order_of_the_rows(
    seed: int, kind: Kind
) -> None:
    counts, before = network(seed, 30), network(seed + 1, 30)
    order = np.random.default_rng(seed).permutation(30)
    table = score_league(counts, before, kind, TEN, seed=7, draws=100)
    moved = score_league(counts[order], before[order], kind, TEN, seed=7, draws=100)
    assert_rows_equal(moved.scores, table.scores, order)
    assert_rows_equal(moved.ranks, table.ranks, order)


def test_places_follow_the_shrunken_score() -> None:
    counts = network(2, 100)
    for kind in TEN.kinds:
        table = score_league(counts, None, kind, TEN, seed=1, draws=200)
        by_place = np.argsort(np.where(table.scores.ranked, table.ranks.rank, np.inf))
        best_first = table.scores.shrunk[by_place[: table.scores.ranked.sum()]]
        assert (np.diff(best_first) <= 0).all()
        assert np.nanmin(table.ranks.rank) == 1


def test_a_shrunken_score_lies_between_the_raw_one_and_the_networks() -> None:
    scores = league_scores(network(3, 100), None, Kind.NPS, TEN)
    at = scores.ranked
    low = np.minimum(scores.score[at], scores.mu) - 1e-9
    high = np.maximum(scores.score[at], scores.mu) + 1e-9
    assert ((low <= scores.shrunk[at]) & (scores.shrunk[at] <= high)).all()
    assert 0 < scores.tau < 60


def test_imported_bands_make_the_same_table_as_the_answers_behind_them() -> None:
    counts, before = network(4, 60), network(5, 60)
    answers = score_league(counts, before, Kind.NPS, TEN, seed=2, draws=200)
    imported = score_league(
        to_nps3(counts, TEN), to_nps3(before, TEN), Kind.NPS, BANDS, seed=2, draws=200
    )
    assert_rows_equal(imported.scores, answers.scores, np.arange(60))
    assert_rows_equal(imported.ranks, answers.ranks, np.arange(60))


def test_without_an_earlier_period_there_is_no_change() -> None:
    scores = league_scores(network(6, 20), None, Kind.TOP2_BOX, TEN)
    assert np.isnan(scores.change).all()
    assert scores.change_is_noise.all()


def test_a_change_is_shown_only_when_both_periods_are() -> None:
    before = SMALL[[3, 3, 0, 4, 3, 3]]
    scores = league_scores(SMALL, before, Kind.NPS, BANDS)
    assert np.isfinite(scores.change).tolist() == [False, False, False, True, True, False]
    assert scores.change[3] == pytest.approx(64)
    assert scores.change_is_noise.tolist()[3:5] == [False, False]


def test_thresholds_decide_who_is_ranked() -> None:
    loose = Thresholds(count=1, score=2, rank=8)
    scores = league_scores(SMALL, None, Kind.NPS, BANDS, thresholds=loose)
    ranks = league_ranks(SMALL, Kind.NPS, BANDS, seed=1, thresholds=loose)
    assert scores.ranked.tolist() == [False, True, True, True, True, False]
    assert np.isfinite(ranks.rank).tolist() == scores.ranked.tolist()


@pytest.mark.parametrize("kind", list(Kind))
def test_a_table_in_which_nobody_is_ranked_is_a_table(kind: Kind) -> None:
    for counts in (np.zeros((3, 5), dtype=np.int64), np.zeros((0, 5), dtype=np.int64)):
        table = score_league(counts, counts, kind, FIVE, seed=1)
        assert np.isnan(table.scores.mu)
        assert np.isnan(table.ranks.rank).all()


@pytest.mark.parametrize("kind", list(Kind))
def test_a_young_network_in_which_everyone_is_delighted_has_a_table(kind: Kind) -> None:
    delighted = np.array([[0, 0, 0, 0, 40], [0, 0, 0, 0, 60], [0, 0, 0, 0, 1]])
    table = score_league(delighted, delighted, kind, FIVE, seed=1)
    assert (table.scores.low[:2] < table.scores.score[:2]).all()
    assert table.ranks.rank.tolist()[:2] == table.ranks.rank_low.tolist()[:2] == [1, 1]
    assert table.ranks.rank_high.tolist()[:2] == [2, 2]


@settings(max_examples=30)
@given(arrays(np.int64, (4, 5), elements=st.integers(0, 3)), st.sampled_from(list(Kind)))
def test_whatever_is_answered_there_is_a_table(counts: Counts, kind: Kind) -> None:
    everyone = Thresholds(count=1, score=1, rank=1)
    table = score_league(counts, counts[::-1], kind, FIVE, seed=1, thresholds=everyone, draws=50)
    asked = counts.sum(axis=1) > 0
    for column in (table.scores.low, table.scores.shrunk, table.ranks.rank_high):
        assert np.isfinite(column).tolist() == asked.tolist()


def test_histograms_or_kinds_that_do_not_fit_the_scale_are_refused() -> None:
    with pytest.raises(NotOnScaleError):
        league_scores(SMALL, None, Kind.NPS, TEN)
    with pytest.raises(NotOnScaleError):
        league_scores(SMALL, None, Kind.MEAN, BANDS)
    with pytest.raises(NotOnScaleError):
        league_ranks(SMALL, Kind.TOP_BOX, BANDS, seed=1)
    with pytest.raises(NotOnScaleError):
        league_scores(SMALL, SMALL.astype(float), Kind.NPS, BANDS)


def test_a_parent_pools_the_answers_of_its_branches() -> None:
    region = score_counts(merge(SMALL), Kind.NPS, BANDS)
    assert region.n == 145
    assert region.score == pytest.approx(100 * (81 - 27) / 145)
    assert region.low < region.score < region.high


def test_the_interval_of_a_mean_ends_where_the_scale_ends() -> None:
    found = score_counts(np.array([0, 0, 0, 0, 12]), Kind.MEAN, FIVE, pooled=0.8)
    assert found.high == 5
    assert 4 < found.low < 5


def test_a_seed_follows_from_what_the_table_is_called() -> None:
    seed = league_seed("nps", "2026-01-05", "2026-04-05")
    assert seed == 536736631
    assert seed != league_seed("nps", "2026-01-05", "2026-04-06")
    assert league_seed("ab", "c") != league_seed("a", "bc")


def fastest(times: int, work: object) -> float:
    def once() -> float:
        begun = perf_counter()
        work()  # type: ignore[operator]
        return perf_counter() - begun

    return min(once() for _ in range(times))


def test_two_thousand_branches_are_scored_in_milliseconds_and_ranked_in_a_second() -> None:
    counts, before = network(8, 2000), network(9, 2000)
    # The aims are 10 ms and 1 s; the bounds leave room for a busy machine.
    assert fastest(5, lambda: league_scores(counts, before, Kind.NPS, TEN)) < 0.03
    assert fastest(1, lambda: league_ranks(counts, Kind.NPS, TEN, seed=1)) < 2
