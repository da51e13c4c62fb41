"""A ticket from its opening to the customer's word: who may do what, and what it leaves behind."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from conftest import NOW, Office
from sqlalchemy import text
from ticketed import Shop, make_shop

from api.core.errors import NotAllowed, NotFound
from api.models import Absence
from api.tickets import closing, service
from api.tickets.errors import (
    AlreadyRevealed,
    NoTelephone,
    NoteNeeded,
    NotNow,
    NotToBeKnown,
    OwnTicket,
    Stale,
    UnfitOwner,
    UnknownCause,
)
from api.tickets.opening import Opening
from api.tickets.orphans import give_orphans
from api.tickets.published import loop_in_force
from api.tickets.queries import TicketFilter, list_tickets, ticket_counts
from api.tickets.service import TicketDetail

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def shop(office: Office) -> Shop:
    return make_shop(office)


def unhappy(shop: Shop, **answer: object) -> Opening:
    """What is opened about an unhappy customer's answer."""
    _, response = shop.answered(**answer)  # type: ignore[arg-type]
    return Opening(shop.branch, "answer", 1, 3, response_id=response, metric="nps", first_score=2)


def number_of(shop: Shop, ticket: UUID | None) -> int:
    ((found,),) = rows(shop, "select number from ticket where id = :id", id=ticket)
    return int(found)


def opened(shop: Shop, **answer: object) -> int:
    return number_of(shop, shop.opened(unhappy(shop, **answer)))


def shown(shop: Shop, number: int, name: str = "manager") -> TicketDetail:
    with shop.at_work(name) as (session, viewer):
        return service.require_ticket(session, viewer, number, shop.office.web.vault, now=NOW)


def rows(shop: Shop, statement: str, **given: object) -> list[tuple[Any, ...]]:
    with shop.office.owner.connection() as connection:
        return [tuple(row) for row in connection.execute(text(statement), given)]


def cause(shop: Shop) -> str:
    with shop.office.worker.database.transaction() as session:
        found = loop_in_force(session)
        assert found is not None
        return found.loop.choices[-1]


def group(shop: Shop) -> str:
    """A cause that only groups others."""
    with shop.office.worker.database.transaction() as session:
        found = loop_in_force(session)
        assert found is not None
        return str(next(one.parent for one in found.loop.causes if one.parent))


def resolved(shop: Shop, name: str = "staff", **answer: object) -> int:
    """A ticket that a colleague took, called about and settled."""
    number = opened(shop, **answer)
    with shop.at_work(name) as (session, viewer):
        version = service.contacted(session, viewer, number, version=1, now=NOW)
        service.resolve(session, viewer, number, version=version, cause=cause(shop), now=LATER)
    return number


def test_a_response_has_one_ticket_with_owner_clocks_notice_and_peace(shop: Shop) -> None:
    wanted = unhappy(shop)
    number = number_of(shop, shop.opened(wanted))
    assert shop.opened(wanted) is None, "a second time for the same response"
    found = shown(shop, number)
    line = found.line
    assert (line.state, line.owner, line.first_score) == ("new", "manager", 2)
    assert line.words == "Nobody called me back"
    assert line.business is not None
    assert line.business.kind == "acknowledge"
    told = rows(shop, "select account_id, kind from notice")
    assert told == [(shop.people["manager"], "ticket")]
    assert rows(shop, "select event from webhook_delivery") == [("ticket.opened",)]
    held = rows(shop, "select reason, source, closed_at from person_hold")
    assert held == [("complaint", "ticket", None)]
    assert found.next_step == "acknowledge"


def test_a_matter_is_handled_and_the_customer_has_the_last_word(shop: Shop) -> None:
    number = opened(shop)
    with shop.at_work("staff") as (session, viewer):
        version = service.acknowledge(session, viewer, number, version=1, now=NOW)
        version = service.contacted(
            session, viewer, number, version=version, note="Call +86 199 0000 0001", now=LATER
        )
        for wrong in ("luck", group(shop)):
            with pytest.raises(UnknownCause):
                service.resolve(session, viewer, number, version=version, cause=wrong, now=LATER)
        service.resolve(session, viewer, number, version=version, cause=cause(shop), now=LATER)
    found = shown(shop, number)
    assert (found.line.state, found.line.cause) == ("resolved", cause(shop))
    assert all(one.met_at for one in found.clocks), "what was to be done is done"
    assert rows(shop, "select closed_at from person_hold") == [(LATER,)]
    noted = next(one.note for one in found.steps if one.to_state == "contacted")
    assert "0000" not in str(noted), "numbers are taken out of notes"
    with shop.office.worker.database.transaction() as session:
        assert closing.customer_said(session, found.line.id, score=1, content=False, now=LATER)
    again = shown(shop, number)
    assert (again.line.state, again.line.reopened, again.line.first_score) == ("reopened", 1, 2)
    assert again.line.recovery_score == 1
    assert rows(shop, "select closed_at from person_hold") == [(None,)]
    running = {one.kind for one in again.clocks if not one.met_at and not one.stopped_at}
    assert running == {"resolve"}, "what was met stays met"


