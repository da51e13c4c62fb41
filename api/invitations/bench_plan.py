"""`branchpulse bench plan`: how many events are decided a second, with reasons and written.

In batches, as the worker's loop does it, by two processes; and one event per transaction by eight.
The rules are those of the example for a car network: a floor, a cap per household, one since
completion, sampling, lots. The reference writes the same decisions and invitations again by bare
SQL with as many processes and rows per transaction, and does nothing else. Afterwards SQL counts
who is over a cap.
"""

import multiprocessing
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from api.core.bench import Target, report, temporary_installation
from api.core.database import Database
from api.core.installation import Installation
from api.core.settings import Settings
from api.invitations.repository import benching
from api.invitations.repository.seeding import Crowd, seed_crowd, seed_events
from api.invitations.service import BATCH, decide_batch
from api.network.plans import NewUnit, Profile
from api.network.service import add_units, ensure_touchpoints, set_network
from api.surveys.files import publish_file

NOW = datetime(2026, 11, 18, 4, tzinfo=UTC)  # noon in Shanghai
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BRANCHES = 300
BATCH_PROCESSES = 2
SINGLE_WRITERS = 8
PER_SECOND = 5_000
SINGLES_PER_SECOND = 500
NIGHT_SECONDS = 60.0
SHARE_OF_BATCH = 0.05
SHARE_OF_SINGLE = 0.1


@dataclass(frozen=True)
class Size:
    """How many events in batches and one by one, how many people, how much history."""

    batch: int
    single: int
    people: int
    history: int
    days: int = 720
    gap_days: int = 0


FULL = Size(batch=100_000, single=10_000, people=100_000, history=400_000)
TENTH = Size(batch=10_000, single=2_000, people=10_000, history=40_000)


def bench_plan(full: bool) -> dict[str, Any]:
    """The bench's document; ``full`` is the stated size: a night's file of 100,000 events."""
    size = FULL if full else TENTH
    with temporary_installation() as settings:
        owner = _owner(settings)
        try:
            seed(owner, size)
            batch = _decide(owner, settings, size, range(size.batch), BATCH_PROCESSES, BATCH)
            bare_batch = _written_bare(owner, settings, BATCH_PROCESSES, BATCH)
            numbers = range(size.batch, size.batch + size.single)
            single = _decide(owner, settings, size, numbers, SINGLE_WRITERS, 1)
            bare_single = _written_bare(owner, settings, SINGLE_WRITERS, 1)
            with owner.connection() as connection:
                counted = benching.over_cap(connection, person_days=90, household_days=30)
        finally:
            owner.close()
    figures = {
        "events": size.batch,
        "history": size.history,
        "batch_seconds": round(batch.seconds, 2),
        "batch_per_second": round(batch.rate),
        "batch_share": round(batch.rate / bare_batch.rate, 3),
        "single_per_second": round(single.rate),
        "single_share": round(single.rate / bare_single.rate, 3),
        "reasons": batch.reasons,
        "invitations": batch.invitations,
        "undecided": batch.undecided + single.undecided,
        **counted,
    }
    reference = {
        "what": "the same decisions and invitations inserted again by bare SQL, with as many "
        "processes and rows per transaction",
        "batch_per_second": round(bare_batch.rate),
        "single_per_second": round(bare_single.rate),
    }
    return report("plan", full=full, figures=figures, targets=_targets(full), reference=reference)


def _targets(full: bool) -> list[Target]:
    right = [
        Target("over_cap", at_most=0),
        Target("invited_twice", at_most=0),
        Target("undecided", at_most=0),
    ]
    if full:
        return [
            *right,
            Target("batch_per_second", at_least=PER_SECOND),
            Target("batch_seconds", at_most=NIGHT_SECONDS),
            Target("single_per_second", at_least=SINGLES_PER_SECOND),
        ]
    return [
        *right,
        Target("batch_share", at_least=SHARE_OF_BATCH),
        Target("single_share", at_least=SHARE_OF_SINGLE),
    ]


