"""Interviewers at the same moment: real connections, and nobody gets the customer of another."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from asking import PHONE, add_customer, make_network, one, rows
from conftest import NOW, Office
from sqlalchemy import text

from api.access import service as access
from api.access.service import LoginNames
from api.calls import service
from api.core.ids import new_id
from api.models import CallTask, Event, Invitation
from api.security.scope import open_scope
from api.security.sessions import viewer_of_account

INTERVIEWERS, CALLS = 8, 5


def test_so_many_interviewers_at_once_never_share_a_customer(real_office: Office) -> None:
    accounts = _prepare(real_office)
    claimed: dict[UUID, UUID | None] = {}

    def work(account: UUID) -> None:
        claimed[account] = _claim(real_office, account)

    _at_once([lambda a=account: work(a) for account in accounts])
    got = [call for call in claimed.values() if call is not None]
    assert len(got) == len(set(got)) == CALLS
    kept = rows(real_office.worker, "select claimed_by from call_task where status = 'claimed'")
    assert {row.claimed_by for row in kept} == {who for who, call in claimed.items() if call}


def test_two_clicks_of_one_interviewer_are_one_call(real_office: Office) -> None:
    account = _prepare(real_office)[0]
    got: list[UUID | None] = []
    _at_once([lambda: got.append(_claim(real_office, account)) for _ in range(6)])
    assert len(set(got)) == 1
    assert len(rows(real_office.worker, "select from call_task where status = 'claimed'")) == 1


def _at_once(work: list[Callable[[], object]]) -> None:
    barrier = threading.Barrier(len(work))

    def begin(step: Callable[[], object]) -> None:
        barrier.wait()
        step()

    threads = [threading.Thread(target=begin, args=(step,)) for step in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)


def _claim(office: Office, account: UUID) -> UUID | None:
    with office.web.database.transaction() as session:
        viewer = viewer_of_account(session, account, "someone", "en", NOW)
        open_scope(session, viewer.scope)
        return service.claim_next(session, viewer, NOW)


def _prepare(office: Office) -> list[UUID]:
    network = make_network(office.worker.database)
    version = one(office.worker, "select id from survey_version where code = 'car_service'").id
    branch, touchpoint = network.branches[0], network.touchpoints["service"]
    for number in range(CALLS):
        customer = add_customer(
            office.worker.database, office.worker.vault, branch, phone=f"{PHONE[:-1]}{number}"
        )
        event = Event(
            source="dms", external_id=str(number), content_hash=b"-", touchpoint_id=touchpoint,
            branch_id=branch, occurred_at=NOW, occurred_on=NOW.date(), person_id=customer.id,
            received_at=NOW, asking="decided", due_at=NOW,
        )  # fmt: skip
        invitation = Invitation(
            event_id=event.id, survey_code="car_service", survey_version_id=version,
            person_id=customer.id, contact_point_id=customer.contacts["phone"], branch_id=branch,
            touchpoint_id=touchpoint, occurred_on=NOW.date(), channel="call", language="zh",
            created_at=NOW, planned_at=NOW, expires_at=NOW + timedelta(days=5), status="sent",
        )  # fmt: skip
        task = CallTask(
            invitation_id=invitation.id, branch_id=branch, call_after=NOW,
            call_before=invitation.expires_at,
        )  # fmt: skip
        with office.worker.database.transaction() as session:
            for row in (event, invitation, task):
                session.add(row)
                session.flush()
    with office.worker.database.transaction() as session:
        root = session.execute(text("select id from unit where kind = 'network'")).scalar_one()
        made = []
        for number in range(INTERVIEWERS):
            names = LoginNames(staff_number=f"I{number}")
            account = access.create_account(
                session, office.worker.vault, names, name=str(new_id()), now=NOW
            )
            access.grant(session, account, "interviewer", unit_id=root, now=NOW)
            made.append(account)
    return made
