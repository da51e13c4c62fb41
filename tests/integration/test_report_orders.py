"""Ordered reports: who may order what, how they are made, what becomes of them in a crash."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from answered import World, make_world
from conftest import NOW, Office
from sqlalchemy import text
from test_insights_http import logged_in
from web import visitor

from api.core.errors import BranchpulseError, Invalid, NotAllowed, NotFound
from api.core.ids import token_hash
from api.models import Subscription
from api.reports.orders import making, scheduled, service
from api.reports.orders.errors import AlreadyDone, NoPack, NothingToReport, TooManyOrders
from api.reports.orders.service import Wish
from api.security.scope import open_scope
from api.security.sessions import viewer_of_account
from scheduler.jobs import reports as job

FIRST, LAST = date(2026, 8, 3), date(2026, 11, 15)
PACK = Wish("R1", FIRST, LAST, "en", ("pdf", "xlsx"), pack=True)
ORIGIN = {"origin": "http://testserver"}


@pytest.fixture
def world(office: Office) -> World:
    return make_world(office.owner)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Reports that take no time; their units in the order in which they were built."""
    built: list[str] = []

    def build(session: Any, viewer: Any, unit: Any, period: Any, now: Any) -> Any:
        built.append(unit.code)
        return SimpleNamespace(unit=unit, period=period)

    monkeypatch.setattr(making, "prepare_report", lambda *_: None)
    monkeypatch.setattr(making, "build_report", build)
    monkeypatch.setattr(
        making, "render_report", lambda content, format, _: f"{format} {content.unit.code}".encode()
    )
    return built


class Person:
    """Somebody with a role at a unit, at work through the service."""

    def __init__(self, office: Office, role: str, unit: int) -> None:
        self.office = office
        self.cookies = logged_in(office, role, unit)
        secret = self.cookies["cookie"].partition("=")[2]
        self.account: UUID = self.one(
            "select account_id from login_session where id_hash = :hash", hash=token_hash(secret)
        )

    def one(self, query: str, **given: Any) -> Any:
        with self.office.owner.connection() as connection:
            return connection.execute(text(query), given).scalar()

    def browser(self) -> Any:
        """A browser with the person's cookie."""
        browser = visitor(self.office.web)
        browser.headers.update(self.cookies)
        return browser

    def do(self, work: Callable[..., Any], *given: Any, **more: Any) -> Any:
        """Calls a function of the service as a web process would."""
        with self.office.web.database.transaction() as session:
            viewer = viewer_of_account(session, self.account, "Someone", "en", self.office.clock())
            open_scope(session, viewer.scope)
            return work(session, viewer, *given, **more)

    def order(self, wish: Wish) -> UUID:
        return cast(UUID, self.do(service.place_order, wish, self.office.clock()))


@pytest.fixture
def manager(office: Office, world: World) -> Person:
    return Person(office, "regional_manager", world.regions[0])


def make_all(office: Office) -> int:
    rounds = 0
    while job.make_reports(office.worker):
        rounds += 1
    return rounds


def states(office: Office, order: UUID) -> dict[str, int]:
    with office.owner.connection() as connection:
        rows = connection.execute(
            text("select status, count(*) from report_item where order_id = :id group by 1"),
            {"id": order},
        )
        return {row.status: row.count for row in rows}


def test_a_pack_is_made_branch_by_branch_and_ends_as_one_zip(
    office: Office, manager: Person, drawn: list[str]
) -> None:
    order = manager.order(PACK)
    line = manager.do(service.require_order, order)
    assert (line.status, line.items, line.open, line.done) == ("waiting", 6, 6, 0)
    assert make_all(office) == 3  # each branch is built once, whatever the formats
    assert drawn == ["D101", "D102", "D103"]
    line = manager.do(service.require_order, order)
    assert (line.status, line.open, line.done, line.finished_at) == ("done", 0, 6, NOW)

    answer = manager.browser().get(f"/api/v1/reports/orders/{order}/zip")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        assert pack.testzip() is None
        found = {name: pack.read(name).decode() for name in pack.namelist()}
    assert len(found) == 6
    for name, content in found.items():
        kind, code = content.split()
        assert code in name
        assert name.endswith(f".{kind}")


