"""Receipts in any order, repeated, and forged among them: the furthest that is believed counts."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from asking import change, one, rows
from conftest import NOW, Office
from contactless_stub import SECRET
from domestic_stub import CALLBACK_TOKEN
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invited import planned
from twilio.request_validator import RequestValidator

from api.core.installation import Installation
from api.main import create_api

PHONE, TOKEN, PUBLIC = "+8619900000001", "auth token of the tests", "https://ask.example.com"
RANK = {"sent": 0, "undelivered": 1, "delivered": 2}
Tell = Callable[[TestClient, UUID, str, bool], int]


@pytest.fixture
def web(office: Office) -> Iterator[TestClient]:
    place = office.settings.with_changes(
        public_url=PUBLIC,
        twilio_account_sid="AC1",
        twilio_auth_token=TOKEN,
        twilio_from="+12025550100",
        domestic_sms_base_url="http://127.0.0.1:9",
        domestic_sms_key_id="key",
        domestic_sms_key_secret="secret",
        domestic_sms_callback_token=CALLBACK_TOKEN,
        contactless_base_url="http://127.0.0.1:9",
        contactless_secret=SECRET,
    )
    home = Installation(place, office.web.database, office.web.vault, office.clock)
    with TestClient(create_api(home), base_url="http://inside") as client:
        yield client


def by_twilio(web: TestClient, invitation: UUID, status: str, forged: bool) -> int:
    path = f"/webhooks/twilio/status?invitation={invitation}"
    form = {"MessageSid": "P1", "MessageStatus": status}
    made = RequestValidator("guessed" if forged else TOKEN).compute_signature(PUBLIC + path, form)
    return web.post(path, data=form, headers={"X-Twilio-Signature": made}).status_code


def by_domestic_sms(web: TestClient, invitation: UUID, status: str, forged: bool) -> int:
    told = {"biz_id": "P1", "out_id": str(invitation), "success": status == "delivered"}
    token = CALLBACK_TOKEN[::-1] if forged else CALLBACK_TOKEN
    items = [] if status == "sent" else [{**told, "err_code": "X"}]  # it tells only what became
    return web.post(f"/webhooks/domestic-sms/{token}", json=items).status_code


def by_contactless(web: TestClient, invitation: UUID, status: str, forged: bool) -> int:
    told = {"id": str(invitation), "message_id": "P1", "status": status}
    body, stamp = json.dumps({"receipts": [told]}).encode(), str(int(NOW.timestamp()))
    key = b"guessed" if forged else SECRET.encode()
    made = hmac.digest(key, f"{stamp}.".encode() + body, hashlib.sha256).hex()
    headers = {"X-Branchpulse-Timestamp": stamp, "X-Branchpulse-Signature": made}
    return web.post("/webhooks/contactless", content=body, headers=headers).status_code


@pytest.mark.parametrize(
    ("sender", "tell"),
    [
        ("twilio", by_twilio),
        ("domestic_sms", by_domestic_sms),
        ("contactless", by_contactless),
    ],
)
def test_the_furthest_believed_receipt_counts(
    office: Office, web: TestClient, sender: str, tell: Tell
) -> None:
    invitation = planned(office, phone=PHONE)

    @settings(
        max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(
        said=st.lists(
            st.tuples(st.sampled_from(sorted(RANK)), st.booleans()), min_size=1, max_size=6
        )
    )
    def shuffled(said: list[tuple[str, bool]]) -> None:
        change(office.worker, "delete from receipt")
        change(
            office.worker,
            "update invitation set status = 'sent', failure = null, delivered_at = null, "
            "sender = :sender, provider_id = 'P1'",
            sender=sender,
        )
        for status, forged in said:
            answer = tell(web, invitation, status, forged)
            assert (answer == 403) == forged
        believed = ["sent", *(status for status, forged in said if not forged)]
        found = one(office.worker, "select status, delivered_at from invitation")
        assert found.status == max(believed, key=RANK.__getitem__)
        assert (found.delivered_at is not None) == (found.status == "delivered")
        assert not rows(office.worker, "select 1 from receipt where not applied")

    shuffled()
