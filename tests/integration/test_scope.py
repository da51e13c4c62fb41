"""A transaction sees nothing until it is opened to a scope, and then no more than that."""

from datetime import date

import pytest
from conftest import Office
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session

from api.security.scope import Scope, open_scope

CELL = text(
    "insert into cell (metric, period, period_from, period_to, branch_id, touchpoint_id, "
    "survey_version_id, scale, n, hist) values "
    "('nps', 'day', :day, :day + 1, :branch, 0, 0, 'nps3', 1, '{0,0,1}')"
)


def visible(session: Session) -> set[int]:
    return set(session.execute(text("select branch_id from cell")).scalars())


@pytest.fixture
def two_branches(office: Office) -> Office:
    with office.worker.database.transaction() as session:
        for branch in (1, 2):
            session.execute(CELL, {"day": date(2026, 11, 1), "branch": branch})
    return office


def test_a_forgotten_scope_shows_nothing(two_branches: Office) -> None:
    with two_branches.web.database.transaction() as session:
        assert visible(session) == set()


def test_a_scope_shows_its_branches_only(two_branches: Office) -> None:
    with two_branches.web.database.transaction() as session:
        open_scope(session, Scope.of({2}))
        assert visible(session) == {2}


def test_a_scope_ends_with_its_transaction(two_branches: Office) -> None:
    with two_branches.web.database.transaction() as session:
        open_scope(session, Scope.of({1, 2}))
        assert visible(session) == {1, 2}
    with two_branches.web.database.transaction() as session:
        assert visible(session) == set()


def test_the_worker_sees_the_whole_network(two_branches: Office) -> None:
    with two_branches.worker.database.transaction() as session:
        assert visible(session) == {1, 2}


def test_nobody_changes_the_audit(office: Office) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        office.worker.database.transaction() as session,
    ):
        session.execute(text("delete from audit_entry"))
