"""Clocks in the database: what a move, a reopening and other rules do to them.

The four threads in which users of another ticket system reported wrong clocks are tests here, each
under its number there.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from clocked import (
    BUSINESS,
    Clocked,
    add_ticket,
    berlin,
    clocks,
    make_network,
    publish_rules,
    set_state,
    shanghai,
    told,
)
from conftest import Office
from sqlalchemy import text
from sqlmodel import Session

from api.models import Ticket
from api.network.service import move_unit, rename_code
from api.tickets import escalating, ticking
from api.tickets.repository import tickets as repository
from api.tickets.repository.clocks import overdue

OPENED = shanghai(2026, 11, 20, 15)  # a Friday


@pytest.fixture
def world(office: Office) -> Clocked:
    with office.worker.database.transaction() as session:
        made = make_network(session, office.worker.vault, OPENED)
        publish_rules(session, OPENED)
    return made


@pytest.fixture
def session(office: Office, world: Clocked) -> Iterator[Session]:
    with office.worker.database.transaction() as session:
        yield session


@pytest.fixture
def ticket(session: Session, world: Clocked) -> Ticket:
    return add_ticket(session, world.units["east1"], OPENED)


def moved(session: Session, ticket: Ticket, branch_id: int, office: Office) -> Ticket:
    repository.give_to_branch(session, ticket, branch_id, office.clock())
    return set_state(session, ticket, ticket.state, ticket.state_at, branch_id=branch_id)


def test_both_calendars_begin_side_by_side(session: Session, ticket: Ticket) -> None:
    found = clocks(session, ticket)
    assert {key: one.due_at for key, one in found.items()} == {
        "acknowledge/business": shanghai(2026, 11, 20, 17),
        "contact/business": shanghai(2026, 11, 23, 15),
        "resolve/business": shanghai(2026, 11, 25, 15),
        "resolve/customer": shanghai(2026, 11, 23, 15),
    }


def test_what_was_met_stays_met_whenever_it_is_said_again(session: Session, ticket: Ticket) -> None:
    ticking.met(session, ticket, "contact", OPENED + timedelta(hours=1))
    ticking.met(session, ticket, "contact", OPENED + timedelta(hours=9))
    assert clocks(session, ticket)["contact/business"].met_at == OPENED + timedelta(hours=1)
    ticking.stop(session, ticket, OPENED + timedelta(hours=2))
    found = clocks(session, ticket)
    assert found["contact/business"].stopped_at is None
    assert found["resolve/customer"].stopped_at == OPENED + timedelta(hours=2)


def test_5624_a_clock_that_the_new_rules_do_not_have_goes_with_the_old(
    office: Office, session: Session, ticket: Ticket
) -> None:
    publish_rules(session, OPENED, 2, business="contact_hours = 9")
    ticking.recompute(session, ticket, office.clock())
    found = clocks(session, ticket)
    assert found["acknowledge/business"].stopped_at == office.clock()
    assert found["resolve/business"].stopped_at == office.clock()
    assert found["contact/business"].stopped_at is None
    office.clock.now = shanghai(2026, 12, 24, 10)  # long past what was stopped
    steps = [("acknowledge", "business", 0, 0.0), ("resolve", "business", 0, 0.0)]
    assert overdue(session, steps, office.clock()) == []


def test_5624_a_move_takes_calendar_and_zone_of_the_new_branch(
    office: Office, world: Clocked, session: Session, ticket: Ticket
) -> None:
    after = moved(session, ticket, world.units["north1"], office)
    ticking.recompute(session, after, OPENED + timedelta(minutes=5))
    found = clocks(session, after)
    assert {one.branch_id for one in found.values()} == {world.units["north1"]}
    # 15:00 in Shanghai is 8:00 in Berlin, where Saturday is a working day of eight hours.
    assert found["acknowledge/business"].due_at == berlin(2026, 11, 20, 10)
    assert found["contact/business"].due_at == berlin(2026, 11, 21, 9)
    assert found["resolve/customer"].due_at == shanghai(2026, 11, 23, 15)
    back = moved(session, after, world.units["east1"], office)
    ticking.recompute(session, back, OPENED + timedelta(minutes=9))
    assert clocks(session, back)["contact/business"].due_at == shanghai(2026, 11, 23, 15)


def test_5177_what_comes_first_stays_due_whatever_is_due_for_the_whole(
    session: Session, ticket: Ticket
) -> None:
    """A shorter limit of a later step never takes the place of an earlier step's."""
    found = clocks(session, ticket)
    ticking.met(session, ticket, "acknowledge", OPENED + timedelta(minutes=1))
    after = clocks(session, ticket)
    for key in ("contact/business", "resolve/business", "resolve/customer"):
        assert after[key].due_at == found[key].due_at
        assert after[key].met_at is None


