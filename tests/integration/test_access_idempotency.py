"""A POST with an Idempotency-Key is done once, also when it comes twice at the same time."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from conftest import NOW, Office
from sqlalchemy import text
from web import visitor

from api.access import service
from api.access.service import LoginNames
from api.boundary.idempotency import (
    KEPT,
    Idempotent,
    KeyReused,
    StillWorking,
)
from api.boundary.visits import Visit
from api.core.ids import new_id
from api.network import service as network
from api.security.hierarchy import Hierarchy
from api.security.scope import Scope
from api.security.viewer import Viewer

SOMEBODY, SOMEBODY_ELSE = new_id(), new_id()


def answer(
    office: Office,
    work: Callable[[], tuple[int, Any]],
    *,
    key: str | None = "k",
    body: bytes = b"body",
    account: Any = SOMEBODY,
) -> tuple[int, Any, bool]:
    viewer = Viewer(account, "x", "zh", (), Hierarchy(()), Scope.nothing())
    with office.web.database.transaction() as session:
        visit = Visit(session, viewer, office.clock(), office.web)
        given = Idempotent(key, body).answer(visit, work)
    return given.status_code, json.loads(bytes(given.body)), "idempotency-replayed" in given.headers


class Counter:
    """Work that says how often it was done."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self) -> tuple[int, Any]:
        self.done += 1
        return 201, {"done": self.done, "id": str(SOMEBODY)}


def test_the_second_time_gives_the_first_answer(office: Office) -> None:
    work = Counter()
    first, second = answer(office, work), answer(office, work)
    assert first[:2] == second[:2]
    assert (first[2], second[2]) == (False, True)
    assert work.done == 1


def test_without_a_key_it_is_done_each_time(office: Office) -> None:
    work = Counter()
    answer(office, work, key=None)
    answer(office, work, key=None)
    assert work.done == 2


def test_another_body_with_the_same_key_is_refused(office: Office) -> None:
    work = Counter()
    answer(office, work)
    with pytest.raises(KeyReused):
        answer(office, work, body=b"other")
    assert KeyReused.status == 422
    assert work.done == 1


def test_a_key_is_somebodys_own(office: Office) -> None:
    work = Counter()
    answer(office, work)
    answer(office, work, account=SOMEBODY_ELSE, body=b"other")
    assert work.done == 2


def test_what_failed_is_done_again(office: Office) -> None:
    def fails() -> tuple[int, Any]:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        answer(office, fails)
    work = Counter()
    assert answer(office, work)[0] == 201
    assert work.done == 1


def test_a_key_is_forgotten_after_a_day(office: Office) -> None:
    work = Counter()
    answer(office, work)
    office.clock.now += KEPT
    answer(office, work, body=b"other")
    assert work.done == 2


def test_two_at_the_same_time_are_done_once(real_office: Office) -> None:
    inside, go_on = threading.Event(), threading.Event()
    work = Counter()
    answers: list[tuple[int, Any, bool]] = []

    def slow() -> tuple[int, Any]:
        inside.set()
        assert go_on.wait(10)
        return work()

    first = threading.Thread(target=lambda: answers.append(answer(real_office, slow)))
    first.start()
    assert inside.wait(10)
    second = threading.Thread(target=lambda: answers.append(answer(real_office, work)))
    second.start()
    second.join(0.3)
    assert second.is_alive(), "the second waits for the first"
    go_on.set()
    first.join(10)
    second.join(10)
    assert work.done == 1
    assert answers[0][:2] == answers[1][:2]
    assert sorted(one[2] for one in answers) == [False, True]


def test_who_waits_too_long_is_told_to_come_back(
    real_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.boundary.idempotency.LONGEST_WAIT", "100ms")
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> tuple[int, Any]:
        inside.set()
        assert go_on.wait(10)
        return 200, {}

    first = threading.Thread(target=lambda: answer(real_office, slow))
    first.start()
    assert inside.wait(10)
    with pytest.raises(StillWorking):
        answer(real_office, Counter())
    go_on.set()
    first.join(10)
    assert StillWorking.status == 409


def test_waiting_for_locks_is_as_before_afterwards(office: Office) -> None:
    def work() -> tuple[int, Any]:
        return 200, {}

    viewer = Viewer(SOMEBODY, "x", "zh", (), Hierarchy(()), Scope.nothing())
    with office.web.database.transaction() as session:
        before = session.execute(text("show lock_timeout")).scalar()
        visit = Visit(session, viewer, NOW, office.web)
        Idempotent("k", b"").answer(visit, work)
        assert session.execute(text("show lock_timeout")).scalar() == before


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel"])
def test_a_strange_key_is_refused(office: Office, key: str) -> None:
    with office.worker.database.transaction() as session:
        root = network.set_network(session, name_zh="网", name_en="Net")
        names = LoginNames(staff_number="1")
        made = service.create_account(
            session, office.worker.vault, names, name="x", password="correct horse", now=NOW
        )
        service.grant(session, made, "hq_admin", unit_id=root, now=NOW)
    browser = visitor(office.web)
    browser.post("/login", data={"identifier": "1", "password": "correct horse"})
    body = {
        "name": "x",
        "staff_number": "2",
        "grant": {"role": "hq_admin", "unit": "network"},
    }
    headers = {"origin": "http://testserver", "idempotency-key": key.encode()}
    refused = browser.post("/api/v1/accounts", json=body, headers=headers)  # type: ignore[arg-type]
    assert refused.status_code == 422
