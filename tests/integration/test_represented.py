"""Whether answers are enough and stand for the customers, against the made-up network's tables."""

from datetime import date, timedelta

import numpy as np
import pytest
from conftest import NOW, Office
from sqlalchemy import text
from viewers import looking

from api.core.errors import NotFound
from api.insights.periods import Period
from api.insights.represented import Represented, represented
from api.security.hierarchy import current_hierarchy


@pytest.fixture
def office(demo_office: tuple[Office, object]) -> Office:
    """A copy of the made-up network."""
    return demo_office[0]


def units(office: Office) -> tuple[int, int, int]:
    """The root, a region, and a branch of another region."""
    with office.worker.database.transaction() as session:
        tree = current_hierarchy(session, NOW.date())
        assert tree.root is not None
        first, second = tree.children(tree.root.id)[:2]
        return tree.root.id, first.id, tree.branches_under(second.id)[0].id


def looked_at(office: Office, viewer_at: int, role: str, unit: int) -> Represented:
    with office.owner.connection() as connection:
        last = connection.execute(text("select max(occurred_on) from response")).scalar_one()
    with looking(office, viewer_at, role) as (session, viewer):
        period = Period(last - timedelta(days=91), last)
        code = viewer.hierarchy.nodes[unit].code
        return represented(session, viewer, "nps", period, unit=code)


def test_the_weighted_score_and_the_needs_of_branches(office: Office) -> None:
    root, _, _ = units(office)
    found = looked_at(office, root, "hq_analyst", root)
    assert found.raw.n is not None
    assert found.weighted is not None
    assert found.effective is not None
    assert 0.5 * found.raw.n < found.effective <= found.raw.n
    assert found.design_effect == pytest.approx(found.raw.n / found.effective)
    assert found.alike is not None
    assert 0.5 < found.alike < 1, "young and old answer more or less readily"
    assert found.gap is not None
    assert found.gap < 0.01
    assert found.closed is not None
    assert found.raw.low < found.closed[0] < found.raw.score < found.closed[1] < found.raw.high
    assert sum(row.customers for row in found.branches) == found.customers > found.invited
    assert found.margin == pytest.approx(10)
    lacking = [row.lacking for row in found.branches]
    assert lacking == sorted(lacking, key=lambda one: -(one or 0))
    for row in found.branches:
        assert row.needed <= row.customers or row.customers < 5
        assert row.answered is None or row.answered <= row.invited
    inside = [row for row in found.branches if row.margin is not None]
    assert all((row.margin <= 10) == (row.lacking == 0) for row in inside)
    assert all(row.effective <= row.answered + 1e-9 for row in inside if row.answered)


def test_a_unit_is_the_same_for_everyone_and_hidden_from_others(office: Office) -> None:
    root, region, elsewhere = units(office)
    of_headquarters = looked_at(office, root, "hq_analyst", region)
    of_the_region = looked_at(office, region, "regional_manager", region)
    assert of_the_region == of_headquarters
    with pytest.raises(NotFound):
        looked_at(office, region, "regional_manager", elsewhere)


def test_customers_of_the_frame_are_made_up_for(office: Office) -> None:
    """Two thirds of the happiest segment fall silent: the weighted score stays nearer."""
    root, _, _ = units(office)
    with office.owner.connection() as connection:
        connection.execute(
            text(
                "update answer a set value = case when r.segment = 'under_35' then 10 else 5 end "
                "from response r where r.id = a.response_id and a.metric = 'nps'"
            )
        )
    before = looked_at(office, root, "hq_analyst", root)
    with office.owner.connection() as connection:
        connection.execute(
            text(
                "update response r set excluded_at = :now from (select id, row_number() over "
                "(order by branch_id, occurred_on, id) as place from response "
                "where segment = 'under_35') p where p.id = r.id and mod(p.place, 3) > 0"
            ),
            {"now": NOW},
        )
    after = looked_at(office, root, "hq_analyst", root)
    assert after.raw.n < before.raw.n
    assert after.design_effect > before.design_effect
    assert after.raw.score < before.raw.score - 5
    off = np.abs(np.array([after.weighted.score, after.raw.score]) - before.weighted.score)
    assert off[0] < off[1] / 2


def test_nothing_is_known_where_nobody_was_asked(office: Office) -> None:
    root, _, _ = units(office)
    with looking(office, root, "hq_analyst") as (session, viewer):
        code = viewer.hierarchy.nodes[root].code
        empty = Period(date(2001, 1, 1), date(2001, 2, 1))
        found = represented(session, viewer, "nps", empty, unit=code)
    assert (found.raw.n, found.weighted, found.effective, found.branches) == (0, None, None, [])
