"""Whoever wants a ranking says when and how; a region's manager has one without asking."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pypdfium2
import pytest
from aiosmtpd.controller import Controller
from conftest import Office
from isolation import lasting_office
from served import free_port, served
from sqlalchemy import text
from two_regions import World, log_in_as, make_two_regions
from web import TestClient
from wecom_stub import OPTIONS, WecomStub

from api.boundary.visits import SESSION_COOKIE
from api.core.database import Database
from api.core.errors import NotAllowed, NotFound
from api.core.ids import new_id
from api.core.installation import Installation
from api.core.settings import Settings
from api.main import create_api
from api.reports import attaching
from api.reports.attaching import attach_files
from api.reports.orders import service as orders
from api.reports.orders.scheduled import order_due_reports
from api.reports.rendering import step_words
from api.reports.service import NoAddress, send_due_rankings, send_to_me
from api.reports.subscriptions import (
    BadSubscription,
    Wish,
    forget,
    list_mine,
    save,
    subject_of,
    subjects,
)
from api.reports.weekly import weekly_ranking
from api.security.scope import open_scope
from api.security.sessions import viewer_of_account
from api.security.viewer import Viewer
from scheduler.jobs.letters import send_letters
from scheduler.jobs.reports import make_reports

WEEK = timedelta(weeks=1)
MONDAY = datetime(2026, 11, 23, 0, 1, tzinfo=UTC)  # one minute past eight in Shanghai
ORIGIN = {"origin": "http://testserver"}


@pytest.fixture(scope="module")
def place(playground: Database, migrated: Settings) -> Iterator[tuple[Office, World]]:
    """One office for this file: the manager of the north, and the owner group, have addresses."""
    with lasting_office(playground, migrated) as office:
        world = make_two_regions(office)
        with office.owner.transaction() as session:
            for role in ("regional_manager", "owner_group_manager"):
                session.execute(
                    text(
                        "insert into login_identifier (id, account_id, kind, value_hash, "
                        "value_encrypted) values (:id, :account, 'email', :hash, :value)"
                    ),
                    {
                        "id": new_id(),
                        "account": world.accounts[role],
                        "hash": office.worker.vault.lookup_hash("email", f"{role}@demo.example"),
                        "value": office.worker.vault.encrypt(f"{role}@demo.example"),
                    },
                )
        yield office, world


@pytest.fixture
def office(place: tuple[Office, World]) -> Office:
    """The office on a Wednesday, with nothing subscribed to or sent."""
    office, _ = place
    office.clock.now = MONDAY - timedelta(days=5)
    with office.owner.transaction() as session:
        for table in ("subscription", "outbox_message", "job_window", "notice_choice"):
            session.execute(text(f"delete from {table}"))
    return office


@pytest.fixture
def world(place: tuple[Office, World]) -> World:
    return place[1]


def viewer(office: Office, world: World, role: str) -> Viewer:
    with office.worker.database.transaction() as session:
        return viewer_of_account(session, world.accounts[role], role, "zh", office.clock.now)


def code_of(office: Office, name: str) -> str:
    with office.owner.transaction() as session:
        return str(
            session.execute(
                text("select code from unit where name_zh like :name"), {"name": f"%{name}q"}
            ).scalar_one()
        )


def want(office: Office, who: Viewer, wish: Wish) -> UUID:
    with office.web.database.transaction() as session:
        saved = save(session, who, wish, office.clock.now)
    assert saved.id is not None
    return saved.id


def letters(office: Office) -> list[str]:
    with office.owner.transaction() as session:
        found = session.execute(text("select dedupe_key from outbox_message order by id"))
        return list(found.scalars())


@pytest.fixture
def manager(office: Office, world: World) -> Viewer:
    return viewer(office, world, "regional_manager")


@pytest.fixture
def north(office: Office) -> str:
    return code_of(office, "north")


def test_a_regions_manager_has_one_without_asking(office: Office, world: World) -> None:
    with office.web.database.transaction() as session:
        counted = {
            role: len(list_mine(session, viewer(office, world, role), office.clock.now))
            for role in ("regional_manager", "owner_group_manager", "branch_manager", "hq_admin")
        }
    assert counted == {
        "regional_manager": 1,
        "owner_group_manager": 0,
        "branch_manager": 0,
        "hq_admin": 0,
    }
    office.clock.now = MONDAY
    assert send_due_rankings(office.worker) == 1
    assert send_due_rankings(office.worker) == 0


def test_a_row_stands_in_place_of_the_usual_one(
    office: Office, manager: Viewer, north: str
) -> None:
    want(office, manager, Wish("ranking", north, "en", weekday=1, at=time(10)))
    office.clock.now = MONDAY
    assert send_due_rankings(office.worker) == 0
    office.clock.now = MONDAY + timedelta(days=1, hours=1, minutes=58)
    assert send_due_rankings(office.worker) == 0
    office.clock.now += timedelta(minutes=1)
    assert send_due_rankings(office.worker) == 1


def test_one_that_is_off_holds_the_usual_one_back(
    office: Office, manager: Viewer, north: str
) -> None:
    want(office, manager, Wish("ranking", north, "zh", active=False))
    office.clock.now = MONDAY
    assert send_due_rankings(office.worker) == 0
    assert letters(office) == []


def test_the_hour_is_that_of_the_recipients_zone(
    office: Office, manager: Viewer, north: str
) -> None:
    want(office, manager, Wish("ranking", north, "zh", timezone="Europe/London"))
    office.clock.now = MONDAY + timedelta(hours=7)
    assert send_due_rankings(office.worker) == 0
    office.clock.now += timedelta(hours=1)
    assert send_due_rankings(office.worker) == 1


def test_two_languages_are_two_letters(office: Office, manager: Viewer, north: str) -> None:
    want(office, manager, Wish("ranking", north, "zh"))
    want(office, manager, Wish("ranking", north, "en"))
    office.clock.now = MONDAY
    assert send_due_rankings(office.worker) == 2
    assert len(letters(office)) == 2


def test_what_is_changed_after_its_hour_is_not_sent_again_that_week(
    office: Office, manager: Viewer, north: str
) -> None:
    mine = want(office, manager, Wish("ranking", north, "zh"))
    office.clock.now = MONDAY
    assert send_due_rankings(office.worker) == 1
    for later in (time(9), time(11)):
        want(office, manager, Wish("ranking", north, "zh", at=later))
        office.clock.now += timedelta(hours=4)
        assert send_due_rankings(office.worker) == 0
    with office.web.database.transaction() as session:
        forget(session, manager, mine)
    office.clock.now = MONDAY + timedelta(hours=9)
    assert send_due_rankings(office.worker) == 0
    office.clock.now = MONDAY + WEEK
    assert send_due_rankings(office.worker) == 1
    assert len(letters(office)) == 2


def test_one_that_comes_after_its_hour_waits_for_the_next(
    office: Office, manager: Viewer, north: str
) -> None:
    office.clock.now = MONDAY + timedelta(minutes=1)
    want(office, manager, Wish("ranking", north, "zh"))
    assert send_due_rankings(office.worker) == 0
    office.clock.now += WEEK
    assert send_due_rankings(office.worker) == 1


def test_an_owner_group_gets_its_branches_of_all_regions(office: Office, world: World) -> None:
    group = viewer(office, world, "owner_group_manager")
    root = group.hierarchy.root
    assert root is not None
    assert subjects(group, "ranking") == [root]
    want(office, group, Wish("ranking", root.code, "zh"))
    office.clock.now = MONDAY
    assert send_due_rankings(office.worker) == 2
    with office.web.database.transaction() as session:
        open_scope(session, group.scope)
        found = weekly_ranking(session, group, root, before=MONDAY.date(), now=MONDAY)
    lines = {line.row.branch_id for line in (*found.ranked, *found.apart)}
    assert lines == {world.branches[name].unit_id for name in ("north1", "south1")}


def test_nobody_subscribes_to_what_is_not_theirs(
    office: Office, world: World, manager: Viewer, north: str
) -> None:
    south, network = code_of(office, "south"), manager.hierarchy.root
    assert network is not None
    with office.web.database.transaction() as session:
        for foreign in (south, network.code, "nowhere"):
            with pytest.raises(NotFound):
                save(session, manager, Wish("ranking", foreign, "zh"), office.clock.now)
        branch = viewer(office, world, "branch_manager")
        with pytest.raises(NotAllowed):
            save(session, branch, Wish("ranking", code_of(office, "north1"), "zh"), MONDAY)
        other = viewer(office, world, "owner_group_manager")
        mine = save(session, manager, Wish("ranking", north, "zh"), office.clock.now)
        assert mine.id is not None
        with pytest.raises(NotFound):
            forget(session, other, mine.id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ways": ()},
        {"ways": ("email", "email")},
        {"ways": ("letter",)},
        {"formats": ("exe",)},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../secret"},
        {"weeks": 0},
        {"weekday": 7},
        {"kind": "report", "formats": ()},
    ],
)
def test_what_cannot_be_done_is_refused(
    office: Office, manager: Viewer, north: str, wrong: dict[str, object]
) -> None:
    given: dict[str, object] = {"kind": "ranking", "unit": north, "language": "zh", **wrong}
    with office.web.database.transaction() as session, pytest.raises(BadSubscription):
        save(session, manager, Wish(**given), office.clock.now)  # type: ignore[arg-type]


def test_who_lost_the_region_gets_nothing_more(
    office: Office, world: World, manager: Viewer, north: str
) -> None:
    want(office, manager, Wish("ranking", north, "zh"))
    office.clock.now = MONDAY
    change = text("update access_grant set valid_to = :day where account_id = :account")
    who = {"account": world.accounts["regional_manager"]}
    with office.owner.transaction() as session:
        session.execute(change, {"day": MONDAY.date() - timedelta(days=1), **who})
    try:
        assert send_due_rankings(office.worker) == 0
        with office.web.database.transaction() as session:
            now = viewer(office, world, "regional_manager")
            assert list_mine(session, now, office.clock.now) == []  # nor is it named any more
    finally:
        with office.owner.transaction() as session:
            session.execute(change, {"day": None, **who})
    assert letters(office) == []


def test_the_letter_waits_for_its_pdf_and_goes_with_it(
    office: Office, manager: Viewer, north: str
) -> None:
    office.clock.now = MONDAY
    send_due_rankings(office.worker)
    row = text("select attachment, not_before, detail from outbox_message")
    with office.owner.transaction() as session:
        content, held, _ = session.execute(row).one()
    assert (content, held) == (None, MONDAY + timedelta(minutes=15))
    assert (attach_files(office.worker), attach_files(office.worker)) == (1, 0)
    with office.owner.transaction() as session:
        content, held, detail = session.execute(row).one()
    assert held is None
    assert detail["attachment"] == {"name": f"{north}_2026-W47_zh.pdf", "type": "application/pdf"}
    with pypdfium2.PdfDocument(io.BytesIO(office.worker.vault.unseal(bytes(content)))) as pdf:
        words = pdf[0].get_textpage().get_text_bounded()
    assert "每周排名" in words
    assert "nameqnorth1q" in words


class Postbox:
    """Keeps what it is handed."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        made = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.mails.append(made)
        return "250 OK"


