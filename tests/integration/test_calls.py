"""The call-centre list: who may be called when, one call at a time, and what comes of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from asking import PHONE, Customer, Network, add_customer, change, make_network, one, rows, shanghai
from conftest import NOW, Office
from sqlmodel import Session
from web import visitor

from api.access import service as access
from api.access.service import LoginNames
from api.calls import service
from api.calls.errors import FormNotFinished, NoSuchMoment, NotYourCall
from api.core.errors import NotAllowed, NotFound
from api.core.ids import new_id
from api.models import CallTask, Event, Invitation
from api.security.scope import open_scope
from api.security.sessions import viewer_of_account
from api.security.viewer import Viewer

EARLIER = NOW - timedelta(days=2)


@dataclass(frozen=True)
class Centre:
    """Two interviewers, of which the second calls for one branch only."""

    network: Network
    ann: UUID
    ben: UUID


@pytest.fixture
def centre(office: Office) -> Centre:
    network = make_network(office.worker.database)
    root = one(office.worker, "select id from unit where kind = 'network'").id
    with office.worker.database.transaction() as session:
        made = []
        for name, unit in (("Ann", root), ("Ben", network.branches[0])):
            account = access.create_account(
                session, office.worker.vault, LoginNames(staff_number=name), name=name, now=NOW
            )
            access.grant(session, account, "interviewer", unit_id=unit, now=NOW)
            made.append(account)
    return Centre(network, *made)


@contextmanager
def calling(office: Office, account: UUID) -> Iterator[tuple[Session, Viewer]]:
    """A transaction of an interviewer."""
    with office.web.database.transaction() as session:
        viewer = viewer_of_account(session, account, "someone", "en", office.clock())
        open_scope(session, viewer.scope)
        yield session, viewer


def add_call(
    office: Office,
    centre: Centre,
    *,
    branch: int = 0,
    phone: str = PHONE,
    after: datetime = EARLIER,
    **values: Any,
) -> UUID:
    """A customer whose invitation by telephone is on the list."""
    about = {name: values.pop(name) for name in ("timezone", "consents") if name in values}
    customer: Customer = add_customer(
        office.worker.database, office.worker.vault, centre.network.branches[branch], phone=phone,
        name_encrypted=office.worker.vault.encrypt("王小明"), **about,
    )  # fmt: skip
    branch_id, touchpoint = centre.network.branches[branch], centre.network.touchpoints["service"]
    event = Event(
        source="dms", external_id=str(new_id()), content_hash=b"-", touchpoint_id=touchpoint,
        branch_id=branch_id, occurred_at=EARLIER, occurred_on=EARLIER.date(),
        person_id=customer.id, received_at=EARLIER, asking="decided", due_at=EARLIER,
    )  # fmt: skip
    version = one(office.worker, "select id from survey_version where code = 'car_service'").id
    invitation = Invitation(
        event_id=event.id, survey_code="car_service", survey_version_id=version,
        person_id=customer.id, contact_point_id=customer.contacts["phone"], branch_id=branch_id,
        touchpoint_id=touchpoint, occurred_on=EARLIER.date(), channel="call", language="zh",
        created_at=EARLIER, planned_at=EARLIER, expires_at=NOW + timedelta(days=5), status="sent",
        sent_at=EARLIER, sender="call_list",
    )  # fmt: skip
    task = CallTask(
        invitation_id=invitation.id, branch_id=branch_id, call_after=after,
        call_before=invitation.expires_at, **values,
    )  # fmt: skip
    with office.worker.database.transaction() as session:
        for row in (event, invitation, task):
            session.add(row)
            session.flush()
    return invitation.id


def claim(office: Office, account: UUID) -> UUID | None:
    """What the interviewer gets next."""
    with calling(office, account) as (session, viewer):
        return service.claim_next(session, viewer, office.clock())


def record(
    office: Office, account: UUID, call: UUID, outcome: Any, at: datetime | None = None
) -> str:
    """Records an outcome."""
    with calling(office, account) as (session, viewer):
        return service.record_outcome(
            session, viewer, call, outcome, appointment_at=at, now=office.clock()
        )


def task_of(office: Office, call: UUID) -> Any:
    """The task as it stands."""
    return one(office.worker, "select * from call_task where invitation_id = :id", id=call)


def test_each_customer_goes_to_one_interviewer_and_stays_with_them(
    office: Office, centre: Centre
) -> None:
    first, second = add_call(office, centre), add_call(office, centre, phone="+8619900000002")
    mine = claim(office, centre.ann)
    assert mine == claim(office, centre.ann), "one call at a time"
    other = claim(office, centre.ben)
    assert {mine, other} == {first, second}
    assert claim(office, centre.ben) == other


def test_a_claim_lapses_after_half_an_hour(office: Office, centre: Centre) -> None:
    call = add_call(office, centre)
    assert claim(office, centre.ann) == call
    office.clock.now += timedelta(minutes=29)
    assert claim(office, centre.ben) is None
    office.clock.now += timedelta(minutes=2)
    assert claim(office, centre.ben) == call
    with pytest.raises(NotYourCall):
        record(office, centre.ann, call, "refused")


def test_appointments_come_first_and_at_their_time(office: Office, centre: Centre) -> None:
    add_call(office, centre)
    agreed = add_call(office, centre, phone="+8619900000002", after=NOW, appointment=True)
    later = add_call(
        office, centre, phone="+8619900000003", after=NOW + timedelta(hours=1), appointment=True
    )
    assert claim(office, centre.ann) == agreed
    with calling(office, centre.ann) as (session, viewer):
        found = service.call_list(session, viewer, office.clock())
    assert (found.now, found.later, found.current) == (1, 1, agreed)
    assert found.items[-1].invitation_id == later


@pytest.mark.parametrize(("hour", "callable_"), [(12, True), (20, True), (22, False), (6, False)])
def test_nobody_is_called_in_quiet_hours(
    office: Office, centre: Centre, hour: int, callable_: bool
) -> None:
    add_call(office, centre)
    office.clock.now = shanghai(19, hour, 30)
    assert (claim(office, centre.ann) is not None) is callable_


def test_quiet_hours_are_those_of_the_customers_own_zone(office: Office, centre: Centre) -> None:
    add_call(office, centre, timezone="America/New_York")
    office.clock.now = shanghai(19, 12)  # eleven at night in New York
    assert claim(office, centre.ann) is None
    office.clock.now = shanghai(20, 0)  # eleven in the morning there
    assert claim(office, centre.ann) is not None


def test_what_was_agreed_holds_at_night_too(office: Office, centre: Centre) -> None:
    call = add_call(office, centre, after=shanghai(19, 22), appointment=True)
    office.clock.now = shanghai(19, 22, 5)
    assert claim(office, centre.ann) == call


def test_without_rules_nobody_is_called(office: Office, centre: Centre) -> None:
    add_call(office, centre)
    change(office.worker, "delete from rule_set_version")
    assert claim(office, centre.ann) is None


@pytest.mark.parametrize(
    "what",
    [
        "update event set status = 'cancelled'",
        "update person set erased_at = now()",
        "update consent set withdrawn_at = :now",
        "update contact_point set undeliverable_at = :now",
        "insert into suppression (kind, value_hash, reason, created_at) "
        "select kind, value_hash, 'opt_out', :now from contact_point",
        "update invitation set answered_at = :now",
    ],
)
def test_what_speaks_against_asking_is_seen_in_the_claim_and_swept(
    office: Office, centre: Centre, what: str
) -> None:
    call = add_call(office, centre)
    change(office.worker, what, now=NOW)
    assert claim(office, centre.ann) is None
    assert service.sweep(office.worker) == 1
    assert task_of(office, call).status == "gone"


def test_a_sweep_leaves_calls_that_may_be_made(office: Office, centre: Centre) -> None:
    add_call(office, centre)
    assert service.sweep(office.worker) == 0


def test_the_name_comes_with_the_claim_and_the_number_with_an_entry_in_the_audit(
    office: Office, centre: Centre
) -> None:
    call = add_call(office, centre)
    with calling(office, centre.ann) as (session, viewer), pytest.raises(NotYourCall):
        service.require_call(session, viewer, call, office.web.vault, NOW)
    claim(office, centre.ann)
    with calling(office, centre.ann) as (session, viewer):
        assert service.require_call(session, viewer, call, office.web.vault, NOW).name == "王小明"
        assert service.reveal_number(session, viewer, call, office.web.vault, NOW) == PHONE
    seen = one(office.worker, "select actor, detail from audit_entry where action = 'reveal'")
    assert seen.actor == f"account:{centre.ann}"
    assert seen.detail["call"] == str(call)
    assert PHONE not in str(seen.detail)


def test_other_branches_calls_do_not_exist(office: Office, centre: Centre) -> None:
    call = add_call(office, centre, branch=1)
    assert claim(office, centre.ben) is None
    with calling(office, centre.ben) as (session, viewer), pytest.raises(NotFound):
        service.reveal_number(session, viewer, call, office.web.vault, NOW)


def test_only_interviewers_call(office: Office, centre: Centre) -> None:
    add_call(office, centre)
    change(office.worker, "update access_grant set role = 'branch_manager'")
    with pytest.raises(NotAllowed):
        claim(office, centre.ben)


@pytest.mark.parametrize(("outcome", "minutes"), [("no_answer", 120), ("busy", 15)])
def test_who_was_not_reached_is_tried_again_after_a_pause(
    office: Office, centre: Centre, outcome: str, minutes: int
) -> None:
    call = add_call(office, centre)
    claim(office, centre.ann)
    assert record(office, centre.ann, call, outcome) == "waiting"
    found = task_of(office, call)
    assert found.call_after == NOW + timedelta(minutes=minutes)
    assert (found.tries, found.claimed_by) == (1, None)
    assert claim(office, centre.ann) is None


def test_pauses_grow_and_after_the_fifth_try_the_call_is_gone(
    office: Office, centre: Centre
) -> None:
    call = add_call(office, centre)
    change(office.worker, "update call_task set call_before = :end", end=NOW + timedelta(days=60))
    pauses = []
    for _ in range(5):
        change(
            office.worker, "update call_task set status = 'claimed', claimed_by = :who, "
            "claimed_at = :now", who=centre.ann, now=office.clock(),
        )  # fmt: skip
        status = record(office, centre.ann, call, "no_answer")
        pauses.append(task_of(office, call).call_after - office.clock())
        office.clock.now += timedelta(hours=1)
    assert status == "gone"
    assert pauses[:4] == sorted(pauses[:4])
    assert len(set(pauses[:4])) == 4
    said = one(office.worker, "select status, failure from invitation where id = :id", id=call)
    assert tuple(said) == ("undelivered", "not_reached")


def test_an_appointment_must_lie_ahead_and_within_the_invitations_life(
    office: Office, centre: Centre
) -> None:
    call = add_call(office, centre)
    claim(office, centre.ann)
    for wrong in (None, NOW - timedelta(minutes=1), NOW + timedelta(days=6)):
        with pytest.raises(NoSuchMoment):
            record(office, centre.ann, call, "appointment", wrong)
    at = NOW + timedelta(days=1)
    assert record(office, centre.ann, call, "appointment", at) == "waiting"
    found = task_of(office, call)
    assert (found.call_after, found.appointment, found.tries) == (at, True, 0)


def test_a_wrong_number_is_never_called_again_by_anybody(office: Office, centre: Centre) -> None:
    call = add_call(office, centre)
    claim(office, centre.ann)
    assert record(office, centre.ann, call, "wrong_number") == "done"
    assert one(office.worker, "select undeliverable_at from contact_point").undeliverable_at
    assert one(office.worker, "select failure from invitation").failure == "wrong_number"


def test_an_opt_out_holds_for_the_number_everywhere(office: Office, centre: Centre) -> None:
    call = add_call(office, centre)
    claim(office, centre.ben)
    assert record(office, centre.ben, call, "opted_out") == "done"
    assert one(office.worker, "select reason from suppression").reason == "opt_out"


def test_a_refusal_ends_the_chain_without_an_opt_out(office: Office, centre: Centre) -> None:
    call = add_call(office, centre)
    change(office.worker, "update invitation set follow_up_at = :at", at=NOW + timedelta(days=3))
    claim(office, centre.ann)
    assert record(office, centre.ann, call, "refused") == "done"
    assert one(office.worker, "select follow_up_at from invitation").follow_up_at is None
    assert rows(office.worker, "select from suppression") == []


def fill_in(office: Office, url: str) -> int:
    """Answers every question of the form behind ``url``; the status of its last page."""
    client = visitor(office.web)
    place = urlsplit(url).path
    shown = client.get(place)
    assert shown.status_code == 200
    assert "请把问题读给客户听" in shown.text
    assert "不再接收邀请" not in shown.text
    values = {"nps": "9", "overall": "5", "go": "next"}
    for page in range(1, 8):
        answer = client.post(f"{place}?page={page}", data=values)
        if answer.status_code != 303:
            return answer.status_code
    raise AssertionError("the survey has no end")


def test_the_form_is_the_survey_and_its_answer_is_kept_as_given_by_phone(
    office: Office, centre: Centre
) -> None:
    call = add_call(office, centre)
    claim(office, centre.ann)
    with pytest.raises(FormNotFinished):
        record(office, centre.ann, call, "answered")
    with calling(office, centre.ann) as (session, viewer):
        first = service.open_form(session, viewer, call, NOW)
        url = service.open_form(session, viewer, call, NOW)
    client = visitor(office.web)
    assert client.get(urlsplit(first).path).status_code == 410, "the earlier link is dead"
    assert fill_in(office, url) == 200
    kept = one(office.worker, "select mode, channel, completed_at from response")
    assert (kept.mode, kept.channel, bool(kept.completed_at)) == ("phone", "call", True)
    done = task_of(office, call)
    assert (done.status, done.outcome) == ("done", "answered")
    tried = one(office.worker, "select account_id, outcome from call_try")
    assert tuple(tried) == (centre.ann, "answered")
    assert record(office, centre.ann, call, "answered") == "done"
    assert len(rows(office.worker, "select from call_try")) == 1


def test_the_form_dies_with_the_claim(office: Office, centre: Centre) -> None:
    call = add_call(office, centre)
    claim(office, centre.ann)
    with calling(office, centre.ann) as (session, viewer):
        url = service.open_form(session, viewer, call, NOW)
        service.release(session, viewer, call, NOW)
    assert visitor(office.web).get(urlsplit(url).path).status_code == 410
    assert task_of(office, call).status == "waiting"


def test_a_form_left_open_ends_when_the_claim_lapses(office: Office, centre: Centre) -> None:
    call = add_call(office, centre)
    claim(office, centre.ann)
    with calling(office, centre.ann) as (session, viewer):
        url = service.open_form(session, viewer, call, NOW)
    office.clock.now += timedelta(minutes=31)
    assert visitor(office.web).get(urlsplit(url).path).status_code == 410


def test_the_day_is_counted_for_each_interviewer(office: Office, centre: Centre) -> None:
    call = add_call(office, centre)
    claim(office, centre.ann)
    record(office, centre.ann, call, "busy")
    seen = {}
    for who in (centre.ann, centre.ben):
        with calling(office, who) as (session, viewer):
            seen[who] = service.call_list(session, viewer, NOW).today
    assert seen[centre.ann] == service.Today(1, 0, 0)
    assert seen[centre.ben] == replace(seen[centre.ann], calls=0)
