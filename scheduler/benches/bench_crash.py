"""`branchpulse bench crash`: workers killed with SIGKILL while they send; nobody is asked twice.

Half of the invitations go by SMS through Twilio's client, which can be asked, half by mail, which
cannot. Four worker processes send and settle; each is killed at random moments and replaced by a
new one, five times at least. The stand-ins count what they took by our id. The leases are short
here, so that claims of the dead are settled within the bench; everything else is as in operation.
"""

import multiprocessing
import random
import time
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

from api.core.bench import Target, report, temporary_installation
from api.core.crypto import Vault
from api.core.database import Database
from api.core.installation import Installation
from api.core.settings import Settings
from api.invitations.repository.dead_letters import count_letters
from scheduler.benches.seeding import (
    EMAIL,
    SMS,
    hold_back,
    mails,
    owner_of,
    phones,
    read_branch,
    read_sent,
    release,
    seed_invitations,
    seed_network,
    settle_down,
    still_open,
)
from scheduler.benches.stubs import providers
from scheduler.jobs.rates import configured_rates
from scheduler.jobs.sending import Desk, send_due, settle_stale
from scheduler.senders.choice import ConfiguredSenders

WORKERS = 4
KILLS = 5  # of each worker, at least
FIRST = 4  # parts that are due at the start; one more with each death
LEASE = timedelta(seconds=8)
LIFE = (0.3, 1.8)  # seconds from the first step of a worker to its death
PATIENCE = 600.0
ANSWER = 0.01  # seconds that a stand-in takes to answer


@dataclass(slots=True)
class Life:
    """One worker: its process, when it is killed, how often it was."""

    process: BaseProcess
    working: Any
    dies_at: float | None = None
    deaths: int = 0


@dataclass(slots=True)
class Crew:
    """The workers, replaced when they are killed."""

    context: ForkServerContext
    given: dict[str, Any]
    chance: random.Random
    lives: list[Life] = field(default_factory=list)

    def start(self) -> None:
        """Starts all workers."""
        self.lives = [Life(*self._born()) for _ in range(WORKERS)]

    def pass_by(self, now: float) -> int:
        """Kills who is due to die, and starts a new one in its place; how many."""
        killed = 0
        for life in self.lives:
            if life.deaths >= KILLS:
                continue
            if life.dies_at is None:
                if life.working.is_set():
                    life.dies_at = now + self.chance.uniform(*LIFE)
            elif now >= life.dies_at:
                life.process.kill()
                life.process.join(10)
                life.process, life.working = self._born()
                life.dies_at, life.deaths = None, life.deaths + 1
                killed += 1
        return killed

    def end(self) -> None:
        """Ends everybody."""
        for life in self.lives:
            life.process.kill()
            life.process.join(10)

    @property
    def fewest(self) -> int:
        """How often the luckiest worker was killed."""
        return min(life.deaths for life in self.lives)

    def _born(self) -> tuple[BaseProcess, Any]:
        working = self.context.Event()
        process = self.context.Process(target=work, args=(self.given, working), daemon=True)
        process.start()
        return process, working


def bench_crash(full: bool) -> dict[str, Any]:
    """Sends 20,000 invitations (a tenth, when not ``full``) while workers die."""
    each = 10_000 if full else 1_000
    with temporary_installation() as settings, providers(ANSWER) as stub:
        rates = "twilio=200/50, smtp=200/50" if full else "twilio=60/20, smtp=60/20"
        live = settings.with_changes(sending_rates=rates, **stub.settings())
        owner = owner_of(settings)
        try:
            seed_network(owner)
            _seed(owner, settings, each)
            began = time.monotonic()
            deaths = _run(owner, live, 2 * each)
            seconds = time.monotonic() - began
            figures = _looked_at(owner, stub.taken(), each)
        finally:
            owner.close()
    figures |= {
        "invitations": 2 * each,
        "workers": WORKERS,
        "kills": sum(deaths),
        "fewest_kills": min(deaths),
        "seconds": round(seconds, 1),
    }
    targets = [
        Target("fewest_kills", at_least=KILLS),
        Target("asked_sms_twice", at_most=0),
        Target("asked_mail_twice", at_most=0),
        Target("asked_sms_never", at_most=0),
        Target("unknown_sms", at_most=0),
        Target("mail_unaccounted", at_most=0),
        Target("mail_wrongly_sent", at_most=0),
        Target("unknown_not_shown", at_most=0),
        Target("still_open", at_most=0),
    ]
    reference = {"what": "every message counted by the stand-ins, by our id"}
    return report("crash", full=full, figures=figures, targets=targets, reference=reference)


