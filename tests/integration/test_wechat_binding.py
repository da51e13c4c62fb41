"""Binding a WeChat account over HTTP: WeChat's page, phone, code; nobody learns who we know."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from asking import Network, add_customer, change, make_network, one, rows
from conftest import NOW, Office
from fastapi.testclient import TestClient
from served import served
from wechat_stub import APP_ID, SECRET, TOKEN, WechatStub

from api.core.installation import Installation
from api.customers.repository.erasure import erase
from api.main import create_api
from api.models import QrPoint
from api.wechat.binding import LIVES, PER_DAY, TRIES
from api.wechat.repository import account
from scheduler.jobs.codes import send_codes
from scheduler.jobs.housekeeping import forget_phone_checks
from scheduler.jobs.letters import send_letters
from scheduler.senders.port import Sender
from scheduler.senders.recorder import Recorder

PHONE, STRANGER = "+8619900000001", "+8619900000002"
WECHAT = "Mozilla/5.0 (iPhone) MicroMessenger/8.0"
PUBLIC = "http://testserver"


class OneWay:
    """Every message takes the recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def route(self, channel: str, address: str) -> Sender:
        assert channel == "sms"
        return self.recorder

    def named(self, name: str) -> Sender | None:
        return self.recorder


@pytest.fixture
def network(office: Office) -> Network:
    made = make_network(office.owner)
    with office.owner.transaction() as session:
        session.add(
            QrPoint(
                code="D2-desk",
                kind="wechat",
                branch_id=made.branches[1],
                touchpoint_id=made.touchpoints["service"],
                survey_code="car_service",
                label="Desk",
                created_at=NOW,
            )
        )
    return made


@pytest.fixture
def stub() -> WechatStub:
    return WechatStub()


@pytest.fixture
def wechat(stub: WechatStub) -> Iterator[str]:
    with served(stub.app()) as address:
        yield address


@pytest.fixture
def web(office: Office, network: Network, wechat: str) -> Iterator[TestClient]:
    settings = office.settings.with_changes(
        public_url=PUBLIC,
        wechat_app_id=APP_ID,
        wechat_secret=SECRET,
        wechat_token=TOKEN,
        wechat_base_url=wechat,
        wechat_authorize_url=wechat,
    )
    house = Installation(settings, office.web.database, office.web.vault, office.web.clock)
    headers = {"User-Agent": WECHAT, "Accept-Language": "en"}
    with TestClient(create_api(house), headers=headers, follow_redirects=False) as client:
        yield client


def arrive(web: TestClient, point: str = "") -> httpx.Response:
    """From our page to WeChat's and back, to the form for the phone."""
    away = web.get("/wechat/bind", params={"point": point} if point else {})
    assert away.status_code == 302
    with httpx.Client(trust_env=False) as client:
        back = client.get(away.headers["location"].partition("#")[0])
    assert urlsplit(back.headers["location"]).path == "/wechat/bind/back"
    return web.get(back.headers["location"])


def enter_phone(web: TestClient, phone: str = PHONE, agreed: str = "yes") -> httpx.Response:
    answer: httpx.Response = web.post("/wechat/bind/phone", data={"phone": phone, "agreed": agreed})
    return answer


def sent_code(office: Office, number: int = 0) -> str:
    """The code as it arrives on the phone."""
    recorder = Recorder()
    send_codes(office.worker, senders=OneWay(recorder))
    message = recorder.sent[number]
    assert message.to == PHONE
    found = re.search(r"\b\d{6}\b", message.text)
    assert found is not None
    return found.group()


def customer(office: Office, network: Network, **values: Any) -> Any:
    return add_customer(
        office.owner, office.worker.vault, network.branches[0], phone=PHONE, consents=(), **values
    )


def openids(office: Office) -> list[Any]:
    return rows(office.worker, "select * from contact_point where kind = 'wechat'")


