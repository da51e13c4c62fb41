"""Messages to the network's own system: signed, told once, tried again, dead, sent again."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from asking import change, one
from conftest import NOW, Office, Timepiece
from delivery_rows import delivery_of
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from isolation import lasting_office
from served import free_port, served
from sqlalchemy import text
from two_regions import World, log_in_as, make_two_regions
from web import visitor

from api.boundary.visits import SESSION_COOKIE
from api.core.database import Database
from api.core.installation import Installation
from api.core.settings import Settings
from api.notices.outgoing import Outgoing, enqueue
from scheduler.jobs.webhooks_out import (
    ATTEMPTS,
    KEPT_SENT,
    LEASE,
    UNHEARD,
    keep_up_messages,
    post_messages,
    rest_after,
)
from scheduler.senders.port import NotNow, Unresolved
from scheduler.senders.webhook_out import WebhookOut, may_be_called

SECRET = "a secret that both sides know, long enough"


@dataclass
class TicketSystem:
    """The other side: checks the signature, keeps what it took by id."""

    status: int = 200
    elsewhere: str | None = None
    seen: list[UUID] = field(default_factory=list)
    taken: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    stamps: list[str] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()
        app.add_api_route("/hook", self._take, methods=["POST"])
        return app

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        stamp = request.headers["x-branchpulse-timestamp"]
        signed = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
        assert hmac.compare_digest(
            request.headers["x-branchpulse-signature"].rpartition("=")[2], signed.hexdigest()
        )
        delivery = UUID(request.headers["x-branchpulse-delivery"])
        self.seen.append(delivery)
        self.stamps.append(stamp)
        if self.elsewhere is not None:
            return RedirectResponse(self.elsewhere, 307)
        if self.status == 200:
            self.taken[delivery] = json.loads(body)
        return Response(status_code=self.status)


@pytest.fixture
def other_side() -> TicketSystem:
    return TicketSystem()


@pytest.fixture(scope="module")
def lasting(playground: Database, migrated: Settings) -> Iterator[tuple[Office, World]]:
    with lasting_office(playground, migrated) as office:
        yield office, make_two_regions(office)


@pytest.fixture
def office(lasting: tuple[Office, World]) -> Office:
    """The same small network for all, without messages and at the same moment."""
    found, _ = lasting
    change(found.worker, "delete from webhook_delivery where status <> 'dead' or attempts = 15")
    found.clock.now = NOW
    return found


@pytest.fixture
def branch(lasting: tuple[Office, World]) -> int:
    return lasting[1].branches["north1"].unit_id


@pytest.fixture
def live(office: Office, other_side: TicketSystem) -> Iterator[Installation]:
    with served(other_side.app()) as base:
        yield installed(office, f"{base}/hook")


def installed(office: Office, url: str, **values: object) -> Installation:
    settings = office.settings.with_changes(
        live_sending=True, webhook_url=url, webhook_secret=SECRET, **values
    )
    return Installation(settings, office.worker.database, office.worker.vault, office.clock)


def put(office: Office, branch: int, key: str = "one") -> bool:
    with office.worker.database.transaction() as session:
        told = Outgoing("ticket.opened", key, branch, {"ticket": 7, "state": "new"})
        return enqueue(session, told, office.clock())


def state(office: Office) -> tuple[str, str | None, int]:
    row = one(
        office.worker,
        "select status, failure, attempts from webhook_delivery where dedupe_key = 'one'",
    )
    return row.status, row.failure, row.attempts


def test_what_happened_is_told_once_signed_with_its_id(
    office: Office, live: Installation, other_side: TicketSystem, branch: int
) -> None:
    assert [put(office, branch), put(office, branch)] == [True, False]
    assert [post_messages(live), post_messages(live)] == [1, 0]
    ((delivery, said),) = other_side.taken.items()
    assert said["id"] == str(delivery)
    assert said["data"] == {"ticket": 7, "state": "new"}
    assert (said["event"], said["created_at"]) == ("ticket.opened", "2026-11-18T04:00:00Z")
    assert state(office) == ("sent", None, 1)


def test_a_message_is_tried_again_later_and_later_under_one_id_with_a_fresh_moment(
    office: Office, live: Installation, other_side: TicketSystem, branch: int
) -> None:
    other_side.status = 503
    put(office, branch)
    for attempt in range(1, ATTEMPTS):
        assert post_messages(live) == 1
        assert state(office) == ("waiting", "http_503", attempt)
        office.clock.now += rest_after(attempt) - timedelta(seconds=1)
        assert post_messages(live) == 0
        office.clock.now += timedelta(seconds=1)
    post_messages(live)
    assert state(office) == ("dead", "http_503", ATTEMPTS)
    assert timedelta(hours=20) < office.clock.now - NOW < timedelta(hours=28)
    assert len(set(other_side.seen)) == 1
    assert len(set(other_side.stamps)) == ATTEMPTS


def test_nobody_follows_a_redirect(
    office: Office, live: Installation, other_side: TicketSystem, branch: int
) -> None:
    other_side.elsewhere = "http://127.0.0.1:1/secret"
    put(office, branch)
    post_messages(live)
    assert state(office) == ("waiting", "redirected", 1)
    assert len(other_side.seen) == 1


def test_one_message_that_fails_never_stops_the_others(
    office: Office, live: Installation, branch: int
) -> None:
    for key in ("one", "two", "three"):
        put(office, branch, key)
    tried: list[UUID] = []

    def post(delivery: UUID, event: str, body: bytes) -> None:
        tried.append(delivery)
        raise [NotNow("no_connection"), Unresolved("no_answer"), ZeroDivisionError][len(tried) - 1]

    assert post_messages(live, post=post) == 3
    with office.worker.database.transaction() as session:
        found = session.execute(
            text("select failure from webhook_delivery where status = 'waiting' order by id")
        )
        assert [row[0] for row in found] == ["no_connection", "no_answer", "sender_failed"]


def test_what_a_dead_worker_had_claimed_is_posted_again(
    office: Office, live: Installation, other_side: TicketSystem, branch: int
) -> None:
    put(office, branch)
    change(
        office.worker,
        "update webhook_delivery set status = 'claimed', attempts = 1, claimed_at = :at "
        "where dedupe_key = 'one'",
        at=NOW,
    )
    office.clock.now += LEASE
    assert post_messages(live) == 0
    office.clock.now += timedelta(seconds=1)
    keep_up_messages(live)
    post_messages(live)
    assert state(office) == ("sent", None, 2)
    assert len(other_side.taken) == 1


def test_where_nobody_listens_nothing_is_posted_and_nothing_piles_up(
    office: Office, branch: int
) -> None:
    put(office, branch)
    assert post_messages(office.worker) == 0
    office.clock.now += UNHEARD
    keep_up_messages(office.worker)
    assert state(office)[0] == "waiting"
    office.clock.now += timedelta(seconds=1)
    assert keep_up_messages(office.worker) == 1


def test_what_was_sent_is_forgotten_after_a_month(
    office: Office, live: Installation, branch: int
) -> None:
    put(office, branch)
    post_messages(live)
    office.clock.now += KEPT_SENT + timedelta(seconds=1)
    assert keep_up_messages(live) == 1


def test_headquarters_sees_dead_messages_and_sends_one_again(
    lasting: tuple[Office, World], office: Office, branch: int
) -> None:
    client = visitor(office.web)
    client.cookies.set(SESSION_COOKIE, log_in_as(office, "hq_admin"))
    listed = client.get("/api/v1/webhook-deliveries").json()["items"]
    assert {one["attempts"] for one in listed} == {12}
    assert len(listed) == 4
    dead = delivery_of(branch)
    headers = {"origin": "http://testserver"}
    address = f"/api/v1/webhook-deliveries/{dead}/resend"
    assert client.post(address, headers=headers).status_code == 202
    assert client.post(address, headers=headers).status_code == 409
    row = one(office.worker, f"select status, attempts from webhook_delivery where id = '{dead}'")
    assert (row.status, row.attempts) == ("waiting", 0)
    assert len(client.get("/api/v1/webhook-deliveries").json()["items"]) == 3


@pytest.mark.parametrize("role", ["regional_manager", "branch_manager", "hq_analyst"])
def test_who_does_not_manage_the_loop_sees_none(
    lasting: tuple[Office, World], office: Office, role: str
) -> None:
    client = visitor(office.web)
    client.cookies.set(SESSION_COOKIE, log_in_as(office, role))
    assert client.get("/api/v1/webhook-deliveries").status_code == 403


# Where a message may go.

PUBLIC, OWN = ("8.8.8.8", "2001:4860:4860::8888"), ("10.1.2.3", "192.168.1.1", "fd00::1")
NEVER = ("127.0.0.1", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1")
NEVER += ("::ffff:127.0.0.1", "::ffff:169.254.169.254")


@pytest.mark.parametrize("address", NEVER)
def test_the_own_machine_and_a_clouds_metadata_are_never_called(address: str) -> None:
    assert not may_be_called(address, internal=False)
    assert not may_be_called(address, internal=True)


@pytest.mark.parametrize("address", OWN)
def test_the_own_network_is_called_only_where_the_settings_say_so(address: str) -> None:
    assert not may_be_called(address, internal=False)
    assert may_be_called(address, internal=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address: str) -> None:
    assert may_be_called(address, internal=False)


def test_a_name_that_leads_inside_by_one_of_its_addresses_is_not_called(
    migrated: Settings, clock: Timepiece
) -> None:
    settings = migrated.with_changes(
        webhook_url="https://tickets.example.com/hook", webhook_secret=SECRET
    )
    way = WebhookOut(settings, clock, look=lambda host, port: ["8.8.8.8", "10.0.0.5"])
    with pytest.raises(NotNow, match="forbidden_address"):
        way.post(UUID(int=1), "ticket.opened", b"{}")


def test_without_a_connection_it_is_tried_again(office: Office, branch: int) -> None:
    put(office, branch)
    post_messages(installed(office, f"http://127.0.0.1:{free_port()}/hook"))
    assert state(office) == ("waiting", "no_connection", 1)