def test_3140_who_has_answered_is_not_escalated_while_the_customer_is_silent(
    office: Office, world: Clocked, session: Session, ticket: Ticket
) -> None:
    answered = OPENED + timedelta(hours=2)
    for kind in ("acknowledge", "contact", "resolve"):
        ticking.met(session, ticket, kind, answered)
    waiting = set_state(session, ticket, "resolved", answered, resolved_at=answered)
    ticking.stop(session, waiting, answered)
    session.commit()
    office.clock.now = shanghai(2026, 12, 24, 10)
    assert escalating.escalate_due(office.worker) == 0
    assert told(office) == []


def test_4432_an_escalation_comes_in_working_hours(
    office: Office, world: Clocked, session: Session, ticket: Ticket
) -> None:
    session.commit()
    due = shanghai(2026, 11, 23, 15)
    for moment, taken in (
        (due - timedelta(seconds=1), 0),
        (shanghai(2026, 11, 23, 23, 59), 0),  # nobody ran while the branch worked
        (shanghai(2026, 11, 24, 8, 59), 0),
        (shanghai(2026, 11, 24, 9, 0), 1),  # the region; headquarters nine hours after it was due
        (shanghai(2026, 11, 24, 14, 59), 0),
        (shanghai(2026, 11, 24, 15, 0), 1),
        (shanghai(2026, 11, 25, 15, 0), 0),
    ):
        office.clock.now = moment
        contact = [one for one in _escalate(office) if one["clock"] == "contact"]
        assert len(contact) == taken, moment
    assert [one[0] for one in told(office) if one[2]["clock"] == "contact"] == [
        f"regional_manager {world.units['east']}",
        f"hq_admin {world.units['HQ']}",
    ]


def test_the_customers_clock_escalates_at_any_hour(
    office: Office, world: Clocked, session: Session
) -> None:
    late = shanghai(2026, 11, 20, 22)
    add_ticket(session, world.units["east1"], late)
    session.commit()
    office.clock.now = late + timedelta(hours=72)  # a Monday, 22:00
    assert [one["clock"] for one in _escalate(office)] == ["resolve"]


def test_every_step_is_taken_once_and_leaves_a_trace(
    office: Office, world: Clocked, session: Session, ticket: Ticket
) -> None:
    session.commit()
    office.clock.now = shanghai(2026, 11, 27, 12)
    taken = [escalating.escalate_due(office.worker) for _ in range(4)]
    assert taken == [2, 1, 0, 0]
    assert len(told(office)) == 3
    with office.owner.connection() as connection:
        level, version = connection.execute(text("select level, version from ticket")).one()
        steps = connection.execute(
            text("select detail ->> 'clock', detail ->> 'to' from ticket_step order by 1, 2")
        ).all()
        sent = text("select count(*) from webhook_delivery where event = 'ticket.escalated'")
        assert connection.execute(sent).scalar_one() == 3
    assert (level, version) == (2, 1)
    assert steps == [("contact", "headquarters"), ("contact", "region"), ("resolve", "region")]


def test_reopening_begins_a_new_round_and_revives_nothing_that_was_met(
    office: Office, session: Session, ticket: Ticket
) -> None:
    for kind in ("acknowledge", "contact", "resolve"):
        ticking.met(session, ticket, kind, OPENED + timedelta(hours=1))
    again = shanghai(2026, 12, 1, 10)
    reopened = set_state(session, ticket, "reopened", again, reopened=1)
    ticking.recompute(session, reopened, again)
    found = clocks(session, reopened)
    assert found["acknowledge/business"].met_at == OPENED + timedelta(hours=1)
    assert found["contact/business"].due_at == shanghai(2026, 11, 23, 15)
    resolve = found["resolve/business"]
    assert (resolve.met_at, resolve.started_at) == (None, again)
    assert resolve.due_at == shanghai(2026, 12, 4, 10)
    assert found["resolve/customer"].due_at == again + timedelta(hours=72)
    ticking.recompute(session, reopened, again + timedelta(hours=3))
    (kept,) = session.execute(text("select detail -> 'rounds' from ticket_step")).scalars()
    done = (OPENED + timedelta(hours=1)).isoformat()
    assert [(one["calendar"], one["met_at"]) for one in kept] == [
        ("business", done),
        ("customer", done),
    ]
    assert clocks(session, reopened)["resolve/business"].started_at == again


def test_a_call_that_was_never_made_is_not_due_again_after_reopening(
    session: Session, ticket: Ticket
) -> None:
    closed = OPENED + timedelta(hours=1)
    ticking.met(session, ticket, "resolve", closed)
    ticking.stop(session, set_state(session, ticket, "resolved", closed), closed)
    again = closed + timedelta(days=3)
    reopened = set_state(session, ticket, "reopened", again, reopened=1)
    ticking.recompute(session, reopened, again)
    assert clocks(session, reopened)["contact/business"].stopped_at == closed
    assert clocks(session, reopened)["resolve/business"].stopped_at is None