def test_whoever_ordered_is_told_once(office: Office, manager: Person, drawn: list[str]) -> None:
    order = manager.order(PACK)
    make_all(office)
    told = "select count(*) from notice where kind = 'report' and detail->>'order' = :id"
    assert manager.one(told, id=str(order)) == 1
    assert manager.one("select count(*) from outbox_message where kind = 'report'") == 0


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (Wish("R2", FIRST, LAST, "en", ("pdf",)), NotFound),  # another region
        (Wish("D201", FIRST, LAST, "en", ("pdf",)), NotFound),
        (Wish("HQ", FIRST, LAST, "en", ("pdf",), pack=True), NotFound),
        (Wish("D101", FIRST, LAST, "en", ("pdf",), pack=True), NoPack),
        (Wish("D102", date(2025, 1, 1), date(2025, 2, 1), "en", ("pdf",)), NothingToReport),
    ],
)
def test_what_cannot_be_ordered(
    office: Office, manager: Person, wish: Wish, error: type[BranchpulseError]
) -> None:
    with office.owner.connection() as connection:
        connection.execute(text("update unit set opened_on = '2026-01-01' where code = 'D102'"))
        connection.execute(text("update network set structure_version = nextval('data_version')"))
    with pytest.raises(error):
        manager.order(wish)


def test_who_may_not_export_may_not_order(office: Office, world: World) -> None:
    staff = Person(office, "branch_staff", world.branches[0])
    with pytest.raises(NotAllowed):
        staff.order(Wish("D101", FIRST, LAST, "en", ("pdf",)))


def test_ten_orders_at_once_are_enough(manager: Person) -> None:
    for _ in range(service.OPEN_AT_MOST):
        manager.order(PACK)
    with pytest.raises(TooManyOrders):
        manager.order(PACK)


def test_one_click_orders_once_what_stays_the_same(
    office: Office, manager: Person, drawn: list[str]
) -> None:
    wish = Wish("D101", FIRST, LAST, "en", ("pdf",))

    def click(wanted: Wish = wish) -> UUID:
        return cast(UUID, manager.do(service.place_once, wanted, office.clock()))

    first = click()
    assert click() == first  # the second of two clicks
    make_all(office)
    office.clock.now += service.SAME_FOR - timedelta(seconds=1)
    assert click() == first
    assert click(replace(wish, language="zh")) != first
    with office.owner.connection() as connection:
        counted = "insert into branch_version select id, nextval('data_version') from unit"
        connection.execute(text(f"{counted} where code = 'D101'"))
    second = click()
    assert second != first  # an answer came meanwhile
    office.clock.now += timedelta(hours=1)
    assert click() == second  # it waits still
    make_all(office)
    assert click() != second  # too old
    with pytest.raises(NotFound):
        click(replace(wish, unit="D201"))


def test_a_small_order_does_not_wait_for_a_pack(
    office: Office, manager: Person, drawn: list[str]
) -> None:
    manager.order(PACK)
    job.make_reports(office.worker)
    manager.order(Wish("D103", FIRST, LAST, "en", ("pdf",)))
    job.make_reports(office.worker)
    assert drawn == ["D101", "D103"]


def test_a_cancelled_pack_keeps_what_is_made_and_can_be_resumed(
    office: Office, manager: Person, drawn: list[str]
) -> None:
    order = manager.order(PACK)
    job.make_reports(office.worker)
    manager.do(service.cancel_order, order, NOW)
    assert make_all(office) == 0
    assert states(office, order) == {"done": 2, "cancelled": 4}
    with pytest.raises(AlreadyDone):
        manager.do(service.cancel_order, order, NOW)
    manager.do(service.resume_order, order)
    make_all(office)
    assert states(office, order) == {"done": 6}
    assert drawn == ["D101", "D102", "D103"]
    with pytest.raises(AlreadyDone):
        manager.do(service.resume_order, order)


