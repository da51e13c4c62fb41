"""Nobody is asked more often than the cap allows, however many decide at the same moment."""

import threading
from collections.abc import Callable
from datetime import timedelta

from asking import (
    PHONE,
    Customer,
    Network,
    add_customer,
    add_event,
    change,
    make_network,
    one,
    rows,
)
from conftest import NOW, Office, as_role
from sqlalchemy import text

from api.core.database import Database
from api.core.installation import Installation
from api.invitations.replanning import replan_late
from api.invitations.service import decide_due

WRITERS = 8
REASONS = "select reason, count(*) as n from decision group by reason"


def at_once(work: Callable[[Installation], None], office: Office, writers: int = WRITERS) -> None:
    """Runs ``work`` in threads with connections of their own, all beginning together."""
    barrier = threading.Barrier(writers)
    failures: list[Exception] = []

    def begin() -> None:
        installation = another_worker(office)
        try:
            barrier.wait(timeout=30)
            work(installation)
        except Exception as error:
            failures.append(error)
        finally:
            installation.close()

    threads = [threading.Thread(target=begin) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not failures


def another_worker(office: Office) -> Installation:
    database = Database(as_role(office.owner.url, "bp_worker"), pool_size=2)
    return Installation(office.settings, database, office.worker.vault, office.clock)


def until_decided(limit: int) -> Callable[[Installation], None]:
    """Decides in small batches until nothing waits."""

    def work(installation: Installation) -> None:
        while decide_due(installation, limit) or waiting(installation):
            pass

    return work


def waiting(installation: Installation) -> int:
    with installation.database.transaction() as session:
        found: int = session.execute(
            text("select count(*) from event where asking <> 'decided' and due_at <= :now"),
            {"now": NOW},
        ).scalar_one()
    return found


def decided(office: Office) -> dict[str, int]:
    return {row.reason: row.n for row in rows(office.worker, REASONS)}


def customer(office: Office, network: Network, phone: str = PHONE) -> Customer:
    return add_customer(office.owner, office.worker.vault, network.branches[0], phone=phone)


def test_one_phone_eight_writers_fifteen_events_one_invitation(real_office: Office) -> None:
    network = make_network(real_office.owner)
    someone = customer(real_office, network)
    for number in range(15):
        add_event(real_office.owner, network, someone, branch=number % 3)
    at_once(until_decided(limit=2), real_office)
    assert one(real_office.worker, "select count(*) as n from invitation").n == 1
    assert decided(real_office) == {"passed": 1, "capped": 14}


def test_an_address_that_wanders_between_persons_is_asked_once(real_office: Office) -> None:
    """A phone is given from person to person while events of all of them are being decided."""
    network = make_network(real_office.owner)
    people = [customer(real_office, network)]
    people += [
        add_customer(real_office.owner, real_office.worker.vault, branch)
        for branch in network.branches
    ]
    for number in range(40):
        add_event(real_office.owner, network, people[number % 4], branch=number % 3)
    stop = threading.Event()

    def wander() -> None:
        turn = 0
        while not stop.wait(0.002):
            turn += 1
            change(
                real_office.worker,
                "update contact_point set person_id = :person",
                person=people[turn % 4].id,
            )

    wanderer = threading.Thread(target=wander)
    wanderer.start()
    try:
        at_once(until_decided(limit=1), real_office)
    finally:
        stop.set()
        wanderer.join()
    sent = one(real_office.worker, "select count(*) as n from invitation").n
    assert sent <= 1
    assert sum(decided(real_office).values()) == 40


def test_eight_writers_decide_every_event_once(real_office: Office) -> None:
    network = make_network(real_office.owner)
    for number in range(60):
        someone = customer(real_office, network, phone=f"+8619900000{number:03d}")
        for _ in range(3):
            add_event(real_office.owner, network, someone)
    at_once(until_decided(limit=20), real_office)
    assert decided(real_office) == {"passed": 60, "capped": 120}
    per_event = "select count(*) as n from decision group by event_id"
    assert {row.n for row in rows(real_office.worker, per_event)} == {1}


def test_the_cap_holds_while_plans_are_made_anew(real_office: Office) -> None:
    """A late invitation of a person is planned again while new events of theirs are decided."""
    network = make_network(real_office.owner)
    someone = customer(real_office, network)
    add_event(real_office.owner, network, someone)
    decide_due(real_office.worker)
    real_office.clock.now = NOW + timedelta(hours=4)
    for _ in range(10):
        add_event(real_office.owner, network, someone, due_at=NOW)

    def work(installation: Installation) -> None:
        while replan_late(installation) + decide_due(installation, 1) or waiting(installation):
            pass

    at_once(work, real_office)
    assert one(real_office.worker, "select count(*) as n from invitation").n == 1
