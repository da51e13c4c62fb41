"""A whole run of real processes, errors included, leaves nothing personal in any log.

Web, worker and database run as they do in production; everything that they write is searched for
what went in: numbers, addresses, openids, names, comments, links.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from asking import make_network
from integration.customers_office import said
from sqlalchemy import text

from api.access.service import create_token
from api.core.bench import environment_for, free_port, temporary_installation
from api.core.installation import Installation
from api.core.migrate import ROOT
from api.core.settings import Settings

PHONE = "19900001234"
OPENID = "oLOGS1234567890abcdefghijklm"
EMAIL = "secret.person@example.com"
NAME = "王小明"
COMMENT = "空调一直坏PLANTED着没人管"
VEHICLE = "LSVAA4187E2184847"
PATIENCE = 60.0
# Raises with the whole row in its message, as triggers and constraints of a database may.
BOOM = """
create function boom() returns trigger language plpgsql as $$ begin
raise exception 'row % of %', new.employee, new.attributes using detail = new.employee; end $$;
create trigger boom before insert on event for each row when (new.external_id = 'boom')
execute function boom();
alter table event add constraint never check (external_id <> 'never')
"""


@dataclass
class Run:
    """A running installation and what it writes."""

    settings: Settings
    address: str
    token: str
    folder: Path

    def written(self) -> str:
        """Everything that any process wrote to a log so far."""
        files = [*self.folder.glob("*.log"), *self.settings.home.glob("postgres.log*")]
        return "\n".join(file.read_text("utf-8", "replace") for file in files)

    def messages(self) -> str:
        """What the console sender kept for the customer (made-up data only)."""
        files = (self.settings.home / "console").glob("*.txt")
        return "\n".join(file.read_text("utf-8") for file in files)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Web and worker processes on an embedded database of their own, with made-up data."""
    folder = tmp_path_factory.mktemp("logs")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    changes = {"demo_data": True, "port": port, "public_url": address}
    with temporary_installation(**changes) as settings, ExitStack() as stack:
        token = prepared(settings)
        for command in (["serve", "--access-log"], ["work"]):
            stack.enter_context(process(command, settings, folder))
        wait_for(lambda: answers(address), "the web process answers")
        yield Run(settings, address, token, folder)


def prepared(settings: Settings) -> str:
    """A network, and a token that may send events to it."""
    house = Installation.open(settings, "worker")
    try:
        make_network(house.database)
        with house.database.transaction() as session:
            token = create_token(session, "DMS", ["events:write"], None, now=house.clock())
    finally:
        house.close()
    owner = Installation.open(
        settings.with_changes(worker_database_url=settings.admin_database_url), "worker"
    )
    with owner.database.connection() as connection:
        connection.execute(text(BOOM))
    owner.close()
    return token


@contextmanager
def process(command: list[str], settings: Settings, folder: Path) -> Iterator[None]:
    with (folder / f"{command[0]}.log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "branchpulse.py", *command],
            cwd=ROOT,
            env=environment_for(settings),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            running.terminate()
            running.wait(20)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def wait_for(true: object, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if true():  # type: ignore[operator]
            return
        time.sleep(0.2)
    raise AssertionError(f"waited in vain: {what}")


def daytime_zone() -> str:
    """A zone in which it is about noon, so that quiet hours never hold a message back."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


class Form(HTMLParser):
    """The fields of a page's first form, filled in."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.action = self.action or given.get("action", "")
        elif tag == "textarea":
            self.fields[name] = COMMENT
        elif tag == "input" and name and given.get("type") in ("hidden", "radio", "checkbox"):
            self.fields.setdefault(name, given.get("value", ""))


def answer_survey(client: httpx.Client, link: str) -> None:
    """Opens the link and fills in page after page."""
    page = client.get(link)
    for _ in range(8):
        form = Form()
        form.feed(page.text)
        if not form.fields:
            return
        address = page.url.join(form.action)
        page = client.post(address, data={**form.fields, "go": "next"}, follow_redirects=True)


def test_a_whole_run_leaves_nothing_personal_in_any_log(run: Run) -> None:
    happened = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    customer = {
        "id": "KD-1",
        "phone": PHONE,
        "openid": OPENID,
        "email": EMAIL,
        "name": NAME,
        "birth_year": 1975,
        "timezone": daytime_zone(),
        "consent": [{"wording_version": "1", "given_at": "2026-01-01T00:00:00Z"}],
    }
    event = said(1, touchpoint="service", occurred_at=happened, customer=customer, vehicle=VEHICLE)
    headers = {"authorization": f"Bearer {run.token}"}
    with httpx.Client(base_url=run.address, headers=headers, timeout=30, trust_env=False) as client:
        assert client.post("/api/v1/events", json=event).status_code == 200
        assert client.post("/api/v1/events", json=event).json()["unchanged"] == 1
        break_things(client, event)
        wait_for(lambda: "/s/" in run.messages(), "the invitation was sent")
        [link] = set(re.findall(r"/s/[A-Za-z0-9_-]{22}", run.messages()))
        answer_survey(client, link)
        client.get(link)
        client.get("/s/AAAAAAAAAAAAAAAAAAAAAA")
        client.get(f"/api/v1/customers/{PHONE}?phone={PHONE}&email={EMAIL}")
    assert stored_comment(run)  # it was answered, with the comment
    wait_for(lambda: counted(run), "the worker counted the answer")
    written = run.written()
    assert "/s/[path]" in written  # the page's address is logged, without its token
    assert "state P0001" in written  # so are the errors, by what the server calls them
    assert "constraint never" in written
    for value in (
        PHONE, OPENID, EMAIL, NAME, COMMENT, "PLANTED", VEHICLE, run.token, link.removeprefix("/s/")
    ):  # fmt: skip
        assert value not in written, f"a log holds {value!r}"


def break_things(client: httpx.Client, event: dict[str, object]) -> None:
    """Every kind of failure, each with something personal in it."""
    client.headers["connection"] = "close"  # after an error the server closes in any case
    personal = {"employee": COMMENT, "attributes": {"note": f"{PHONE} {EMAIL}"}}
    for name in ("boom", "never"):
        broken = client.post("/api/v1/events", json={**event, "external_id": name, **personal})
        assert broken.status_code == 500
        assert COMMENT not in broken.text
    wrong = {**event, "customer": {"phone": f"{PHONE}x{EMAIL}", COMMENT: OPENID}}
    refused = client.post("/api/v1/events", json=wrong)
    assert refused.status_code == 422
    assert PHONE not in refused.text
    client.post("/api/v1/events", content=f'{{"phone": "{PHONE}"'.encode())
    client.post("/login", data={"name": PHONE, "password": COMMENT})
    client.get(f"/password/{OPENID}")
    del client.headers["connection"]


def counted(run: Run) -> bool:
    """True once the answer stands in the cells of its day, week and month."""
    house = Installation.open(run.settings, "worker")
    try:
        with house.database.connection() as connection:
            query = text("select count(distinct period) from cell where metric = 'nps' and n = 1")
            return bool(connection.execute(query).scalar_one() == 3)
    finally:
        house.close()


def stored_comment(run: Run) -> bool:
    house = Installation.open(run.settings, "worker")
    try:
        with house.database.connection() as connection:
            found = connection.execute(text("select text from answer where text is not null"))
            return COMMENT in set(found.scalars())
    finally:
        house.close()
