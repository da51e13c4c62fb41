"""Who is told of what, by which ways and when: from the occasion to the letter that leaves."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from asking import change, one, rows, shanghai
from conftest import NOW, Office
from isolation import lasting_office
from served import free_port, served
from two_regions import World, log_in_as, make_two_regions
from web import TestClient, visitor
from wecom_stub import OPTIONS, WecomStub

from api.access import service as access
from api.access.service import LoginNames
from api.boundary.visits import SESSION_COOKIE
from api.core.database import Database
from api.core.installation import Installation
from api.core.settings import Settings
from api.models import Absence, OutboxMessage
from api.notices.people import deputy_of, holders
from api.notices.spreading import spread_notices
from api.notices.telling import Telling, tell
from scheduler.jobs.letters import send_letters
from scheduler.jobs.telling import KEPT, forget_old_notices
from scheduler.senders.recorder import Only, Recorder

ORIGIN = {"origin": "http://testserver"}
TABLES = ("notice", "notice_choice", "absence", "outbox_message")


@pytest.fixture(scope="module")
def lasting(playground: Database, migrated: Settings) -> Iterator[tuple[Office, World]]:
    with lasting_office(playground, migrated) as office:
        yield office, make_two_regions(office)


@pytest.fixture
def office(lasting: tuple[Office, World]) -> Office:
    """The same small network for all, where nobody was told of anything, at noon."""
    found, _ = lasting
    for table in TABLES:
        change(found.worker, f"delete from {table}")
    found.clock.now = NOW
    return found


@pytest.fixture
def world(lasting: tuple[Office, World]) -> World:
    return lasting[1]


def branch_of(world: World, name: str = "north1") -> int:
    return world.branches[name].unit_id


def told(office: Office, key: str = "one", **values: Any) -> tuple[UUID, ...]:
    given = {"kind": "ticket", **values}
    with office.worker.database.transaction() as session:
        return tell(session, Telling(dedupe_key=key, **given), office.clock())


def client_of(office: Office, role: str) -> TestClient:
    client = visitor(office.web)
    client.cookies.set(SESSION_COOKIE, log_in_as(office, role))
    client.headers.update(ORIGIN)
    return client


def letters(office: Office) -> list[Any]:
    return rows(office.worker, "select * from outbox_message order by created_at, channel")


# Who.


def test_a_role_is_told_at_the_branch_else_above_it(office: Office, world: World) -> None:
    with office.worker.database.transaction() as session:
        north1, north2 = branch_of(world), branch_of(world, "north2")
        manager = world.accounts["branch_manager"]
        assert manager in holders(session, "branch_manager", north1, NOW)
        assert manager not in holders(session, "branch_manager", north2, NOW)
        assert holders(session, "regional_manager", north2, NOW) == (
            world.accounts["regional_manager"],
        )
        # nobody manages a region in the south: headquarters does
        south = branch_of(world, "south1")
        assert holders(session, "regional_manager", south, NOW) == (world.accounts["hq_admin"],)


def test_an_occasion_is_told_once_to_each(office: Office, world: World) -> None:
    manager = world.accounts["branch_manager"]
    assert told(office, accounts=(manager, manager)) == (manager,)
    assert told(office, accounts=(manager,)) == ()
    assert told(office, "another", accounts=(manager,)) == (manager,)


def test_what_has_no_words_cannot_be_told(office: Office, world: World) -> None:
    with pytest.raises(ValueError, match="no kind"):
        told(office, kind="gossip", accounts=(world.accounts["branch_manager"],))


def test_who_stands_in_is_told_too_and_is_found(office: Office, world: World) -> None:
    manager, deputy = world.accounts["branch_manager"], world.accounts["branch_staff"]
    client = client_of(office, "branch_manager")
    offered = {one["id"] for one in client.get("/api/v1/absences/deputies").json()}
    assert str(deputy) in offered
    assert str(world.branches["south1"].account) not in offered
    wish = {
        "from_at": (NOW - timedelta(hours=1)).isoformat(),
        "until_at": (NOW + timedelta(days=7)).isoformat(),
        "deputy": str(deputy),
    }
    made = client.post("/api/v1/absences", json=wish)
    assert made.status_code == 201
    assert set(told(office, accounts=(manager,))) == {manager, deputy}
    with office.worker.database.transaction() as session:
        assert deputy_of(session, manager, NOW) == deputy
        assert deputy_of(session, manager, NOW + timedelta(days=7)) is None
    assert client.delete(f"/api/v1/absences/{made.json()['id']}").status_code == 204
    assert told(office, "another", accounts=(manager,)) == (manager,)
    assert client.delete(f"/api/v1/absences/{made.json()['id']}").status_code == 404


def test_where_everybody_is_away_the_next_above_is_told(office: Office, world: World) -> None:
    north1, north2 = branch_of(world), branch_of(world, "north2")
    manager = world.accounts["branch_manager"]
    owners, region = world.accounts["owner_group_manager"], world.accounts["regional_manager"]
    away(office, manager)
    assert region not in told(office, role="branch_manager", branch_id=north1)
    away(office, owners)
    everybody = told(office, "two", role="branch_manager", branch_id=north1)
    assert set(everybody) == {manager, owners, region}
    alone = world.branches["north2"].account
    away(office, alone)
    assert set(told(office, "three", accounts=(alone,), branch_id=north2)) == {alone, region}


def away(office: Office, account: UUID) -> None:
    with office.worker.database.transaction() as session:
        until = NOW + timedelta(days=1)
        session.add(Absence(account_id=account, from_at=NOW, until_at=until, created_at=NOW))


def test_nobody_foreign_stands_in_and_nobody_enters_a_strangers_absence(
    office: Office, world: World
) -> None:
    client = client_of(office, "branch_manager")
    span = {"from_at": NOW.isoformat(), "until_at": (NOW + timedelta(days=1)).isoformat()}
    stranger = str(world.branches["south1"].account)
    assert client.post("/api/v1/absences", json={**span, "deputy": stranger}).status_code == 404
    other = client.post("/api/v1/absences", json={**span, "account": stranger})
    assert other.status_code == 403
    backwards = {"from_at": span["until_at"], "until_at": span["from_at"]}
    assert client.post("/api/v1/absences", json=backwards).status_code == 422
    head = client_of(office, "hq_admin")
    assert head.post("/api/v1/absences", json={**span, "account": stranger}).status_code == 201


# The bell.


def test_the_bell_counts_lists_and_forgets_what_was_read(office: Office, world: World) -> None:
    manager = world.accounts["branch_manager"]
    for number in range(3):
        office.clock.now += timedelta(minutes=1)
        told(office, str(number), accounts=(manager,), branch_id=branch_of(world))
    client = client_of(office, "branch_manager")
    assert client.get("/api/v1/notices/unread").json() == {"count": 3}
    first = client.get("/api/v1/notices", params={"limit": 2}).json()
    rest = client.get("/api/v1/notices", params={"cursor": first["next"]}).json()
    found = [*first["items"], *rest["items"]]
    assert [one["created_at"] for one in found] == sorted(
        (one["created_at"] for one in found), reverse=True
    )
    assert len(found) == 3
    assert "A customer waits for you" in found[0]["words"] or "客户" in found[0]["words"]
    done = client.post("/api/v1/notices/read", json={"notices": [found[0]["id"]]})
    assert done.json() == {"count": 1}
    assert client.get("/api/v1/notices/unread").json() == {"count": 2}
    assert client.post("/api/v1/notices/read", json={}).json() == {"count": 2}
    unread = client.get("/api/v1/notices", params={"unread": True})
    assert unread.json()["items"] == []


def test_a_notice_about_a_branch_out_of_sight_is_not_shown(office: Office, world: World) -> None:
    manager = world.accounts["branch_manager"]
    told(office, accounts=(manager,), branch_id=branch_of(world, "south1"))
    client = client_of(office, "branch_manager")
    assert client.get("/api/v1/notices/unread").json() == {"count": 0}
    assert client.get("/api/v1/notices").json()["items"] == []


def test_nobody_reads_anybody_elses_notices(office: Office, world: World) -> None:
    told(office, accounts=(world.accounts["branch_manager"],))
    other = client_of(office, "branch_staff")
    assert other.get("/api/v1/notices").json()["items"] == []
    notice = one(office.worker, "select id from notice").id
    assert other.post("/api/v1/notices/read", json={"notices": [str(notice)]}).json() == {
        "count": 0
    }


# The other ways.


def with_addresses(office: Office, world: World, name: str) -> UUID:
    """A colleague with a mail box and a telephone at the first branch."""
    with office.worker.database.transaction() as session:
        names = LoginNames(email=f"{name}@example.com", phone=f"+86199000{len(name):05}")
        made = access.create_account(session, office.worker.vault, names, name=name, now=NOW)
        access.grant(session, made, "branch_manager", unit_id=branch_of(world), now=NOW)
    change(office.worker, "update account set status = 'active' where id = :id", id=made)
    return made


def chosen(office: Office, account: UUID, **values: Any) -> None:
    wecom = values.pop("wecom", None)
    given = {"id": account, "ways": "{}", "from": None, "until": None, **values}
    given["wecom"] = None if wecom is None else office.worker.vault.encrypt(wecom)
    change(
        office.worker,
        "insert into notice_choice (account_id, ways, quiet_from, quiet_until, wecom_encrypted, "
        "updated_at) values (:id, cast(:ways as jsonb), :from, :until, :wecom, now())",
        **given,
    )


def test_who_did_not_choose_gets_a_mail_with_nothing_personal(office: Office, world: World) -> None:
    account = with_addresses(office, world, "a1")
    told(office, accounts=(account,), branch_id=branch_of(world), detail={"name": "Chen Wei"})
    assert spread_notices(office.worker) == 1
    assert spread_notices(office.worker) == 0
    (letter,) = letters(office)
    assert (letter.channel, letter.kind) == ("email", "notice")
    vault = office.worker.vault
    assert vault.decrypt(bytes(letter.recipient_encrypted)) == "a1@example.com"
    text = vault.decrypt(bytes(letter.body_text_encrypted))
    assert "Chen" not in text + str(letter.detail)
    assert "nameqnorth1q" in text
    assert one(office.worker, "select told from notice").told == ["email"]


def test_each_is_told_by_the_ways_they_chose(office: Office, world: World) -> None:
    account = with_addresses(office, world, "a22")
    chosen(office, account, ways='{"ticket": ["sms", "wecom"], "digest": []}', wecom="zhang.wei")
    told(office, accounts=(account,))
    told(office, "digest", kind="digest", accounts=(account,))
    spread_notices(office.worker)
    assert [letter.channel for letter in letters(office)] == ["sms", "wecom"]
    found = rows(office.worker, "select told from notice order by dedupe_key desc")
    assert sorted(map(sorted, (row.told for row in found))) == [[], ["sms", "wecom"]]


def test_in_quiet_hours_nothing_leaves_and_afterwards_one_letter_tells_all(
    office: Office, world: World
) -> None:
    account = with_addresses(office, world, "a333")
    office.clock.now = shanghai(18, 23)
    for number in range(3):
        told(office, str(number), accounts=(account,))
        spread_notices(office.worker)
    assert letters(office) == []
    office.clock.now = shanghai(19, 8) - timedelta(seconds=1)
    assert spread_notices(office.worker) == 0
    office.clock.now += timedelta(seconds=1)
    assert spread_notices(office.worker) == 3
    (letter,) = letters(office)
    assert letter.subject in ("3 notices", "3 条通知")


def test_what_was_read_meanwhile_is_not_told_again(office: Office, world: World) -> None:
    account = with_addresses(office, world, "a4444")
    office.clock.now = shanghai(18, 23)
    told(office, accounts=(account,))
    spread_notices(office.worker)
    change(office.worker, "update notice set read_at = now()")
    office.clock.now = shanghai(19, 9)
    spread_notices(office.worker)
    assert letters(office) == []


def test_who_left_is_told_nothing_more(office: Office, world: World) -> None:
    account = with_addresses(office, world, "a55555")
    told(office, accounts=(account,))
    change(office.worker, "update account set status = 'deactivated' where id = :id", id=account)
    assert spread_notices(office.worker) == 1
    assert letters(office) == []


def test_a_person_chooses_over_http_and_what_makes_no_sense_is_refused(office: Office) -> None:
    client = client_of(office, "branch_manager")
    usual = client.get("/api/v1/notices/choices").json()
    assert usual["ways"]["ticket"] == ["email", "wecom"]
    wish = {
        "ways": {"ticket": ["wecom"]},
        "quiet_from": "22:00:00",
        "quiet_until": "07:30:00",
        "timezone": "Asia/Shanghai",
        "wecom": "robot:0000000000000000",
    }
    said = client.put("/api/v1/notices/choices", json=wish).json()
    assert {**said, "ways": wish["ways"]} == wish
    assert said["ways"]["digest"] == usual["ways"]["digest"]
    assert client.get("/api/v1/notices/choices").json() == said
    for wrong in (
        {"ways": {"gossip": ["email"]}},
        {"ways": {"ticket": ["pigeon"]}},
        {"quiet_from": "22:00"},
        {"quiet_from": "22:00", "quiet_until": "22:00"},
        {"timezone": "Nowhere"},
        {"wecom": "robot:short"},
        {"wecom": "not a member"},
    ):
        assert client.put("/api/v1/notices/choices", json=wrong).status_code == 422, wrong
    assert client.get("/api/v1/notices/choices").json() == said


def test_old_notices_are_forgotten(office: Office, world: World) -> None:
    told(office, accounts=(world.accounts["branch_manager"],))
    office.clock.now += KEPT
    assert forget_old_notices(office.worker) == 0
    office.clock.now += timedelta(seconds=1)
    assert forget_old_notices(office.worker) == 1


# Letters leave by their channel.


def test_an_sms_is_told_to_the_gateway_by_its_approved_template(
    office: Office, world: World
) -> None:
    account = with_addresses(office, world, "a7777777")
    chosen(office, account, ways='{"ticket": ["sms"]}')
    told(office, accounts=(account,), branch_id=branch_of(world))
    settings = office.settings.with_changes(notice_template="SMS_7", notice_signature="Brand")
    house = Installation(settings, office.worker.database, office.worker.vault, office.clock)
    spread_notices(house)
    recorder = Recorder()
    assert send_letters(house, senders=Only(recorder)) == 1
    (message,) = recorder.sent
    template = message.providers["recorder"]
    assert (message.channel, template.template_id, template.signature) == ("sms", "SMS_7", "Brand")
    assert dict(zip(template.names, template.values, strict=True)) == message.parameters
    assert set(message.parameters) == {"notice", "count"}


class MailBox:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        made = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.received.append(made)
        return "250 OK"


def test_a_notice_arrives_by_mail_and_by_wecom_with_a_link(office: Office, world: World) -> None:
    account = with_addresses(office, world, "a666666")
    chosen(office, account, wecom="zhang.wei")
    told(office, accounts=(account,), branch_id=branch_of(world))
    box, stub = MailBox(), WecomStub()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        with served(stub.app()) as base:
            settings = office.settings.with_changes(
                live_sending=True,
                smtp_url=f"smtp://127.0.0.1:{controller.port}",
                mail_from="ask@example.com",
                wecom_base_url=base,
                **OPTIONS,
            )
            live = Installation(settings, office.worker.database, office.worker.vault, office.clock)
            spread_notices(live)
            assert send_letters(live) == 2
    finally:
        controller.stop()
    (mail,) = box.received
    (card,) = stub.messages
    link = f"{office.settings.public_url}/app/notices"
    assert mail["To"] == "a666666@example.com"
    body = mail.get_body(("html",))
    assert body is not None
    assert link in body.get_content()
    assert card["textcard"]["url"] == link
    assert {letter.status for letter in letters(office)} == {"sent"}


def test_a_letter_carries_its_file_and_waits_for_its_moment(office: Office) -> None:
    vault, content = office.worker.vault, bytes(range(256)) * 40
    with office.worker.database.transaction() as session:
        session.add(
            OutboxMessage(
                kind="ranking",
                dedupe_key="file",
                recipient_encrypted=vault.encrypt("region@example.com"),
                subject="排名",
                body_text_encrypted=vault.encrypt("text"),
                body_html_encrypted=vault.encrypt("<p>text</p>"),
                attachment=vault.seal(content),
                created_at=NOW,
                not_before=NOW + timedelta(hours=1),
                detail={"attachment": {"name": "华东 2026-11.pdf", "type": "application/pdf"}},
            )
        )
    box = MailBox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        settings = office.settings.with_changes(
            live_sending=True,
            smtp_url=f"smtp://127.0.0.1:{controller.port}",
            mail_from="ask@example.com",
        )
        live = Installation(settings, office.worker.database, office.worker.vault, office.clock)
        assert send_letters(live) == 0
        office.clock.now += timedelta(hours=1)
        assert send_letters(live) == 1
    finally:
        controller.stop()
    (mail,) = box.received
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "华东 2026-11.pdf"
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content() == content
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert content not in b"".join(bytes(row.attachment) for row in letters(office))