def _seed(owner: Database, settings: Settings, each: int) -> None:
    assert settings.secret_key is not None
    vault = Vault(settings.secret_key.get_secret_value())
    with owner.connection() as connection:
        seed_invitations(connection, vault, SMS, phones(each))
        seed_invitations(connection, vault, EMAIL, mails(each))
        hold_back(connection)
    settle_down(owner)


def _run(owner: Database, settings: Settings, count: int) -> list[int]:
    """Kills workers until each has died often enough, and lets them finish; how often each died.

    With each death a part of the invitations falls due, so that everybody dies at work.
    """
    part = count // (WORKERS * KILLS + FIRST)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    crew = Crew(context, settings.model_dump(), random.Random())
    crew.start()
    _release(owner, FIRST * part)
    end = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < end:
            if killed := crew.pass_by(time.monotonic()):
                _release(owner, killed * part if crew.fewest < KILLS else count)
            if crew.fewest >= KILLS and _finished(owner):
                break
            time.sleep(0.05)
    finally:
        crew.end()
    return [life.deaths for life in crew.lives]


def _release(owner: Database, count: int) -> None:
    with owner.connection() as connection:
        release(connection, count)


def _finished(owner: Database) -> bool:
    time.sleep(0.25)
    with owner.connection() as connection:
        return still_open(connection) == 0


def _looked_at(owner: Database, taken: dict[str, dict[str, int]], each: int) -> dict[str, Any]:
    """What the ledger says, held against what the stand-ins took."""
    sms, mail = taken["twilio"], taken["smtp"]
    with owner.transaction() as session:
        found = read_sent(session.connection())
        shown = count_letters(session, [read_branch(session.connection())])
        left = still_open(session.connection())
    by_sms, by_mail = found["sms"], found["email"]
    unknown = {id_ for id_, status in by_mail.items() if status == "unknown"}
    sent = {id_ for id_, status in by_mail.items() if status == "sent"}
    return {
        "asked_sms": len(sms),
        "asked_sms_twice": sum(count > 1 for count in sms.values()),
        "asked_sms_never": sum(id_ not in sms for id_ in by_sms),
        "unknown_sms": sum(status == "unknown" for status in by_sms.values()),
        "sms_not_sent": sum(status != "sent" for status in by_sms.values()),
        "asked_mail": len(mail),
        "asked_mail_twice": sum(count > 1 for count in mail.values()),
        "unknown_mail": len(unknown),
        "unknown_mail_that_went_out": len(unknown & set(mail)),
        "mail_unaccounted": each - len(unknown) - len(sent),
        "mail_wrongly_sent": len(sent - set(mail)),
        "unknown_not_shown": abs(len(unknown) - shown),
        "still_open": left,
    }


def work(given: dict[str, Any], working: Any) -> None:
    """A worker: sends what is due, settles what the dead have left; until it is killed."""
    installation = Installation.open(Settings.model_validate(given), "worker")
    limits = configured_rates(installation.settings)
    desk = Desk(ConfiguredSenders(installation), limits, lease=LEASE)
    working.set()
    while True:
        done = send_due(installation, desk=desk)
        settled = settle_stale(installation, desk=desk)
        if not done and not settled:
            time.sleep(0.05)
