"""An own question of the data: every cell leads to a question that can be asked."""

from datetime import date, timedelta
from itertools import pairwise, product

import pytest

from api.core.languages import LANGUAGES, say
from api.insights.explore.dimensions import CUTS, Asked, Dimension, Only, Value, buckets
from api.insights.periods import Period
from api.security.hierarchy import Node
from dashboard.address import Address, Page, read_address
from dashboard.data.exploring import Question, go_together, leads, usable

PERIOD = Period(date(2026, 8, 3), date(2026, 11, 2))
BRANCH = Node(7, "D101", "branch", "dealer", "店", "Dealer", "d", 1, None, None, None, None, None,
              None, None, None)  # fmt: skip
PAIRS = [pair for pair in product(Dimension, Dimension) if go_together(*pair)]


def value(dimension: Dimension) -> Value:
    if dimension in (Dimension.UNIT, Dimension.BRANCH):
        return Value("D101", "店", "Dealer", unit=BRANCH)
    if dimension in (Dimension.WEEK, Dimension.MONTH):
        return Value("2026-08-03", "", "", days=Period(date(2026, 8, 3), date(2026, 8, 10)))
    return Value("one", "one", "one")


@pytest.mark.parametrize(("rows", "columns"), PAIRS)
def test_every_cell_and_head_leads_to_a_question_with_two_dimensions_that_go_together(
    rows: Dimension, columns: Dimension
) -> None:
    address = Address(Page.EXPLORE, metric="nps").with_words(rows=rows, columns=columns)
    asked = Asked("nps", PERIOD, rows, columns)
    steps = [[(rows, value(rows))], [(columns, value(columns))]]
    steps.append(steps[0] + steps[1])
    for one in steps:
        href = leads(asked, address, *one)
        if href is None:
            assert sum(dimension in CUTS for dimension, _ in one) == 2
            continue
        path, _, query = href.partition("?")
        there = read_address(path, query)
        node = BRANCH if there.unit else None
        left = usable(node, there.touchpoint, Only.read(there.word("only")))
        shown = [Dimension(there.word(side) or "") for side in ("rows", "columns")]
        assert go_together(*shown)
        assert set(shown) <= set(left)
        assert there.metric == "nps"


def test_weeks_and_months_are_cut_to_the_period_and_leave_no_day_out() -> None:
    period = Period(date(2026, 8, 5), date(2026, 11, 3))
    for dimension in (Dimension.WEEK, Dimension.MONTH):
        found = buckets((dimension, Dimension.UNIT), period)
        assert found[0].start == period.start
        assert found[-1].end == period.end
        assert all(one.end == next_.start for one, next_ in pairwise(found))
    weeks = buckets((Dimension.WEEK,), period)
    assert all(one.start.weekday() == 0 for one in weeks[1:])
    assert max(one.days for one in weeks) == 7
    assert buckets((Dimension.UNIT,), period) == [period]
    assert sum(one.days for one in weeks) == (period.end - period.start) // timedelta(days=1)


@pytest.mark.parametrize("node", [None, BRANCH])
def test_questions_to_begin_with_can_be_asked_and_have_words(node: Node | None) -> None:
    asked = Asked("nps", PERIOD, Dimension.CHANNEL, Dimension.MONTH)
    ready = Question(asked, node, usable(node, None, None)).ready
    assert all(go_together(*both) for both in ready)
    assert ((Dimension.ADVISOR, Dimension.TOUCHPOINT) in ready) == (node is BRANCH)
    for language in LANGUAGES:
        said = [say("explore.ready." + "_".join(both), language) for both in ready]
        assert len(set(said)) == len(said) == 4