def test_without_the_customers_word_it_ends_unverified_and_a_late_word_still_counts(
    shop: Shop,
) -> None:
    number = resolved(shop)
    told = "select kind from notice where account_id = :id"
    assert rows(shop, told, id=shop.people["region"]) == [("resolved",)], "who may verify"
    assert rows(shop, told, id=shop.people["manager"]) == [("ticket",), ("resolved",)]
    ticket = shown(shop, number).line.id
    with shop.office.worker.database.transaction() as session:
        assert closing.no_word(session, ticket, LATER)
        assert not closing.no_word(session, ticket, LATER), "once is enough"
    assert shown(shop, number).line.state == "unverified"
    with shop.office.worker.database.transaction() as session:
        assert closing.customer_said(session, ticket, score=5, content=True, now=LATER)
        assert not closing.customer_said(session, ticket, score=4, content=True, now=LATER)
    found = shown(shop, number)
    assert (found.line.state, found.line.first_score) == ("verified", 2)


def test_nobody_who_had_a_ticket_in_hand_says_that_the_customer_is_content(shop: Shop) -> None:
    number = opened(shop)
    with shop.at_work("manager") as (session, viewer):
        version = service.contacted(session, viewer, number, version=1, now=NOW)
        version = service.resolve(
            session, viewer, number, version=version, cause=cause(shop), now=NOW
        )
        with pytest.raises(OwnTicket):
            service.verify(session, viewer, number, version=version, note="is happy", now=NOW)
        assert "verify" not in shown(shop, number).may
    with shop.at_work("staff") as (session, viewer), pytest.raises(NotAllowed):
        service.verify(session, viewer, number, version=version, note="is happy", now=NOW)
    with shop.at_work("region") as (session, viewer):
        assert "verify" in shown(shop, number, "region").may
        service.verify(session, viewer, number, version=version, note="I called", now=NOW)
    assert shown(shop, number).line.state == "verified"


def test_handing_a_ticket_on_does_not_make_it_another_persons(shop: Shop) -> None:
    number = opened(shop)
    with shop.at_work("manager") as (session, viewer):
        version = service.acknowledge(session, viewer, number, version=1, now=NOW)
        staff = shop.people["staff"]
        version = service.assign(session, viewer, number, version=version, owner=staff, now=NOW)
    with shop.at_work("staff") as (session, viewer):
        version = service.contacted(session, viewer, number, version=version, now=NOW)
        version = service.resolve(
            session, viewer, number, version=version, cause=cause(shop), now=NOW
        )
    with shop.at_work("manager") as (session, viewer), pytest.raises(OwnTicket):
        service.verify(session, viewer, number, version=version, note="is happy", now=NOW)


def test_who_was_slower_changes_nothing(shop: Shop) -> None:
    number = opened(shop)
    with shop.at_work("staff") as (session, viewer):
        service.acknowledge(session, viewer, number, version=1, now=NOW)
    with shop.at_work("manager") as (session, viewer):
        with pytest.raises(Stale):
            service.add_note(session, viewer, number, version=1, note="I am late", now=NOW)
        with pytest.raises(NotNow):
            service.acknowledge(session, viewer, number, version=2, now=NOW)
        with pytest.raises(NoteNeeded):
            service.add_note(session, viewer, number, version=2, note=" ", now=NOW)
    assert len(rows(shop, "select 1 from ticket_step where kind = 'note'")) == 0


def test_other_branches_and_readers_cannot_touch_it(shop: Shop) -> None:
    number = opened(shop)
    for name, refusal in (("neighbour", NotFound), ("far", NotFound), ("analyst", NotAllowed)):
        with shop.at_work(name) as (session, viewer), pytest.raises(refusal):
            service.acknowledge(session, viewer, number, version=1, now=NOW)
    assert shown(shop, number, "analyst").may == frozenset()


