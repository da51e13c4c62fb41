"""No cell that is hidden in a table with totals can be worked out from what is shown."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from api.insights.explore.hiding import hidden_cells
from scoring.tiers import Thresholds

TABLES = arrays(
    np.int64,
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    elements=st.sampled_from([0, 1, 2, 4, 5, 6, 9, 12, 30]),
)


@settings(max_examples=300, deadline=None)
@given(TABLES)
def test_every_line_leaves_at_least_two_unknowns_or_none(answers: np.ndarray) -> None:
    hidden = hidden_cells(answers)
    rows = np.concatenate([answers, answers.sum(axis=1, keepdims=True)], axis=1)
    whole = np.concatenate([rows, rows.sum(axis=0, keepdims=True)])
    assert not hidden[whole == 0].any()
    assert hidden[(whole > 0) & (whole < 5)].all()
    for n, kept in [*zip(whole, hidden, strict=True), *zip(whole.T, hidden.T, strict=True)]:
        unknown = int(kept.sum())
        assert unknown != 1
        if unknown and not kept[-1]:
            assert n[:-1][kept[:-1]].sum() >= 5


def test_a_table_with_enough_answers_hides_nothing() -> None:
    assert not hidden_cells(np.full((3, 4), 5)).any()


def test_a_single_small_cell_takes_one_more_of_its_row_and_of_its_column_with_it() -> None:
    answers = np.array([[3, 20, 30], [40, 25, 50], [60, 70, 80]])
    expected = np.zeros((4, 4), dtype=bool)
    expected[np.ix_([0, 1], [0, 1])] = True
    assert np.array_equal(hidden_cells(answers), expected)


def test_advisors_are_hidden_below_ten() -> None:
    hidden = hidden_cells(np.array([[9, 40, 12]]), Thresholds(10, 10, 30))
    assert hidden[0, :3].tolist() == [True, False, True]
