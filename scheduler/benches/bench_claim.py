"""`branchpulse bench claim`: claims with acknowledgement a second, by workers side by side.

Each worker is a process that claims a batch (obstacles judged, sender named, link tokens stored,
committed) and acknowledges it (one statement, committed), as sending does, without a provider and
without the words of the message. The reference claims and acknowledges the same rows by the barest
SQL that is safe: ``FOR UPDATE SKIP LOCKED``, two status changes, nothing judged, no links.
"""

import multiprocessing
import time
from typing import Any

from sqlalchemy import text

from api.core.bench import Target, report, temporary_installation
from api.core.crypto import Vault
from api.core.database import Database
from api.core.ids import new_token, token_hash
from api.core.installation import Installation
from api.core.processes import rest_collector
from api.core.settings import Settings
from api.invitations.repository import claiming, recording
from api.invitations.repository.claiming import Claim, Limit
from api.invitations.repository.recording import Said
from api.invitations.sending import CHANNELS, claimer_name
from scheduler.benches.seeding import (
    SMS,
    owner_of,
    phones,
    provider_ids_twice,
    seed_invitations,
    seed_network,
    settle_down,
    statuses,
)

WORKERS = 4
BATCH = 1000
PER_SECOND = 20_000
SHARE_OF_BARE = 0.2
_BARE_CLAIM = text("""
update invitation set status = 'claimed', claimed_at = now(), claimed_by = :claimer
where id in (select id from invitation where status = 'planned' and channel = 'sms'
    and planned_at <= now() order by planned_at limit :limit for update skip locked)
returning id
""")
_BARE_ACKNOWLEDGE = text("""
update invitation set status = 'sent', sent_at = now()
where id = any(cast(:ids as uuid[])) and claimed_by = :claimer
""")
_AGAIN = text("""
delete from survey_token;
update invitation set status = 'planned', claimed_at = null, claimed_by = null, sender = null,
    sent_at = null, provider_id = null
""")


def bench_claim(full: bool) -> dict[str, Any]:
    """Claims and acknowledges 100,000 invitations (a tenth, when not ``full``)."""
    count = 100_000 if full else 10_000
    with temporary_installation() as settings:
        owner = owner_of(settings)
        try:
            seed_network(owner)
            _seed(owner, settings, count)
            settle_down(owner)
            bare_seconds, bare_twice, _ = _in_processes(settings, _bare_worker)
            with owner.connection() as connection:
                connection.execute(_AGAIN)
            settle_down(owner)
            seconds, twice, claimed = _in_processes(settings, _worker)
            with owner.connection() as connection:
                sent = statuses(connection)["sms"].get("sent", 0)
                twice += provider_ids_twice(connection)
        finally:
            owner.close()
    rate, bare = count / seconds, count / bare_seconds
    figures = {
        "invitations": count,
        "claimed": claimed,
        "acknowledged": sent,
        "workers": WORKERS,
        "batch": BATCH,
        "per_second": round(rate),
        "share_of_bare": round(rate / bare, 3),
        "twice": twice,
    }
    targets = [
        Target("twice", at_most=0),
        Target("acknowledged", at_least=count),
        Target("per_second", at_least=PER_SECOND)
        if full
        else Target("share_of_bare", at_least=SHARE_OF_BARE),
    ]
    reference = {
        "what": "a bare claim by SKIP LOCKED with a bare status change, same rows and workers",
        "per_second": round(bare),
        "twice": bare_twice,
    }
    return report("claim", full=full, figures=figures, targets=targets, reference=reference)


def _seed(owner: Database, settings: Settings, count: int) -> None:
    assert settings.secret_key is not None
    vault = Vault(settings.secret_key.get_secret_value())
    with owner.connection() as connection:
        seed_invitations(connection, vault, SMS, phones(count))


def _in_processes(settings: Settings, work: Any) -> tuple[float, int, int]:
    """Seconds of processes that begin together, ids that two had, and how many they had."""
    context = multiprocessing.get_context("spawn")
    barrier, said = context.Barrier(WORKERS + 1), context.Queue()
    given = settings.model_dump()
    processes = [context.Process(target=work, args=(given, barrier, said)) for _ in range(WORKERS)]
    for process in processes:
        process.start()
    barrier.wait(timeout=120)
    began = time.perf_counter()
    barrier.wait(timeout=600)
    seconds = time.perf_counter() - began
    taken = [one for _ in processes for one in said.get(timeout=60)]
    for process in processes:
        process.join(60)
    return seconds, len(taken) - len(set(taken)), len(taken)


def _worker(given: dict[str, Any], barrier: Any, said: Any) -> None:
    """Claims and acknowledges until nothing is due."""
    installation = Installation.open(Settings.model_validate(given), "worker")
    taken: list[bytes] = []
    _claim_batch(installation, 0)
    rest_collector()
    barrier.wait()
    while some := _claim_batch(installation, BATCH):
        taken += some
    barrier.wait()
    said.put(taken)


def _claim_batch(installation: Installation, limit: int) -> list[bytes]:
    now, claimer = installation.clock(), claimer_name()
    with installation.database.transaction() as session:
        cap = Limit(1, now, frozenset())
        due = claiming.take_due(session, claimer, CHANNELS, now, limit=limit, cap=cap)
        rows = [one.row for one in due if one.obstacle is None]
        claims = [Claim(row.id, "claimed", sender="bench") for row in rows]
        tokens = [claiming.token(token_hash(new_token(128)), row) for row in rows]
        claiming.write_claims(session, claimer, claims, tokens, now)
    if not rows:
        return []
    with installation.database.transaction() as session:
        recording.record(session, [Said(row, "sent", None, str(row.id)) for row in rows], now)
    return [row.id.bytes for row in rows]


def _bare_worker(given: dict[str, Any], barrier: Any, said: Any) -> None:
    """The same by the barest SQL."""
    installation = Installation.open(Settings.model_validate(given), "worker")
    taken: list[bytes] = []
    with installation.database.connection():
        pass
    barrier.wait()
    while some := _claim_barely(installation):
        taken += some
    barrier.wait()
    said.put(taken)


def _claim_barely(installation: Installation) -> list[bytes]:
    claimer = claimer_name()
    with installation.database.connection() as connection:
        given = {"claimer": claimer, "limit": BATCH}
        ids = list(connection.execute(_BARE_CLAIM, given).scalars())
    if not ids:
        return []
    with installation.database.connection() as connection:
        connection.execute(_BARE_ACKNOWLEDGE, {"ids": ids, "claimer": claimer})
    return [one.bytes for one in ids]