def test_a_file_that_is_being_made_when_its_order_is_cancelled_is_not_kept(
    office: Office, manager: Person, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = manager.order(PACK)

    def cancelled_meanwhile(*_: Any) -> bytes:
        if manager.do(service.require_order, order).status == "running":
            manager.do(service.cancel_order, order, NOW)
        return b"late"

    monkeypatch.setattr(making, "render_report", cancelled_meanwhile)
    make_all(office)
    assert states(office, order) == {"cancelled": 6}


def test_what_a_dead_worker_had_claimed_is_made_by_the_next(
    office: Office, manager: Person, drawn: list[str]
) -> None:
    order = manager.order(PACK)
    with office.worker.database.transaction() as session:
        assert making.repository.claim_unit(session, NOW) is not None
    make_all(office)
    assert states(office, order) == {"claimed": 2, "done": 4}
    office.clock.now = NOW + making.GRACE + timedelta(seconds=1)
    make_all(office)
    assert states(office, order) == {"done": 6}
    assert manager.do(service.require_order, order).status == "done"


def test_a_file_that_kills_its_worker_each_time_is_given_up(
    office: Office, manager: Person, drawn: list[str]
) -> None:
    order = manager.order(Wish("D101", FIRST, LAST, "en", ("pdf",)))
    for _ in range(making.ATTEMPTS):
        with office.worker.database.transaction() as session:
            assert making.repository.claim_unit(session, office.clock()) is not None
        office.clock.now += making.GRACE + timedelta(seconds=1)
        making.take_back_stale(office.worker)
    assert states(office, order) == {"failed": 1}
    assert manager.do(service.require_order, order).status == "done"
    assert manager.do(service.list_items, order)[0].failure == "no_end"


def test_one_branch_that_fails_does_not_stop_the_others(
    office: Office, manager: Person, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order, real = manager.order(PACK), making.build_report

    def sometimes(session: Any, viewer: Any, unit: Any, *given: Any) -> Any:
        if unit.code == "D102":
            raise RuntimeError("no figures")
        return real(session, viewer, unit, *given)

    monkeypatch.setattr(making, "build_report", sometimes)
    make_all(office)
    assert states(office, order) == {"done": 4, "failed": 2}
    monkeypatch.setattr(making, "build_report", real)
    manager.do(service.resume_order, order)
    make_all(office)
    assert states(office, order) == {"done": 6}


def test_rights_are_asked_when_a_report_is_made_and_when_it_is_taken(
    office: Office, world: World, manager: Person, drawn: list[str]
) -> None:
    made, late = manager.order(PACK), manager.order(PACK)
    for _ in range(3):
        job.make_reports(office.worker)
    item = manager.do(service.list_items, made)[0]
    with office.owner.connection() as connection:  # now of another region
        connection.execute(
            text("update access_grant set unit_id = :unit where account_id = :account"),
            {"unit": world.regions[1], "account": manager.account},
        )
    make_all(office)
    assert states(office, late) == {"failed": 6}
    assert manager.do(service.list_orders) == []
    with pytest.raises(NotFound):
        manager.do(service.require_file, made, item.id, NOW)
    with office.web.database.transaction() as session:
        viewer = viewer_of_account(session, manager.account, "Someone", "en", NOW)
        open_scope(session, viewer.scope)  # the database alone
        assert session.execute(text("select count(*) from report_item")).scalar() == 0


def test_nobody_finds_somebody_elses_order(
    office: Office, world: World, manager: Person, drawn: list[str]
) -> None:
    order = manager.order(PACK)
    make_all(office)
    item = manager.do(service.list_items, order)[0]
    browser = Person(office, "hq_admin", world.network).browser()
    for path in ("", "/items", f"/items/{item.id}/file", "/zip"):
        answer = browser.get(f"/api/v1/reports/orders/{order}{path}")
        assert answer.status_code == 404
    for what in ("cancel", "resume"):
        answer = browser.post(f"/api/v1/reports/orders/{order}/{what}", headers=ORIGIN)
        assert answer.status_code == 404


def test_over_http_a_report_is_ordered_watched_and_taken(
    office: Office, manager: Person, drawn: list[str]
) -> None:
    browser, address = manager.browser(), "/api/v1/reports/orders"
    body = {"unit": "D101", "from": "2026-08-03", "to": "2026-11-15", "language": "zh"}
    headers = {**ORIGIN, "idempotency-key": "a-key-for-it"}
    first = browser.post(address, json=body, headers=headers)
    again = browser.post(address, json=body, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    make_all(office)
    listed = browser.get(address).json()
    assert [(one["unit_code"], one["status"], one["done"]) for one in listed["items"]] == [
        ("D101", "done", 1)
    ]
    order = listed["items"][0]["id"]
    (item,) = browser.get(f"{address}/{order}/items").json()["items"]
    file = browser.get(f"{address}/{order}/items/{item['id']}/file")
    assert file.content == b"pdf D101"
    assert file.headers["content-type"] == "application/pdf"
    assert "D101" in file.headers["content-disposition"]
    taken = "select count(*) from audit_entry where action in ('report.order', 'report.download')"
    assert manager.one(taken) == 2
    bad = browser.post(address, json={**body, "from": "2026-12-01"}, headers=ORIGIN)
    assert bad.status_code == Invalid.status


def test_orders_are_forgotten_after_a_month(
    office: Office, manager: Person, drawn: list[str]
) -> None:
    manager.order(PACK)
    make_all(office)
    office.clock.now = NOW + service.KEPT - timedelta(hours=1)
    job.forget_reports(office.worker)
    assert len(manager.do(service.list_orders)) == 1
    office.clock.now = NOW + service.KEPT + timedelta(hours=1)
    job.forget_reports(office.worker)
    assert manager.one("select count(*) from report_item") == 0


@pytest.fixture
def subscribed(office: Office, world: World, manager: Person) -> Person:
    """The manager wants PDF and XLSX of the region, Wednesdays at 09:00 in Shanghai."""
    vault = office.worker.vault
    with office.worker.database.transaction() as session:
        session.add(
            Subscription(
                account_id=manager.account, unit_id=world.regions[0], kind="report",
                language="zh", weekday=2, at=time(9), ways=["email"], formats=["pdf", "xlsx"],
                weeks=4, created_at=NOW - timedelta(days=8), updated_at=NOW - timedelta(days=8),
            )
        )  # fmt: skip
        session.execute(
            text(
                "insert into login_identifier (id, account_id, kind, value_hash, value_encrypted) "
                "values (:id, :account, 'email', :hash, :value)"
            ),
            {
                "id": manager.account,
                "account": manager.account,
                "hash": vault.lookup_hash("email", "m@example.com"),
                "value": vault.encrypt("m@example.com"),
            },
        )
    return manager


def test_a_scheduled_report_is_ordered_once_and_sent_with_its_files(
    office: Office, subscribed: Person, drawn: list[str]
) -> None:
    assert scheduled.order_due_reports(office.worker) == 1
    assert scheduled.order_due_reports(office.worker) == 0
    make_all(office)
    (order,) = subscribed.do(service.list_orders)
    assert order.scheduled
    assert (order.period_from, order.period_to) == (date(2026, 10, 19), date(2026, 11, 15))
    with office.worker.database.transaction() as session:
        letter = session.execute(text("select * from outbox_message")).one()
    vault = office.worker.vault
    assert vault.decrypt(bytes(letter.recipient_encrypted)) == "m@example.com"
    assert f"/app/reports/order/{order.id}" in vault.decrypt(bytes(letter.body_text_encrypted))
    assert f"/app/reports/order/{order.id}" in vault.decrypt(bytes(letter.body_html_encrypted))
    assert letter.detail["attachment"]["type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(vault.unseal(bytes(letter.attachment)))) as pack:
        assert sorted(pack.read(name) for name in pack.namelist()) == [b"pdf R1", b"xlsx R1"]
    office.clock.now = NOW + timedelta(days=7)
    assert scheduled.order_due_reports(office.worker) == 1