def test_from_the_code_of_a_branch_to_a_bound_account(
    office: Office, network: Network, web: TestClient, stub: WechatStub
) -> None:
    someone = customer(office, network)
    arrived = arrive(web, "D2-desk")
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/wechat/bind/phone?lang=en")
    assert "Your mobile number" in web.get("/wechat/bind/phone").text
    assert enter_phone(web).headers["location"] == "/wechat/bind/code?lang=en"
    assert "6 digits" in web.get("/wechat/bind/code").text
    done = web.post("/wechat/bind/code", data={"code": sent_code(office)})
    assert (done.status_code, "All set" in done.text) == (200, True)
    (point,) = openids(office)
    vault = office.worker.vault
    assert (point.person_id, vault.decrypt(bytes(point.value_encrypted))) == (
        someone.id,
        stub.visitor,
    )
    row = one(office.worker, "select * from wechat_follower")
    assert (row.person_id, row.bound_at, row.branch_id) == (someone.id, NOW, network.branches[1])
    consent = one(office.worker, "select channel, granted, wording_version, source from consent")
    assert tuple(consent) == ("wechat", True, "wechat-bind-1", "wechat")
    entry = one(office.worker, "select actor, subject from audit_entry where action='wechat_bound'")
    assert tuple(entry) == ("system:wechat", f"person:{someone.id}")
    assert web.get("/wechat/bind/phone").status_code == 410


def test_the_pages_ask_no_other_host_and_cannot_be_framed(
    office: Office, network: Network, web: TestClient
) -> None:
    arrive(web)
    page = web.get("/wechat/bind/phone?lang=zh")
    assert "您的手机号" in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert not re.findall(r"(?:src|href|action)=\"https?:", page.text)
    assert page.headers["cache-control"] == "no-store"


def test_the_cookie_is_sealed_and_out_of_reach_of_scripts(
    web: TestClient, network: Network, stub: WechatStub
) -> None:
    cookie = arrive(web).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert stub.visitor not in cookie


def test_an_unknown_phone_is_told_the_same_and_nothing_is_sent(
    office: Office, network: Network, web: TestClient
) -> None:
    customer(office, network)
    arrive(web)
    known = enter_phone(web)
    page_after_known = web.get("/wechat/bind/code").text
    office.clock.now += timedelta(minutes=2)
    unknown = enter_phone(web, STRANGER)
    assert (unknown.status_code, unknown.headers["location"]) == (
        known.status_code,
        known.headers["location"],
    )
    page = web.get("/wechat/bind/code").text
    assert _plain(page) == _plain(page_after_known)
    wrong = web.post("/wechat/bind/code", data={"code": "000000"})
    assert (wrong.status_code, "4 tries" in wrong.text) == (422, True)
    assert len(rows(office.worker, "select 1 from outbox_message")) == 1
    assert len(rows(office.worker, "select 1 from phone_check")) == 2


def _plain(page: str) -> str:
    return re.sub(r'nonce="[^"]+"', "", page)


@pytest.mark.parametrize("reason", ["opt_out", "staff", "blocklist"])
def test_no_code_goes_to_a_number_that_nobody_writes_to(
    office: Office, network: Network, web: TestClient, reason: str
) -> None:
    customer(office, network)
    hashed = office.worker.vault.lookup_hash("phone", PHONE)
    change(
        office.worker,
        "insert into suppression values ('phone', :hash, :reason, :now)",
        hash=hashed,
        reason=reason,
        now=NOW,
    )
    arrive(web)
    assert enter_phone(web).status_code == 303
    assert not rows(office.worker, "select 1 from outbox_message")


def test_tries_are_few_and_counted(office: Office, network: Network, web: TestClient) -> None:
    customer(office, network)
    arrive(web)
    enter_phone(web)
    code = sent_code(office)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    answers = [web.post("/wechat/bind/code", data={"code": wrong}) for _ in range(TRIES)]
    assert [one.status_code for one in answers] == [422] * (TRIES - 1) + [410]
    assert "One try is left" in answers[TRIES - 2].text
    assert web.post("/wechat/bind/code", data={"code": code}).status_code == 410
    assert not openids(office)
    assert one(office.worker, "select action from audit_entry").action == "wechat_code_failed"


