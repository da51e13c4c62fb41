"""A ticket from its opening to the customer's word: who may do what, and what it leaves behind."""

from datetime import timedelta
from uuid import UUID

import pytest
from conftest import NOW, Office
from sqlalchemy import text
from ticketed import Shop, make_shop

from api.tickets import closing, service
from api.tickets.errors import (
    UnknownCause,
)
from api.tickets.opening import Opening
from api.tickets.service import TicketDetail


@pytest.fixture
def shop(office: Office) -> Shop:
    return make_shop(office)


def unhappy(shop: Shop, **answer: object) -> Opening:
    """What is opened about an unhappy customer's answer."""
    _, response = shop.answered(**answer)  # type: ignore[arg-type]
    return Opening(shop.branch, "answer", 1, 3, response_id=response, metric="nps", first_score=2)


def number_of(shop: Shop, ticket: UUID | None) -> int:
    with shop.office.owner.connection() as connection:
        found = connection.execute(text("select number from ticket where id = :id"), {"id": ticket})
        return int(found.scalar_one())


def opened(shop: Shop, **answer: object) -> int:
    return number_of(shop, shop.opened(unhappy(shop, **answer)))


def shown(shop: Shop, number: int, name: str = "manager") -> TicketDetail:
    with shop.at_work(name) as (session, viewer):
        return service.require_ticket(session, viewer, number, shop.office.web.vault, now=NOW)


def rows(shop: Shop, statement: str, **given: object) -> list[tuple[object, ...]]:
    with shop.office.owner.connection() as connection:
        return [tuple(row) for row in connection.execute(text(statement), given)]


def test_a_response_has_one_ticket_with_owner_clocks_notice_and_peace(shop: Shop) -> None:
    wanted = unhappy(shop)
    number = number_of(shop, shop.opened(wanted))
    assert shop.opened(wanted) is None, "a second time for the same response"
    found = shown(shop, number)
    line = found.line
    assert (line.state, line.owner, line.first_score) == ("new", "manager", 2)
    assert line.words == "Nobody called me back"
    assert {(one.kind, one.calendar) for one in found.clocks} >= {("acknowledge", "business")}
    assert line.business is not None and line.business.kind == "acknowledge"
    assert rows(shop, "select kind from notice where account_id = :id", id=shop.people["manager"])
    assert rows(shop, "select event from webhook_delivery") == [("ticket.opened",)]
    held = rows(shop, "select reason, source, closed_at from person_hold")
    assert held == [("complaint", "ticket", None)]
    assert found.next_step == "acknowledge"


def test_a_matter_goes_from_call_to_root_cause_and_the_customer_has_the_last_word(
    shop: Shop,
) -> None:
    number = opened(shop)
    with shop.at_work("staff") as (session, viewer):
        version = service.acknowledge(session, viewer, number, version=1, now=NOW)
        later = NOW + timedelta(hours=1)
        version = service.contacted(
            session, viewer, number, version=version, note="Call +86 199 0000 0001", now=later
        )
        with pytest.raises(UnknownCause):
            service.resolve(session, viewer, number, version=version, cause="bad luck", now=later)
        service.resolve(session, viewer, number, version=version, cause=cause(shop), now=later)
    found = shown(shop, number)
    assert (found.line.state, found.line.cause) == ("resolved", cause(shop))
    assert all(one.met_at for one in found.clocks), "what was to be done is done"
    assert rows(shop, "select closed_at from person_hold") == [(later,)]
    noted = next(one.note for one in found.steps if one.to_state == "contacted")
    assert noted is not None and "0000" not in noted, "numbers are taken out of notes"
    with shop.office.worker.database.transaction() as session:
        assert closing.customer_said(session, found.line.id, score=1, content=False, now=later)
    again = shown(shop, number)
    assert (again.line.state, again.line.reopened, again.line.first_score) == ("reopened", 1, 2)
    assert rows(shop, "select closed_at from person_hold") == [(None,)]
    running = {one.kind for one in again.clocks if not one.met_at and not one.stopped_at}
    assert running == {"resolve"}, "what was met stays met"


def cause(shop: Shop) -> str:
    from api.tickets.published import loop_in_force

    with shop.office.worker.database.transaction() as session:
        found = loop_in_force(session)
        assert found is not None
        return next(one.code for one in found.loop.causes if one.parent is not None)