def live(office: Office, **values: Any) -> Installation:
    """A worker that really sends."""
    settings = office.settings.with_changes(live_sending=True, **values)
    return replace(office.worker, settings=settings)


def only_mail(office: Office) -> EmailMessage:
    """Sends what waits through a real SMTP server; the one mail that came there."""
    postbox = Postbox()
    server = Controller(postbox, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        address = f"smtp://127.0.0.1:{server.port}"
        worker = live(office, smtp_url=address, mail_from="远山汽车 <reports@example.com>")
        assert send_letters(worker) == 1
        assert send_letters(worker) == 0
    finally:
        server.stop()
    (mail,) = postbox.mails
    assert mail["To"] == "regional_manager@demo.example"
    return mail


def test_the_mail_that_arrives_has_text_html_and_the_pdf(office: Office, north: str) -> None:
    office.clock.now = MONDAY
    send_due_rankings(office.worker)
    attach_files(office.worker)
    mail = only_mail(office)
    assert mail["Subject"].startswith("每周排名")
    html, plain = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert plain is not None
    for part in (html, plain):
        assert "nameqnorth2q" in part.get_content()
        assert "nameqsouth1q" not in part.get_content()
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == f"{north}_2026-W47_zh.pdf"
    assert attached.get_content_type() == "application/pdf"
    content = attached.get_content()
    assert isinstance(content, bytes)
    assert content.startswith(b"%PDF-")


def test_the_mail_of_a_regular_report_has_its_link_and_its_file(
    office: Office, manager: Viewer, north: str
) -> None:
    wish = Wish("report", north, "en", formats=("xlsx",), ways=("email", "wecom"))
    want(office, manager, wish)
    office.clock.now = MONDAY
    assert (order_due_reports(office.worker), order_due_reports(office.worker)) == (1, 0)
    while make_reports(office.worker):
        pass
    mail = only_mail(office)
    with office.web.database.transaction() as session:
        open_scope(session, manager.scope)
        (order,) = orders.list_orders(session, manager)
    assert order.scheduled
    assert mail["Subject"] == "Report nameqnorthq: 24 Aug 2026 – 22 Nov 2026"
    for kind in ("html", "plain"):
        part = mail.get_body((kind,))
        assert part is not None
        assert "Files made: 1." in part.get_content()
        assert f"/app/reports/order/{order.id}" in part.get_content()
    (attached,) = mail.iter_attachments()
    content = attached.get_content()
    assert isinstance(content, bytes)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert "xl/workbook.xml" in book.namelist()


def test_by_wecom_goes_the_first_thing_to_do_with_a_link_and_no_customers_words(
    office: Office, world: World, north: str
) -> None:
    chosen = text(
        "insert into notice_choice (account_id, ways, wecom_encrypted, updated_at) "
        "values (:account, '{}', :wecom, now())"
    )
    earlier = text("update access_grant set valid_from = '2026-11-01' where account_id = :account")
    whose = {"account": world.accounts["regional_manager"]}
    with office.owner.transaction() as session:
        session.execute(chosen, {"wecom": office.worker.vault.encrypt("zhang.wei"), **whose})
        session.execute(earlier, whose)
    office.clock.now = MONDAY - WEEK - timedelta(days=1)  # comments are of the week before
    manager = viewer(office, world, "regional_manager")
    want(office, manager, Wish("ranking", north, "en", ways=("email", "wecom"), formats=()))
    office.clock.now = MONDAY - WEEK
    assert send_due_rankings(office.worker) == 2
    with office.web.database.transaction() as session:
        open_scope(session, manager.scope)
        found = weekly_ranking(
            session, manager, manager.require_unit_code(north),
            before=office.clock.now.date(), now=office.clock.now,
        )  # fmt: skip
    stub = WecomStub()
    with served(stub.app()) as address:
        worker = live(office, wecom_base_url=address, **OPTIONS)
        assert (send_letters(worker), send_letters(worker)) == (2, 0)
    (said,) = stub.messages
    card = said["textcard"]
    assert said["touser"] == "zhang.wei"
    assert card["title"] == "Weekly ranking nameqnorthq: 9 Nov – 15 Nov"
    assert step_words(found.steps[0], "en") in card["description"]
    assert f"/app/league?unit={north}&from=" in card["url"]
    assert found.voices
    for one in found.voices:
        assert one.voice.text not in str(said)


def test_a_letter_whose_pdf_cannot_be_made_goes_without(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(html: str) -> bytes:
        raise RuntimeError(html[:1])

    monkeypatch.setattr(attaching, "_sheets", broken)
    office.clock.now = MONDAY
    send_due_rankings(office.worker)
    assert attach_files(office.worker) == 1
    with office.owner.transaction() as session:
        found = session.execute(
            text("select attachment, not_before, detail ? 'pdf_wanted' from outbox_message")
        )
        assert tuple(found.one()) == (None, None, False)


def test_who_asks_gets_it_at_once_and_once_a_minute(
    office: Office, world: World, manager: Viewer, north: str
) -> None:
    with office.web.database.transaction() as session:
        open_scope(session, manager.scope)
        node = subject_of(manager, "ranking", north)
        for _ in range(2):
            send_to_me(session, office.web, manager, node, "en")
    assert len(letters(office)) == 1
    boss = viewer(office, world, "hq_admin")
    with office.web.database.transaction() as session, pytest.raises(NoAddress):
        send_to_me(session, office.web, boss, node, "en")


def test_over_http_each_has_the_own_ones(office: Office, world: World, north: str) -> None:
    app = create_api(office.web)

    def client(role: str) -> TestClient:
        http = TestClient(app, headers=ORIGIN)
        http.cookies.set(SESSION_COOKIE, log_in_as(office, role))
        return http

    mine, other = client("regional_manager"), client("owner_group_manager")
    (usual,) = mine.get("/api/v1/subscriptions").json()
    assert (usual["id"], usual["unit"], usual["at"]) == (None, north, "08:00:00")
    assert usual["next_at"] == "2026-11-23T08:00:00+08:00"
    body = {"kind": "ranking", "unit": north, "language": "zh", "at": "07:30", "weekday": 4}
    saved = mine.put("/api/v1/subscriptions", json=body)
    assert saved.status_code == 200
    assert saved.json()["next_at"] == "2026-11-20T07:30:00+08:00"
    assert [one["id"] for one in mine.get("/api/v1/subscriptions").json()] == [saved.json()["id"]]
    assert other.get("/api/v1/subscriptions").json() == []
    address = f"/api/v1/subscriptions/{saved.json()['id']}"
    assert other.delete(address).status_code == 404
    assert mine.delete(address).status_code == 204
    sent = mine.post(f"/api/v1/reports/weekly/{north}/send", json={"language": "en"})
    assert sent.status_code == 202
    assert len(letters(office)) == 1