def test_a_code_ends_and_is_good_once(office: Office, network: Network, web: TestClient) -> None:
    customer(office, network)
    arrive(web)
    enter_phone(web)
    code = sent_code(office)
    office.clock.now += LIVES
    assert web.post("/wechat/bind/code", data={"code": code}).status_code == 410
    enter_phone(web)
    again = sent_code(office)
    cookie = dict(web.cookies)
    assert web.post("/wechat/bind/code", data={"code": again}).status_code == 200
    web.cookies.update(cookie)
    assert web.post("/wechat/bind/code", data={"code": again}).status_code == 410
    assert len(openids(office)) == 1


def test_a_code_of_one_account_binds_no_other(
    office: Office, network: Network, web: TestClient, stub: WechatStub
) -> None:
    customer(office, network)
    arrive(web)
    enter_phone(web)
    code = sent_code(office)
    stub.visitor = "o-somebody-else"
    office.clock.now += timedelta(minutes=2)
    arrive(web)
    enter_phone(web, STRANGER)
    assert web.post("/wechat/bind/code", data={"code": code}).status_code in (410, 422)
    assert not openids(office)


def test_codes_are_limited_for_an_account_and_for_a_phone(
    office: Office, network: Network, web: TestClient, stub: WechatStub
) -> None:
    customer(office, network)
    arrive(web)
    assert [enter_phone(web).status_code for _ in range(2)] == [303, 429]  # a minute apart
    for number in range(PER_DAY):
        office.clock.now += timedelta(minutes=2)
        stub.visitor = f"o-{number}"
        arrive(web)
        assert enter_phone(web).status_code == (303 if number < PER_DAY - 1 else 429)
    assert len(rows(office.worker, "select 1 from outbox_message")) == PER_DAY


def test_without_agreement_or_a_number_nothing_happens(
    office: Office, network: Network, web: TestClient
) -> None:
    customer(office, network)
    arrive(web)
    assert "tick this" in enter_phone(web, agreed="").text
    assert "not a phone number" in enter_phone(web, "12").text
    assert not rows(office.worker, "select 1 from phone_check")


def test_a_forged_or_lost_way_leads_nowhere(
    office: Office, network: Network, web: TestClient
) -> None:
    assert web.get("/wechat/bind/phone").status_code == 410
    assert enter_phone(web).status_code == 410
    web.get("/wechat/bind")
    assert web.get("/wechat/bind/back?code=c&state=guessed").status_code == 410
    web.cookies.set("bp_wechat", "AAAA", path="/wechat/bind")
    assert web.get("/wechat/bind/phone").status_code == 410


def test_a_code_of_wechat_that_is_used_up_starts_again(
    web: TestClient, network: Network, stub: WechatStub
) -> None:
    away = web.get("/wechat/bind")
    state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
    assert web.get(f"/wechat/bind/back?code=used&state={state}").status_code == 410