def seed(owner: Database, size: Size, *, rules: Path = EXAMPLES / "rules/cars.toml") -> None:
    """A network of the example's rules, and its people."""
    since = date(2020, 1, 1)
    with owner.transaction() as session:
        set_network(session, name_zh="网络", name_en="Network")
        ensure_touchpoints(session, "cars")
        profile = Profile(city_tier="1", brand="远山")
        units = [NewUnit("R1", "region", "华东", "network", since)]
        units += [
            NewUnit(f"D{number}", "branch", f"D{number}", "R1", since, profile=profile)
            for number in range(BRANCHES)
        ]
        add_units(session, units)
        for name in ("car_sales", "car_service"):
            publish_file(session, "survey", EXAMPLES / f"surveys/{name}.toml", NOW)
        publish_file(session, "message", EXAMPLES / "messages/invitation.toml", NOW)
        publish_file(session, "rules", rules, NOW)
    with owner.connection() as connection:
        seed_crowd(connection, Crowd(size.people, size.history, size.days, size.gap_days), NOW)


@dataclass(frozen=True)
class Run:
    """What one run came to."""

    rows: int
    seconds: float
    reasons: dict[str, int]
    invitations: int = 0
    undecided: int = 0

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def _decide(  # noqa: PLR0917
    owner: Database, settings: Settings, size: Size, numbers: range, processes: int, limit: int
) -> Run:
    """Seeds events, decides them all, and looks at what came of them."""
    source = f"night of {limit}"
    with owner.connection() as connection:
        benching.forget_bare(connection)
        seed_events(
            connection, people=size.people, numbers=numbers, now=NOW, source=source, stride=7919
        )
    _vacuum(owner)
    seconds = in_processes(settings, processes, deciding_process, limit)
    with owner.connection() as connection:
        found = benching.decided(connection, source)
    return Run(len(numbers), seconds, found.reasons, found.invitations, found.undecided)


def _written_bare(owner: Database, settings: Settings, processes: int, limit: int) -> Run:
    """Writes what the run before wrote, again and by bare SQL."""
    with owner.connection() as connection:
        rows = benching.set_aside(connection)
    _vacuum(owner)
    seconds = in_processes(settings, processes, writing_process, limit)
    return Run(rows, seconds, {})


def in_processes(settings: Settings, processes: int, work: Any, limit: int) -> float:
    """Runs ``work`` in processes that begin together; seconds from the start to the last end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # the imports once, not by every process
    barrier, ended = context.Barrier(processes + 1), context.Queue()
    given = settings.model_dump()
    started = [
        context.Process(target=work, args=(given, number, processes, limit, barrier, ended))
        for number in range(processes)
    ]
    for process in started:
        process.start()
    barrier.wait(timeout=120)
    began = time.perf_counter()
    failures = [ended.get(timeout=900) for _ in started]
    seconds = time.perf_counter() - began
    for process in started:
        process.join(30)
    if any(failures):
        raise RuntimeError(f"a process failed: {failures}")
    return seconds


def deciding_process(  # noqa: PLR0917
    given: dict[str, Any], number: int, processes: int, limit: int, barrier: Any, ended: Any
) -> None:
    """The worker's loop of deciding, until nothing waits."""
    installation = Installation.open(Settings.model_validate(given), "worker")
    failure = None
    try:
        with installation.database.transaction() as session:
            session.execute(text("select 1"))
        barrier.wait(timeout=120)
        misses = 0
        while misses < 3:
            with installation.database.transaction() as session:
                done = decide_batch(session, NOW, limit)
            misses = 0 if done else misses + 1
            if not done:
                time.sleep(0.02)
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    ended.put(failure)
    installation.close()


def writing_process(  # noqa: PLR0917
    given: dict[str, Any], number: int, processes: int, limit: int, barrier: Any, ended: Any
) -> None:
    """Inserts its share of what was set aside, ``limit`` decisions per transaction."""
    installation = Installation.open(Settings.model_validate(given), "worker")
    failure = None
    try:
        with installation.database.connection() as connection:
            share = benching.share_of(connection, number, processes)
        barrier.wait(timeout=120)
        for first in range(share.start, share.stop, limit):
            with installation.database.connection() as connection:
                benching.write_bare(connection, first, min(first + limit, share.stop))
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    ended.put(failure)
    installation.close()


def _owner(settings: Settings) -> Database:
    assert settings.admin_database_url is not None
    return Database(settings.admin_database_url.get_secret_value(), pool_size=1)


def _vacuum(owner: Database) -> None:
    """What autovacuum does in the life of an installation."""
    with owner.reading() as connection:
        connection.execute(text("vacuum analyze"))