def test_who_is_resolved_without_a_call_needs_to_be_explained(shop: Shop) -> None:
    number = opened(shop)
    with shop.at_work("manager") as (session, viewer):
        with pytest.raises(NoteNeeded):
            service.resolve(session, viewer, number, version=1, cause=cause(shop), now=NOW)
        service.resolve(
            session, viewer, number, version=1, cause=cause(shop), note="Wrong number", now=NOW
        )
    stopped = {one.kind for one in shown(shop, number).clocks if one.stopped_at and not one.met_at}
    assert stopped == {"contact"}, "no call was made, and none is waited for"


def test_who_answered_without_a_name_stays_unknown_and_is_not_called(shop: Shop) -> None:
    wanted = unhappy(shop, named=False)
    number = number_of(shop, shop.opened(wanted))
    found = shown(shop, number)
    assert (found.name, found.contacts, found.history, found.person_id) == (None, (), (), None)
    assert "contact" not in {one.kind for one in found.clocks}
    assert not found.may & {"contacted", "reveal", "dial"}
    ((contact,),) = rows(shop, "select id from contact_point")
    vault = shop.office.web.vault
    with shop.at_work("manager") as (session, viewer):
        with pytest.raises(NotNow):
            service.contacted(session, viewer, number, version=1, now=NOW)
        for act in (service.reveal, service.dial):
            with pytest.raises(NotToBeKnown):
                act(session, viewer, number, contact, version=1, vault=vault, now=NOW)
    assert rows(shop, "select reason from person_hold") == [("complaint",)], "is left in peace"
    with shop.office.owner.connection() as connection:
        connection.execute(text("update response set named = true"))
    assert shop.opened(wanted) is None
    known = shown(shop, number)
    assert known.name == "Chen Wei", "the last page of the survey asked for the name"
    assert "contact" in {one.kind for one in known.clocks}


def test_a_number_is_shown_once_and_the_audit_says_to_whom(shop: Shop) -> None:
    number = opened(shop)
    found = shown(shop, number)
    (contact,) = found.contacts
    assert contact.masked == "+86…01"
    vault = shop.office.web.vault
    with shop.at_work("staff") as (session, viewer), pytest.raises(NotAllowed):
        service.reveal(session, viewer, number, contact.id, version=1, vault=vault, now=NOW)
    with shop.at_work("manager") as (session, viewer):
        told = service.reveal(session, viewer, number, contact.id, version=1, vault=vault, now=NOW)
        assert told == "+8619900000001"
        with pytest.raises(AlreadyRevealed):
            service.reveal(session, viewer, number, contact.id, version=2, vault=vault, now=NOW)
    looked = rows(shop, "select actor, detail::text from audit_entry where action like 'ticket%'")
    ((actor, detail),) = looked
    assert actor == f"account:{shop.people['manager']}"
    assert "199" not in str(detail)


def test_the_relay_gets_both_numbers_and_nobody_else_does(shop: Shop) -> None:
    number = opened(shop)
    (contact,) = shown(shop, number).contacts
    vault = shop.office.web.vault
    with shop.at_work("staff") as (session, viewer), pytest.raises(NoTelephone):
        service.dial(session, viewer, number, contact.id, version=1, vault=vault, now=NOW)
    with shop.at_work("manager") as (session, viewer):
        service.dial(session, viewer, number, contact.id, version=1, vault=vault, now=NOW)
    ((to, caller, detail),) = rows(
        shop,
        "select recipient_encrypted, body_text_encrypted, detail::text from outbox_message "
        "where channel = 'relay' and status = 'waiting'",
    )
    assert vault.decrypt(bytes(to)) == "+8619900000001"
    assert vault.decrypt(bytes(caller)) == "+8619900001001"
    assert "1990" not in str(detail)


def test_a_ticket_that_moves_takes_everything_along_but_the_answer(shop: Shop) -> None:
    number = opened(shop)
    there = "D102"
    with shop.at_work("manager") as (session, viewer):
        file = service.add_file(
            session, viewer, number, file_name="bill.pdf", content=b"%PDF-1.7 x", now=NOW
        )
        with pytest.raises(NotFound):
            service.move(session, viewer, number, version=2, to_unit=there, note="Theirs", now=NOW)
    with shop.at_work("region") as (session, viewer):
        service.move(session, viewer, number, version=2, to_unit=there, note="Theirs", now=NOW)
    with pytest.raises(NotFound):
        shown(shop, number)
    found = shown(shop, number, "neighbour")
    assert (found.line.owner, found.line.words) == ("neighbour", "Nobody called me back")
    assert found.name == "Chen Wei"
    assert [one.id for one in found.files] == [file]
    assert {one.kind for one in found.steps} == {"opened", "file", "moved"}
    with shop.at_work("neighbour") as (session, viewer):
        service.contacted(session, viewer, number, version=3, now=NOW)
    assert rows(shop, "select kind from notice where account_id = :id",
                id=shop.people["neighbour"]) == [("moved",)]  # fmt: skip