def test_another_site_cannot_enter_a_phone(
    office: Office, network: Network, web: TestClient
) -> None:
    customer(office, network)
    arrive(web)
    answer = web.post(
        "/wechat/bind/phone",
        data={"phone": PHONE, "agreed": "yes"},
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status_code == 410
    assert not rows(office.worker, "select 1 from phone_check")


def test_another_browser_is_told_to_use_wechat(web: TestClient, network: Network) -> None:
    page = web.get("/wechat/bind", headers={"User-Agent": "Mozilla/5.0"})
    assert (page.status_code, "open this in WeChat" in page.text) == (200, True)
    assert web.get("/wechat/bind?point=made-up").status_code == 404


def test_where_wechat_is_not_set_up_there_is_no_page(office: Office) -> None:
    with TestClient(create_api(office.web)) as client:
        for place in ("", "/back", "/phone", "/code"):
            assert client.get(f"/wechat/bind{place}").status_code == 404


def test_an_account_known_under_another_person_joins_the_two(
    office: Office, network: Network, web: TestClient, stub: WechatStub
) -> None:
    someone = customer(office, network)
    add_customer(office.owner, office.worker.vault, network.branches[1], wechat=stub.visitor)
    arrive(web)
    enter_phone(web)
    assert web.post("/wechat/bind/code", data={"code": sent_code(office)}).status_code == 200
    people = {row.person_id for row in rows(office.worker, "select person_id from contact_point")}
    assert people == {someone.id}


def test_binding_anew_takes_the_own_opt_out_back(
    office: Office, network: Network, web: TestClient, stub: WechatStub
) -> None:
    customer(office, network)
    change(
        office.worker,
        "insert into suppression values ('wechat', :hash, 'opt_out', :now)",
        hash=office.worker.vault.lookup_hash("wechat", stub.visitor),
        now=NOW,
    )
    arrive(web)
    enter_phone(web)
    web.post("/wechat/bind/code", data={"code": sent_code(office)})
    assert not rows(office.worker, "select 1 from suppression")


def test_a_code_is_no_letter_and_is_not_sent_late(
    office: Office, network: Network, web: TestClient
) -> None:
    customer(office, network)
    arrive(web)
    enter_phone(web)
    row = one(office.worker, "select body_text_encrypted, detail from outbox_message")
    assert len(office.worker.vault.decrypt(bytes(row.body_text_encrypted))) == 6
    assert send_letters(office.worker) == 0
    office.clock.now += LIVES
    recorder = Recorder()
    assert send_codes(office.worker, senders=OneWay(recorder)) == 1
    found = one(office.worker, "select status, failure from outbox_message")
    assert (tuple(found), recorder.sent) == (("failed", "too_late"), [])


def test_a_gateway_of_templates_is_told_which(
    office: Office, network: Network, web: TestClient
) -> None:
    customer(office, network)
    arrive(web)
    enter_phone(web)
    settings = office.settings.with_changes(
        phone_check_template="SMS_1", phone_check_signature="远山"
    )
    house = Installation(settings, office.worker.database, office.worker.vault, office.clock)
    recorder = Recorder(name="domestic")
    send_codes(house, senders=OneWay(recorder))
    template = recorder.sent[0].providers["domestic"]
    assert (template.template_id, template.signature, template.names) == (
        "SMS_1",
        "远山",
        ("code", "minutes"),
    )
    assert template.values[1] == "10"


def test_codes_and_their_phones_are_forgotten_after_two_days(
    office: Office, network: Network, web: TestClient
) -> None:
    customer(office, network)
    arrive(web)
    enter_phone(web)
    office.clock.now += timedelta(days=1)
    forget_phone_checks(office.worker)
    assert len(rows(office.worker, "select 1 from phone_check")) == 1
    office.clock.now += timedelta(days=1, hours=1)
    forget_phone_checks(office.worker)
    assert not rows(office.worker, "select 1 from phone_check")
    assert not rows(office.worker, "select 1 from outbox_message")


def test_an_erased_customer_leaves_nothing_of_wechat_behind(
    office: Office, network: Network, web: TestClient, stub: WechatStub
) -> None:
    someone = customer(office, network)
    hashed = office.worker.vault.lookup_hash("wechat", stub.visitor)
    arrive(web)
    enter_phone(web)
    web.post("/wechat/bind/code", data={"code": sent_code(office)})
    with office.worker.database.transaction() as session:
        account.add_consent(session, hashed, "T1", NOW)
        erase(session, [someone.id], NOW)
    for table in ("wechat_follower", "wechat_consent", "phone_check", "contact_point"):
        assert not rows(office.worker, f"select 1 from {table}")
