"""Tickets under real connections: opened once, taken once, never about somebody who was merged."""

import threading
import time
from collections.abc import Callable
from uuid import UUID

from conftest import NOW, Office
from sqlalchemy import text
from ticketed import Shop, make_shop

from api.customers.repository import merges, people
from api.tickets import closing, service
from api.tickets.errors import Stale
from api.tickets.opening import Opening


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each of the works gave, all begun at the same moment."""
    barrier, given = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            given.append(work())
        except Stale:
            given.append("late")

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return given


def asked(shop: Shop, statement: str) -> list[tuple[object, ...]]:
    with shop.office.owner.connection() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_a_matter_found_by_several_workers_is_one_ticket_that_one_takes(
    real_office: Office,
) -> None:
    shop = make_shop(real_office)
    _, response = shop.answered()
    wanted = Opening(shop.branch, "answer", 1, 3, response_id=response)
    made = at_once(*[lambda: shop.opened(wanted)] * 4)
    assert len([one for one in made if one is not None]) == 1
    ((number, owner),) = asked(shop, "select number, owner_id from ticket")
    assert owner == shop.people["manager"]
    assert asked(shop, "select count(*) from ticket_step") == [(1,)]
    assert asked(shop, "select count(*) from notice") == [(1,)]

    def take(name: str) -> Callable[[], object]:
        def work() -> object:
            with shop.at_work(name) as (session, viewer):
                return service.acknowledge(session, viewer, int(str(number)), version=1, now=NOW)

        return work

    assert sorted(map(str, at_once(take("manager"), take("staff"), take("region")))) == [
        "2", "late", "late",
    ]  # fmt: skip
    assert asked(shop, "select count(*) from ticket_step where to_state = 'acknowledged'") == [(1,)]
    assert asked(shop, "select count(*) from webhook_delivery") == [(2,)]


def test_the_customers_word_and_a_colleagues_come_one_after_the_other(real_office: Office) -> None:
    shop = make_shop(real_office)
    _, response = shop.answered()
    ticket = shop.opened(Opening(shop.branch, "answer", 1, 3, response_id=response))
    assert ticket is not None
    with real_office.owner.connection() as connection:
        connection.execute(text("update ticket set state = 'resolved', resolved_at = opened_at"))

    def customer() -> object:
        with real_office.worker.database.transaction() as session:
            return closing.customer_said(session, ticket, score=5, content=True, now=NOW)

    def silence() -> object:
        with real_office.worker.database.transaction() as session:
            return closing.no_word(session, ticket, NOW)

    given = at_once(customer, silence)
    states = [row[0] for row in asked(shop, "select to_state from ticket_step where "
                                            "to_state in ('verified', 'unverified')")]  # fmt: skip
    assert len(states) == len([one for one in given if one is True])
    assert asked(shop, "select version - 1 from ticket")[0][0] == len(states)


def test_a_ticket_is_about_who_a_customer_was_merged_into(real_office: Office) -> None:
    shop = make_shop(real_office)
    person, response = shop.answered()
    kept, _ = shop.answered(phone="+8619900000002")
    opened: list[UUID | None] = []

    def open_meanwhile() -> None:
        opened.append(shop.opened(Opening(shop.branch, "answer", 1, 3, response_id=response)))

    with real_office.worker.database.transaction() as session:
        people.hold_people(session, [kept, person], to_change=True)
        thread = threading.Thread(target=open_meanwhile)
        thread.start()
        time.sleep(0.3)
        merges.merge_people(session, [(kept, person)], "same telephone", NOW)
    thread.join(timeout=30)
    assert opened[0] is not None
    assert asked(shop, "select person_id from ticket") == [(kept,)]
    assert asked(shop, "select person_id from person_hold") == [(kept,)]
