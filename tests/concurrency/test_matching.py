"""Requests at the same moment never make two of one person, nor wait for each other for ever."""

import threading
from collections.abc import Callable

import pytest
from conftest import Office
from integration.customers_office import PHONE, build_network, people, query, said, send

from api.customers.commands import erase_named

WRITERS = 8


@pytest.fixture
def network(real_office: Office) -> Office:
    with real_office.owner.transaction() as session:
        build_network(session)
    return real_office


def together(work: Callable[[int], object], writers: int = WRITERS) -> None:
    """Runs ``work`` in as many threads at once; the first error fails the test."""
    barrier = threading.Barrier(writers)
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            barrier.wait(20)
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


def test_one_phone_by_eight_writers_is_one_person(network: Office) -> None:
    for turn in range(5):

        def write(writer: int, turn: int = turn) -> None:
            customer = {"id": f"{turn}-{writer}", "phone": f"+86199000010{turn:02d}"}
            send(network.web, said(100 * turn + writer, customer=customer))

        together(write)
        assert len(people(network.worker)) == turn + 1


def test_large_and_small_batches_meet_without_deadlock(network: Office) -> None:
    def write(writer: int) -> None:
        size = 60 if writer % 2 else 2
        order = range(size) if writer % 4 < 2 else range(size - 1, -1, -1)
        events = [
            said(
                1000 * writer + n,
                customer={"phone": f"+861990000{n % 30:04d}", "email": f"c{n % 30}@example.com"},
            )
            for n in order
        ]
        for _ in range(3):
            send(network.web, *events)

    together(write)
    assert len(people(network.worker)) == 30
    assert (
        query(network.worker, "select from contact_point group by value_hash having count(*)>1")
        == []
    )


def test_the_same_event_by_eight_writers_is_stored_once(network: Office) -> None:
    outcomes: list[str] = []
    together(lambda _: outcomes.append(send(network.web, said(1))[0].outcome))
    assert sorted(outcomes) == ["created"] + ["unchanged"] * (WRITERS - 1)


def test_people_merged_by_eight_writers_are_one_in_the_end(network: Office) -> None:
    phones = [f"+86199000020{n:02d}" for n in range(WRITERS)]
    for number, phone in enumerate(phones):
        send(network.web, said(number, customer={"phone": phone}))

    def link(writer: int) -> None:
        phone = phones[writer]
        send(network.web, said(50 + writer, customer={"phone": phone, "email": "all@example.com"}))

    together(link)
    [person] = people(network.worker)
    owners = query(network.worker, "select distinct person_id from event")
    assert [row.person_id for row in owners] == [person]
    assert len(query(network.worker, "select from person_merge")) == WRITERS - 1


def test_an_erasure_among_eight_writers_is_final(network: Office) -> None:
    send(network.web, said(0, customer={"id": "first", "phone": PHONE}))

    def write(writer: int) -> None:
        for turn in range(6):
            customer = {"id": f"{writer}-{turn}", "phone": PHONE, "name": "someone"}
            send(network.web, said(100 * writer + turn, customer=customer))

    def erase(_: int) -> None:
        with network.worker.database.transaction() as session:
            erase_named(session, network.worker, "dms:first")

    together(lambda writer: erase(writer) if writer == 0 else write(writer))
    send(network.web, said(999, customer={"id": "0-0", "phone": PHONE}))
    assert query(network.worker, "select from person where erased_at is null") == []
    assert query(network.worker, "select from contact_point") == []
    assert query(network.worker, "select from person_source") == []
    assert query(network.worker, "select from event where person_id is not null") == []
