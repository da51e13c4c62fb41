"""Calls through the relay: signed, at once or never, and no number stays behind."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar
from uuid import UUID

import pytest
from conftest import NOW, Office
from sqlalchemy import text
from ticketed import Shop, make_shop

from api.core.installation import Installation
from api.core.settings import Settings
from api.tickets import service
from api.tickets.opening import Opening
from api.webhooks.contactless import SIGNATURE, TIMESTAMP, signature
from scheduler.jobs.letters import send_letters
from scheduler.jobs.relay import LATEST, place_calls

SECRET = "r" * 32


class Gateway(BaseHTTPRequestHandler):
    """Takes calls and keeps what it was told."""

    calls: ClassVar[list[dict[str, str]]] = []
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        """Answers one call."""
        body = self.rfile.read(int(self.headers["content-length"]))
        signed = signature(SECRET, self.headers[TIMESTAMP], body)
        assert signed == self.headers[SIGNATURE]
        Gateway.calls.append({**json.loads(body), "path": self.path})
        self.send_response(Gateway.status)
        self.end_headers()
        self.wfile.write(b'{"call_id": "c1", "code": "busy"}')

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def gateway() -> Iterator[str]:
    Gateway.calls, Gateway.status = [], 200
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(office: Office) -> Shop:
    return make_shop(office)


def dialled(shop: Shop) -> None:
    """A manager asks for a call about a new ticket."""
    _, response = shop.answered()
    shop.opened(Opening(shop.branch, "answer", 1, 3, response_id=response))
    vault = shop.office.web.vault
    with shop.office.owner.connection() as connection:
        number = connection.execute(text("select max(number) from ticket")).scalar_one()
    with shop.at_work("manager") as (session, viewer):
        found = service.require_ticket(session, viewer, number, vault, now=NOW)
        contact: UUID = found.contacts[0].id
        service.dial(session, viewer, number, contact, version=1, vault=vault, now=NOW)


def live(shop: Shop, base: str | None) -> Installation:
    """The worker, sending live to a relay."""
    worker = shop.office.worker
    given = {} if base is None else {"relay_base_url": base, "relay_secret": SECRET}
    settings = Settings(
        _env_file=None,
        home=worker.settings.home,
        live_sending=True,
        **given,  # type: ignore[arg-type]
    )
    return Installation(settings, worker.database, worker.vault, shop.office.clock)


def left(shop: Shop) -> tuple[object, ...]:
    with shop.office.owner.connection() as connection:
        statement = (
            "select status, failure, length(recipient_encrypted) + length(body_text_encrypted) "
            "from outbox_message where channel = 'relay'"
        )
        return tuple(connection.execute(text(statement)).one())


def noted(shop: Shop) -> list[object]:
    with shop.office.owner.connection() as connection:
        statement = "select detail->>'why' from ticket_step where kind = 'not_dialled'"
        return list(connection.execute(text(statement)).scalars())


def test_both_sides_are_handed_over_and_forgotten(shop: Shop, gateway: str) -> None:
    dialled(shop)
    installation = live(shop, gateway)
    assert send_letters(installation) == 0, "it is no letter"
    assert place_calls(installation) == 1
    (call,) = Gateway.calls
    assert (call["path"], call["caller"], call["callee"]) == (
        "/calls", "+8619900001001", "+8619900000001",
    )  # fmt: skip
    assert left(shop) == ("sent", None, 0)
    assert place_calls(installation) == 0
    assert noted(shop) == []


def test_a_call_that_could_not_be_made_now_is_not_made_later(shop: Shop, gateway: str) -> None:
    dialled(shop)
    Gateway.status = 429
    assert place_calls(live(shop, gateway)) == 1
    assert left(shop) == ("failed", "busy", 0)
    assert noted(shop) == ["busy"]


def test_a_call_of_long_ago_rings_nobody(shop: Shop, gateway: str) -> None:
    dialled(shop)
    shop.office.clock.now = NOW + LATEST + timedelta(seconds=1)
    assert place_calls(live(shop, gateway)) == 1
    assert (Gateway.calls, left(shop)) == ([], ("failed", "too_late", 0))


def test_without_a_relay_nobody_thinks_that_somebody_was_called(shop: Shop) -> None:
    dialled(shop)
    assert place_calls(live(shop, None)) == 1
    assert left(shop) == ("failed", "no_relay", 0)
    assert noted(shop) == ["no_relay"]