def test_a_holiday_that_is_published_later_moves_what_runs_and_nothing_else(
    office: Office, world: Clocked, session: Session, ticket: Ticket
) -> None:
    ticking.met(session, ticket, "acknowledge", OPENED + timedelta(minutes=5))
    publish_rules(session, OPENED, 2, closed="2026-11-23")
    session.commit()
    office.clock.now = OPENED + timedelta(hours=1)
    assert escalating.keep_up_clocks(office.worker) == 1
    assert escalating.keep_up_clocks(office.worker) == 0
    with office.worker.database.transaction() as later:
        found = clocks(later, ticket)
        follows = later.execute(text("select loop_version, due_at from ticket")).one()
    assert found["acknowledge/business"].due_at == shanghai(2026, 11, 20, 17)
    assert found["contact/business"].due_at == shanghai(2026, 11, 24, 15)
    assert found["resolve/customer"].due_at == shanghai(2026, 11, 23, 15)
    assert follows == (2, shanghai(2026, 11, 23, 15))


def test_a_moved_unit_takes_its_open_clocks_along(
    office: Office, world: Clocked, session: Session, ticket: Ticket
) -> None:
    session.commit()
    office.clock.now = OPENED + timedelta(hours=1)
    escalating.keep_up_clocks(office.worker)
    with office.worker.database.transaction() as later:
        move_unit(later, world.units["east1"], world.units["north"], OPENED.date())
    assert escalating.keep_up_clocks(office.worker) == 1
    with office.worker.database.transaction() as later:
        assert clocks(later, ticket)["contact/business"].due_at == berlin(2026, 11, 21, 9)


def test_a_unit_keeps_its_calendar_under_another_code(
    office: Office, world: Clocked, session: Session
) -> None:
    rename_code(session, world.units["north"], "nord", office.clock().date())
    ticket = add_ticket(session, world.units["north1"], OPENED)
    assert clocks(session, ticket)["contact/business"].due_at == berlin(2026, 11, 21, 9)


def test_an_escalation_of_a_time_that_did_not_hold_counts_anew(
    office: Office, world: Clocked, session: Session, ticket: Ticket
) -> None:
    session.commit()
    office.clock.now = shanghai(2026, 11, 23, 15)
    assert len(_escalate(office)) == 2
    with office.worker.database.transaction() as later:
        publish_rules(later, OPENED, 2, closed="2026-11-23", business=BUSINESS)
    escalating.keep_up_clocks(office.worker)
    assert _escalate(office) == []
    office.clock.now = shanghai(2026, 11, 24, 15)
    assert [one["clock"] for one in _escalate(office)] == ["contact"]


def test_a_target_that_comes_with_new_rules_runs_from_the_opening(
    office: Office, session: Session, world: Clocked
) -> None:
    publish_rules(session, OPENED, 2, business="contact_hours = 9")
    young = add_ticket(session, world.units["east1"], OPENED)
    publish_rules(session, OPENED, 3)
    ticking.recompute(session, young, OPENED + timedelta(hours=1))
    assert clocks(session, young)["acknowledge/business"].due_at == shanghai(2026, 11, 20, 17)


def test_who_answered_without_a_name_is_not_to_be_called(session: Session, world: Clocked) -> None:
    unnamed = add_ticket(session, world.units["east1"], OPENED, named=False)
    ticking.recompute(session, unnamed, OPENED + timedelta(hours=1))
    assert {one.kind for one in clocks(session, unnamed).values()} == {"acknowledge", "resolve"}


def test_what_was_done_while_it_had_no_target_is_not_due_when_it_has_one_again(
    session: Session, ticket: Ticket
) -> None:
    for number, business in ((2, "contact_hours = 9"), (3, BUSINESS)):
        publish_rules(session, OPENED, number, business=business)
        ticking.recompute(session, ticket, OPENED + timedelta(minutes=number))
        if number == 2:
            ticket = set_state(session, ticket, "acknowledged", OPENED, acknowledged_at=OPENED)
    found = clocks(session, ticket)
    assert found["acknowledge/business"].stopped_at == OPENED + timedelta(minutes=2)
    assert found["resolve/business"].stopped_at is None


def test_a_severity_without_targets_has_no_clock(session: Session, world: Clocked) -> None:
    assert clocks(session, add_ticket(session, world.units["east1"], OPENED, severity=1)) == {}


def _escalate(office: Office) -> list[dict[str, object]]:
    before = len(told(office))
    taken = escalating.escalate_due(office.worker)
    found = [one[2] for one in told(office)[before:]]
    assert len(found) == taken
    return found


def test_a_ticket_that_fails_stops_no_other(
    office: Office,
    session: Session,
    ticket: Ticket,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    healthy = add_ticket(session, ticket.branch_id, OPENED)
    session.commit()
    office.clock.now = shanghai(2026, 11, 23, 15)
    say = escalating._say

    def fails_for_one(session: Session, found: Ticket, *rest: object) -> None:
        if found.id == ticket.id:
            raise RuntimeError("a made-up fault")
        say(session, found, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(escalating, "_say", fails_for_one)
    assert escalating.escalate_due(office.worker) == 2
    assert "a made-up fault" in caplog.text
    monkeypatch.undo()
    assert escalating.escalate_due(office.worker) == 2
    with office.worker.database.transaction() as later:
        assert {one.escalated for one in clocks(later, healthy).values()} == {0, 1}
    assert len(told(office)) == 4
