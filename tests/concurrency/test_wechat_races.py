"""One token and one stock of consents, whoever wants them at the same moment."""

import threading
from collections.abc import Callable, Iterator

import pytest
from asking import one
from conftest import NOW, Office, as_role
from served import served
from wechat_stub import APP_ID, SECRET, TOKEN, WechatStub

from api.core.database import Database
from api.core.ids import new_id
from api.core.installation import Installation
from api.wechat.repository import account as repository
from scheduler.senders.port import OutgoingMessage, ProviderTemplate, Refused
from scheduler.senders.wechat import WechatMessages

WORKERS = 6
OPENID = "o-race"


@pytest.fixture
def stub() -> WechatStub:
    return WechatStub(followers={OPENID}, token_delay=0.15)


@pytest.fixture
def senders(real_office: Office, stub: WechatStub) -> Iterator[list[WechatMessages]]:
    """As many as there would be processes, each with connections of its own."""
    with served(stub.app()) as address:
        settings = real_office.settings.with_changes(
            wechat_app_id=APP_ID,
            wechat_secret=SECRET,
            wechat_token=TOKEN,
            wechat_base_url=address,
        )
        url = as_role(real_office.owner.url, "bp_worker")
        vault, clock = real_office.worker.vault, real_office.clock
        houses = [
            Installation(settings, Database(url, pool_size=1), vault, clock) for _ in range(WORKERS)
        ]
        made = [WechatMessages(house) for house in houses]
        yield made
        for sender, house in zip(made, houses, strict=True):
            sender.close()
            house.close()


def at_once(senders: list[WechatMessages], work: Callable[[WechatMessages], None]) -> list[str]:
    """Everybody's work at the same moment; the codes of refusals."""
    barrier = threading.Barrier(len(senders))
    refused: list[str] = []

    def begin(sender: WechatMessages) -> None:
        barrier.wait(timeout=30)
        try:
            work(sender)
        except Refused as refusal:
            refused.append(refusal.code)

    threads = [threading.Thread(target=begin, args=(sender,)) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return refused


def message(*, once: bool = False) -> OutgoingMessage:
    template = ProviderTemplate("T1", once=once)
    return OutgoingMessage(
        new_id(), "wechat", OPENID, "text", link=str(new_id()), providers={"wechat": template}
    )


def test_the_token_is_fetched_once_and_renewed_once_by_workers_side_by_side(
    real_office: Office, senders: list[WechatMessages], stub: WechatStub
) -> None:
    at_once(senders, lambda sender: sender.send(message()))
    assert (stub.calls["token"], len(stub.messages)) == (1, WORKERS)
    stub.expire_token()
    at_once(senders, lambda sender: sender.send(message()))
    assert (stub.calls["token"], len(stub.messages)) == (2, 2 * WORKERS)
    assert one(real_office.worker, "select version from provider_token").version == 2


def test_a_consent_is_taken_by_one(
    real_office: Office, senders: list[WechatMessages], stub: WechatStub
) -> None:
    stub.consents[OPENID, "T1"] = 100
    hashed = real_office.worker.vault.lookup_hash("wechat", OPENID)
    with real_office.worker.database.transaction() as session:
        for _ in range(2):
            repository.add_consent(session, hashed, "T1", NOW)
    refused = at_once(senders, lambda sender: sender.send(message(once=True)))
    assert refused == ["no_consent_left"] * (WORKERS - 2)
    assert len(stub.messages) == 2
    assert one(real_office.worker, "select stock from wechat_consent").stock == 0
