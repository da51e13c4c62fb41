"""`branchpulse bench send`: messages a second through real clients, with the ledger around them.

Twilio's client and the domestic gateway's, to a stand-in on loopback in a process of its own. The
reference sends as many messages with the same client and as many threads, without any ledger.
With ``--full`` a million invitations wait while one process sends, and its memory is looked at.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

from api.core.bench import Target, environment_for, report, temporary_installation
from api.core.crypto import Vault
from api.core.database import Database
from api.core.ids import new_id, new_token
from api.core.installation import Installation
from api.core.migrate import ROOT
from api.core.settings import Settings
from scheduler.benches.seeding import (
    SMS,
    owner_of,
    phones,
    read_ids,
    seed_invitations,
    seed_many,
    seed_network,
    settle_down,
    still_open,
)
from scheduler.benches.stubs import Providers, providers
from scheduler.jobs.sending import THREADS, Desk, send_due
from scheduler.senders.choice import ConfiguredSenders
from scheduler.senders.port import OutgoingMessage, ProviderTemplate, Sender

SHARE_OF_BARE = 0.8
DOMESTIC_PER_SECOND = 500
MEGABYTES = 150
WAITING = 1_000_000
LOOPS = 2
SENDING = 30.0  # seconds in which the memory grows to what it needs
WARM, TURNS = 256, 3
_NO_LIMIT = "twilio=100000, domestic_sms=100000"


def bench_send(full: bool) -> dict[str, Any]:
    """Sends 6,000 messages each way (a tenth, when not ``full``)."""
    count = 6_000 if full else 600
    figures: dict[str, Any] = {"messages": count, "threads": LOOPS * THREADS}
    reference: dict[str, Any] = {"what": "the same client and threads, without the ledger"}
    with temporary_installation() as settings, providers() as stub:
        owner = owner_of(settings)
        try:
            seed_network(owner)
            for way, given in (("twilio", stub.settings()), ("domestic", stub.domestic())):
                live = settings.with_changes(sending_rates=_NO_LIMIT, **given)
                bare, ours, twice = _measure(owner, live, stub, way, count)
                reference[f"{way}_per_second"] = round(bare)
                figures[f"{way}_per_second"] = round(ours)
                figures[f"{way}_share_of_bare"] = round(ours / bare, 3)
                figures[f"{way}_twice"] = twice
            if full:
                figures |= _memory(owner, settings.with_changes(**stub.settings()))
        finally:
            owner.close()
    return report("send", full=full, figures=figures, targets=_targets(full), reference=reference)


def _targets(full: bool) -> list[Target]:
    right = [Target("twilio_twice", at_most=0), Target("domestic_twice", at_most=0)]
    if not full:  # a busy machine slows both ways, and short runs waver
        return [*right, Target("twilio_share_of_bare", at_least=SHARE_OF_BARE * 0.75)]
    return [
        *right,
        Target("twilio_share_of_bare", at_least=SHARE_OF_BARE),
        Target("domestic_per_second", at_least=DOMESTIC_PER_SECOND),
        Target("worker_megabytes", at_most=MEGABYTES),
    ]


def _measure(
    owner: Database, settings: Settings, stub: Providers, way: str, count: int
) -> tuple[float, float, int]:
    """Messages a second without and with the ledger, in turns, and how many went out twice."""
    installation = Installation.open(settings, "worker")
    bare = ours = 0.0
    try:
        sender = ConfiguredSenders(installation).route("sms", phones(1)[0])
        before = set(stub.taken()[way])
        numbers = iter(phones_of(way, count + WARM))
        _bare(sender, WARM)
        _ours(installation, owner, list(islice(numbers, WARM)))
        for _ in range(TURNS):
            bare += _bare(sender, count // TURNS)
            ours += _ours(installation, owner, list(islice(numbers, count // TURNS)))
        with owner.connection() as connection:
            known = read_ids(connection)
        taken = {id_: n for id_, n in stub.taken()[way].items() if id_ in known - before}
    finally:
        installation.close()
    if len(taken) != count // TURNS * TURNS + WARM:
        raise RuntimeError(f"{way}: {len(taken)} of {count + WARM} messages went out")
    return count / bare, count / ours, sum(n > 1 for n in taken.values())


def phones_of(way: str, count: int) -> list[str]:
    """Numbers that another way does not use."""
    return phones(2 * count)[:count] if way == "twilio" else phones(2 * count)[count:]


def _bare(sender: Sender, count: int) -> float:
    messages = [_message(new_id(), number) for number in phones(count)]
    began = time.perf_counter()
    with ThreadPoolExecutor(LOOPS * THREADS) as pool:
        for receipt in pool.map(sender.send, messages):
            assert receipt is not None
    return time.perf_counter() - began


def _message(id_: UUID, to: str) -> OutgoingMessage:
    link = f"https://example.com/s/{new_token(128)}"
    return OutgoingMessage(
        id=id_,
        channel="sms",
        to=to,
        text=f"Yuanshan: how was your service at East 1? One minute: {link} Reply STOP",
        link=link,
        providers={
            "domestic_sms": ProviderTemplate(
                "SMS_1", "Yuanshan", ("occasion", "link"), ("service", link)
            )
        },
    )


def _ours(installation: Installation, owner: Database, numbers: list[str]) -> float:
    """Seconds until everything due was sent and recorded, by as many loops as a worker has."""
    with owner.connection() as connection:
        seed_invitations(connection, installation.vault, SMS, numbers)
    settle_down(owner)
    desk = Desk.of(installation)
    failures: list[BaseException] = []

    def loop() -> None:
        try:
            while send_due(installation, desk=desk):
                pass
        except BaseException as error:
            failures.append(error)

    began = time.perf_counter()
    _together(loop)
    seconds = time.perf_counter() - began
    with owner.connection() as connection:
        if failures or still_open(connection):
            raise RuntimeError(f"not everything was sent: {failures}")
    return seconds


def _together(work: Callable[[], None]) -> None:
    threads = [Thread(target=work) for _ in range(LOOPS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _memory(owner: Database, settings: Settings) -> dict[str, Any]:
    """The greatest memory of a worker that only sends, with a million invitations waiting."""
    assert settings.secret_key is not None
    vault = Vault(settings.secret_key.get_secret_value())
    with owner.connection() as connection:
        seed_many(connection, vault, WAITING)
    settle_down(owner)
    command = [sys.executable, "-m", "branchpulse", "work", "--only", "send"]
    worker = subprocess.Popen(
        command, cwd=ROOT, env=environment_for(settings), stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(SENDING)
        status = Path(f"/proc/{worker.pid}/status").read_text("utf-8")
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)
    with owner.connection() as connection:
        left = still_open(connection)
    kilobytes = int(status.partition("VmHWM:")[2].split()[0])
    return {
        "waiting": WAITING,
        "sent_while_waiting": WAITING - left,
        "worker_megabytes": round(kilobytes / 1024, 1),
    }
