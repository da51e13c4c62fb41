"""Average run lengths of control charts: published tables."""

import pytest

from scoring.run_length import cusum_run_length, ewma_run_length


@pytest.mark.parametrize(
    ("smoothing", "limit"), [(0.05, 2.615), (0.10, 2.814), (0.25, 2.998), (0.50, 3.071)]
)
def test_ewma_charts_of_the_table_run_500_months_without_a_change(
    smoothing: float, limit: float
) -> None:
    # Lucas and Saccucci 1990, table 3: 500 for each pair.
    assert ewma_run_length(smoothing, limit) == pytest.approx(500, abs=1.0)


def test_an_ewma_chart_finds_one_standard_deviation_in_ten_months() -> None:
    assert ewma_run_length(0.10, 2.814, shift=1.0) == pytest.approx(10.33, abs=0.01)


@pytest.mark.parametrize(("limit", "unchanged", "shifted"), [(4, 335.4, 8.38), (5, 930.9, 10.38)])
def test_cusum_charts_run_as_tables_say(limit: float, unchanged: float, shifted: float) -> None:
    one_sided = cusum_run_length(0.5, limit)
    assert one_sided == pytest.approx(unchanged, abs=0.1)
    assert one_sided / 2 == pytest.approx({4: 167.7, 5: 465.4}[limit], abs=0.05)
    assert cusum_run_length(0.5, limit, shift=1.0) == pytest.approx(shifted, abs=0.01)


def test_more_states_change_nothing_that_is_stated() -> None:
    assert ewma_run_length(0.2, 2.962) == pytest.approx(
        ewma_run_length(0.2, 2.962, states=801), rel=0.001
    )


def test_a_chart_of_the_last_month_alone_is_a_shewhart_chart() -> None:
    # 1 / P(|z| > 3), and the same for a shift of 1.
    assert ewma_run_length(1.0, 3.0) == pytest.approx(370.398, abs=0.01)
    assert ewma_run_length(1.0, 3.0, shift=1.0) == pytest.approx(43.895, abs=0.01)