def test_the_owner_is_who_is_there_or_who_stands_in(shop: Shop) -> None:
    away = Absence(
        account_id=shop.people["manager"],
        deputy_id=shop.people["staff"],
        from_at=NOW - timedelta(days=1),
        until_at=NOW + timedelta(days=1),
        created_at=NOW,
    )
    with shop.office.worker.database.transaction() as session:
        session.add(away)
    line = shown(shop, opened(shop)).line
    assert (line.owner, line.deputy) == ("manager", "staff")
    with shop.at_work("staff") as (session, viewer):
        assert ticket_counts(session, viewer, now=NOW).mine == 1
        mine = TicketFilter(owner=viewer.account_id)
        assert [one.id for one in list_tickets(session, viewer, mine, now=NOW)] == [line.id]


def test_the_tickets_of_who_left_are_given_to_who_is_there(shop: Shop) -> None:
    number = opened(shop)
    worker = shop.office.worker
    assert give_orphans(worker) == 0
    with shop.office.owner.connection() as connection:
        connection.execute(
            text("update account set status = 'deactivated' where id = :id"),
            {"id": shop.people["manager"]},
        )
    assert give_orphans(worker) == 1
    assert shown(shop, number, "staff").line.owner == "region"
    assert rows(shop, "select kind from notice where account_id = :id",
                id=shop.people["region"]) == [("ticket",)]  # fmt: skip
    assert give_orphans(worker) == 0


def test_a_ticket_is_given_only_to_who_may_handle_it(shop: Shop) -> None:
    number = opened(shop)
    with shop.at_work("manager") as (session, viewer):
        for name in ("analyst", "far", "neighbour"):
            with pytest.raises(UnfitOwner):
                service.assign(session, viewer, number, version=1, owner=shop.people[name], now=NOW)
        service.assign(session, viewer, number, version=1, owner=shop.people["staff"], now=NOW)
    told = rows(shop, "select kind from notice where account_id = :id", id=shop.people["staff"])
    assert told == [("ticket",)]


def test_a_complaint_is_filed_once_and_its_words_are_redacted(shop: Shop) -> None:
    wanted = Opening(
        shop.branch, "complaint", 1, 2, source="hotline", external_id="77",
        summary="Brakes fail, call 13800138000", opened_at=NOW - timedelta(days=1),
    )  # fmt: skip
    number = number_of(shop, shop.opened(wanted))
    assert shop.opened(wanted) is None
    found = shown(shop, number)
    assert "13800138000" not in str(found.line.words)
    assert found.line.opened_at == NOW - timedelta(days=1)
    assert "contacted" in found.may, "whoever complained may be written to where they complained"


def test_the_board_is_paged_by_what_is_due_and_counts_agree(shop: Shop) -> None:
    numbers = [opened(shop, phone=f"+861990000{place:04}") for place in range(7)]
    with shop.office.owner.connection() as connection:
        connection.execute(
            text("update ticket set due_at = null where number = :n"), {"n": numbers[0]}
        )
        connection.execute(
            text("update ticket set due_at = :at where number = :n"),
            {"n": numbers[4], "at": NOW - timedelta(hours=1)},
        )
    with shop.at_work("head") as (session, viewer):
        found: list[int] = []
        after = None
        while page := list_tickets(session, viewer, TicketFilter(), after=after, limit=2, now=NOW):
            found += [one.number for one in page]
            after = page[-1].position
        assert found[0] == numbers[4]
        assert found[-1] == numbers[0], "what nobody promised comes last"
        assert sorted(found) == numbers
        counts = ticket_counts(session, viewer, now=NOW)
        assert (counts.open, counts.new, counts.overdue, counts.urgent) == (7, 7, 1, 7)
        below = ticket_counts(session, viewer, "R2", now=NOW)
        assert below.open == 0
        late = list_tickets(session, viewer, TicketFilter(overdue=True), now=NOW)
        assert [one.number for one in late] == [numbers[4]]
