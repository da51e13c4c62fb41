"""From an event that a source sends to the link in the customer's hand, and the way out again."""

from collections.abc import Iterator
from typing import Any

import pytest
from asking import PHONE, YESTERDAY, Network, make_network, one, rows
from conftest import Office
from fastapi.testclient import TestClient

from api.customers.schemas import EVENTS
from api.customers.service import ingest_events
from api.invitations.service import decide_due
from api.main import create_api
from api.security.scope import Scope
from scheduler.jobs.sending import send_due
from scheduler.senders.recorder import Only, Recorder

CONSENT = {
    "channel": "any",
    "granted": True,
    "wording_version": "2026-01",
    "given_at": "2026-01-05T09:00:00+08:00",
}


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner)


@pytest.fixture
def page(office: Office) -> Iterator[TestClient]:
    with TestClient(create_api(office.web), base_url=office.settings.public_url) as client:
        yield client


def tell(office: Office, number: int, **changes: Any) -> None:
    """A service visit, as the DMS reports it."""
    said = {
        "source": "dms",
        "external_id": f"visit-{number}",
        "touchpoint": "service",
        "unit": "D1",
        "occurred_at": YESTERDAY.isoformat(),
        "customer": {"id": f"c-{number}", "phone": PHONE, "consent": [CONSENT]},
        "employee": "E17",
        **changes,
    }
    with office.worker.database.transaction() as session:
        ingest_events(
            session,
            EVENTS.validate_python([said]),
            limits=Scope.whole_network(reason="test"),
            vault=office.worker.vault,
            now=office.clock(),
        )


def work(office: Office) -> list[str]:
    """What workers send, as texts."""
    recorder = Recorder()
    while decide_due(office.worker) + send_due(office.worker, senders=Only(recorder)):
        pass
    return [message.text for message in recorder.sent]


def reasons(office: Office) -> list[str]:
    return [row.reason for row in rows(office.worker, "select reason from decision order by id")]


def link_in(office: Office, text: str) -> str:
    start = text.index(f"{office.settings.public_url}/s/")
    return text[start:].split(" ", maxsplit=1)[0]


def test_the_link_in_the_message_opens_the_survey_of_that_visit(
    office: Office, network: Network, page: TestClient
) -> None:
    tell(office, 1)
    (text,) = work(office)
    opened = page.get(link_in(office, text))
    assert opened.status_code == 200
    assert "静安店" in opened.text
    assert "2026年11月17日" in opened.text
    assert work(office) == []


def test_one_person_under_three_source_ids_is_asked_once(office: Office, network: Network) -> None:
    for number, unit in enumerate(("D1", "D2", "D1"), 1):
        tell(office, number, unit=unit)
    assert len(work(office)) == 1
    assert sorted(reasons(office)) == ["capped", "capped", "passed"]


def test_who_opts_out_on_the_page_is_never_asked_again(
    office: Office, network: Network, page: TestClient
) -> None:
    tell(office, 1)
    (text,) = work(office)
    link = link_in(office, text)
    assert page.post(f"{link}/opt-out").status_code == 200
    tell(office, 2)
    assert work(office) == []
    assert reasons(office)[-1] == "opted_out"


def test_the_one_click_of_a_mail_program_is_an_opt_out(
    office: Office, network: Network, page: TestClient
) -> None:
    tell(office, 1)
    (text,) = work(office)
    clicked = page.post(f"{link_in(office, text)}/opt-out", data={"List-Unsubscribe": "One-Click"})
    assert clicked.status_code == 200
    assert one(office.worker, "select reason from suppression").reason == "opt_out"


def test_a_withdrawn_event_is_not_asked_about(office: Office, network: Network) -> None:
    tell(office, 1)
    decide_due(office.worker)
    tell(office, 1, revision=2, cancelled=True)
    assert work(office) == []
    assert one(office.worker, "select status from invitation").status == "dropped"


def test_a_consent_withdrawn_after_the_plan_holds(office: Office, network: Network) -> None:
    tell(office, 1)
    decide_due(office.worker)
    withdrawn = {**CONSENT, "withdrawn_at": "2026-11-18T10:00:00+08:00"}
    tell(office, 2, customer={"id": "c-1", "phone": PHONE, "consent": [withdrawn]})
    assert work(office) == []
    found = one(office.worker, "select status, failure from invitation")
    assert tuple(found) == ("dropped", "no_consent")


def test_who_never_consented_is_not_asked(office: Office, network: Network) -> None:
    tell(office, 1, customer={"phone": PHONE})
    assert work(office) == []
    assert reasons(office) == ["no_consent"]
