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
from api.webhooks.wechat import service
from api.webhooks.wechat.events import Call, Consents
from api.wechat import binding
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


def houses(office: Office) -> list[Installation]:
    """Web processes, each with connections of its own."""
    url = as_role(office.owner.url, "bp_web")
    vault, clock, settings = office.web.vault, office.clock, office.settings
    return [
        Installation(settings, Database(url, pool_size=1), vault, clock) for _ in range(WORKERS)
    ]


def each_at_once(made: list[Installation], work: Callable[[Installation], object]) -> list[object]:
    """What everybody's work gave, begun at the same moment."""
    barrier = threading.Barrier(len(made))
    given: list[object] = []

    def begin(house: Installation) -> None:
        barrier.wait(timeout=30)
        given.append(work(house))

    threads = [threading.Thread(target=begin, args=(house,)) for house in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for house in made:
        house.close()
    return given


def test_a_call_that_comes_to_several_processes_counts_once(real_office: Office) -> None:
    call = Call(OPENID, NOW, Consents(allowed=("T1",)), "the same message")

    def take(house: Installation) -> bool:
        with house.database.transaction() as session:
            stamp = str(new_id())  # WeChat's own repetition has another nonce
            return service.take(session, house.vault, call, stamp, NOW).first

    assert sorted(map(bool, each_at_once(houses(real_office), take))) == [False] * 5 + [True]
    assert one(real_office.worker, "select stock from wechat_consent").stock == 1


def test_one_code_is_made_of_requests_at_the_same_moment(real_office: Office) -> None:
    def ask(house: Installation) -> object:
        with house.database.transaction() as session:
            visitor = binding.Visitor(OPENID)
            return binding.ask_code(
                session, house.vault, visitor, "+8619900000001", language="zh", now=NOW
            )

    given = each_at_once(houses(real_office), ask)
    assert [type(one) for one in given].count(binding.CodeAsked) == 1
    assert [type(one) for one in given].count(binding.TooOften) == WORKERS - 1


def test_tries_at_the_same_moment_are_all_counted(real_office: Office) -> None:
    with real_office.web.database.transaction() as session:
        visitor = binding.Visitor(OPENID)
        asked = binding.ask_code(
            session, real_office.web.vault, visitor, "+8619900000001", language="zh", now=NOW
        )
    assert isinstance(asked, binding.CodeAsked)

    def enter(house: Installation) -> object:
        with house.database.transaction() as session:
            return binding.enter_code(session, house.vault, visitor, asked.check, "000000", now=NOW)

    given = each_at_once(houses(real_office), enter)
    left = sorted(one.left for one in given if isinstance(one, binding.WrongCode))
    assert (left, len(given)) == ([1, 2, 3, 4], WORKERS)
    assert one(real_office.worker, "select tries from phone_check").tries == binding.TRIES
