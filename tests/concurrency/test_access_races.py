"""Two at once: a link sets one password, moves give no cycle, guesses are not multiplied."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from conftest import NOW, Office

from api.access import logins, service
from api.access.errors import LinkInvalid
from api.access.logins import LoggedIn, Refused, SlowedDown
from api.access.service import LoginNames
from api.network import service as network
from api.network.errors import UnitCycle
from api.network.plans import NewUnit
from api.security.hierarchy import load_hierarchy

PASSWORD = "correct horse battery"


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each gave or raised, all begun at the same moment."""
    ready = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        ready.wait(10)
        try:
            results[place] = work()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def make_account(office: Office, password: str | None = None) -> Any:
    with office.web.database.transaction() as session:
        names = LoginNames(staff_number="1")
        return service.create_account(
            session, office.web.vault, names, name="x", password=password, now=NOW
        )


def test_a_link_clicked_twice_at_once_sets_one_password(real_office: Office) -> None:
    account = make_account(real_office)
    with real_office.web.database.transaction() as session:
        link = service.make_link(session, real_office.web, account, "invitation", now=NOW)
    secret = link.rsplit("/", 1)[1]

    def use(password: str) -> Callable[[], Any]:
        def work() -> Any:
            with real_office.web.database.transaction() as session:
                return logins.use_link(session, real_office.web.vault, secret, password, now=NOW)

        return work

    results = at_once(*(use(f"chosen by number {number}") for number in range(4)))
    assert sorted(type(one).__name__ for one in results) == [
        *["LinkInvalid"] * 3,
        "LoggedIn",
    ], results
    assert sum(isinstance(one, LinkInvalid) for one in results) == 3


def test_guessing_in_parallel_is_not_faster(real_office: Office) -> None:
    make_account(real_office, PASSWORD)

    def guess() -> Any:
        with real_office.web.database.transaction() as session:
            return logins.log_in(session, real_office.web.vault, "1", "wrong guess", now=NOW)

    outcomes = [one for _ in range(3) for one in at_once(*[guess] * 8)]
    assert all(isinstance(one, Refused | SlowedDown) for one in outcomes), outcomes
    assert sum(isinstance(one, Refused) for one in outcomes) <= 5, "five are free, then one waits"


def test_many_people_log_in_at_once(real_office: Office) -> None:
    with real_office.web.database.transaction() as session:
        for number in range(6):
            names = LoginNames(staff_number=f"s{number}")
            service.create_account(
                session, real_office.web.vault, names, name="x", password=PASSWORD, now=NOW
            )

    def enter(number: int) -> Callable[[], Any]:
        def work() -> Any:
            with real_office.web.database.transaction() as session:
                vault = real_office.web.vault
                return logins.log_in(session, vault, f"s{number}", PASSWORD, now=NOW)

        return work

    assert all(isinstance(one, LoggedIn) for one in at_once(*map(enter, range(6))))


@pytest.mark.parametrize("_", range(3))
def test_two_moves_at_once_give_no_cycle(real_office: Office, _: int) -> None:
    day = date(2026, 1, 1)
    with real_office.worker.database.transaction() as session:
        network.set_network(session, name_zh="网", name_en="Net")
        units = network.add_units(
            session, [NewUnit(code, "area", code, "network", day) for code in ("a", "b")]
        )

    def move(unit: str, under: str) -> Callable[[], Any]:
        def work() -> Any:
            with real_office.web.database.transaction() as session:
                network.move_unit(session, units[unit], units[under], day)

        return work

    results = at_once(move("a", "b"), move("b", "a"))
    assert sum(isinstance(one, UnitCycle) for one in results) == 1, results
    with real_office.worker.database.transaction() as session:
        tree = load_hierarchy(session, day)
    assert all(tree.path(unit)[0].kind == "network" for unit in units.values())
