"""One shape for metrics, composites and adjusted scores."""

import numpy as np

from scoring.change import change_between
from scoring.measured import Measured, change_of, measured
from scoring.scales import Kind, scale_of
from scoring.scores import score_counts
from scoring.variances import metric_variance

NPS3 = scale_of("nps3")
COUNTS = np.array([[10, 20, 70], [1, 1, 8], [0, 0, 0], [200, 300, 500]])


def test_measuring_gives_the_score_its_interval_and_a_variance_that_is_never_zero():
    found = measured(COUNTS, Kind.NPS, NPS3)
    scores = score_counts(COUNTS, Kind.NPS, NPS3)
    np.testing.assert_array_equal(found.n, [100, 10, 0, 1000])
    np.testing.assert_allclose(found.score, scores.score)
    np.testing.assert_allclose(found.low, scores.low)
    np.testing.assert_allclose(found.variance, metric_variance(COUNTS, Kind.NPS, NPS3))
    all_promoters = measured(np.array([[0, 0, 10]]), Kind.NPS, NPS3)
    assert all_promoters.variance[0] > 0


def test_some_branches_are_chosen_by_flags():
    found = measured(COUNTS, Kind.NPS, NPS3)
    some = found.at(found.n >= 100)
    assert some.n.tolist() == [100, 1000]
    assert some.score.tolist() == [60.0, 30.0]


def test_a_change_of_many_answers_is_judged_as_by_their_histograms():
    later = np.array([[100, 200, 700], [130, 200, 670], [0, 0, 0]])
    earlier = np.array([[150, 200, 650], [129, 202, 669], [10, 10, 80]])
    exact = change_between(later, earlier, Kind.NPS, NPS3)
    found = change_of(measured(later, Kind.NPS, NPS3), measured(earlier, Kind.NPS, NPS3))
    np.testing.assert_allclose(found.change, exact.change)
    assert found.is_noise.tolist() == exact.is_noise.tolist() == [False, True, True]


def test_a_change_without_a_variance_is_no_change():
    one = Measured(*(np.array([value]) for value in (5, 50.0, 40.0, 60.0, np.nan)))
    assert change_of(one, measured(COUNTS[:1], Kind.NPS, NPS3)).is_noise.tolist() == [True]
