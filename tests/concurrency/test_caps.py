"""Eight writers and a large history: nobody is over any cap, and nobody is asked twice.

Every person has two events at the same moment; some of them arrive meanwhile, from systems that
know the person under different ids. The issue's size runs under `make soak`.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from asking import rows
from concurrency.test_asking_races import WRITERS, another_worker, at_once, waiting
from conftest import Office
from sqlalchemy import text

from api.core.database import Database
from api.core.installation import Installation
from api.customers.schemas import EVENTS
from api.customers.service import ingest_events
from api.invitations.bench_plan import EXAMPLES, NOW, Size, seed
from api.invitations.repository.benching import over_cap
from api.invitations.repository.seeding import seed_events
from api.invitations.service import decide_due
from api.security.scope import Scope

WHOLE = Scope.whole_network(reason="test")
BATCH = 16
VEHICLE_CAP = """
[[limit]]
name = "vehicle"
per = "vehicle"
days = 30
count = 1

[[segment]]"""


@dataclass(frozen=True)
class Crowd:
    """How many people with how long a history; ``arriving`` of them have events on their way."""

    people: int
    history: int
    arriving: int


SMALL = Crowd(people=1_500, history=60_000, arriving=160)
LARGE = Crowd(people=20_000, history=1_000_000, arriving=1_600)


def test_eight_writers_put_nobody_over_any_cap(real_office: Office, tmp_path: Path) -> None:
    prove(real_office, SMALL, tmp_path)


@pytest.mark.soak
def test_eight_writers_put_nobody_over_any_cap_over_a_million_rows(
    real_office: Office, tmp_path: Path
) -> None:
    prove(real_office, LARGE, tmp_path)


def prove(office: Office, crowd: Crowd, folder: Path) -> None:
    prepare(office, crowd, folder)
    at_once(arrive_and_decide(crowd), office)
    expected = 2 * crowd.people + 2 * crowd.arriving
    decided = rows(
        office.worker,
        "select count(*) as n, count(distinct event_id) as events from decision "
        "where reason <> 'outranked'",
    )
    assert [tuple(row) for row in decided] == [(expected, expected)]
    sent = rows(office.worker, "select count(*) as n from invitation where status = 'planned'")
    assert crowd.people / 20 < sent[0].n < crowd.people
    assert found_over(office) == 0
    by_count_and_insert(office)
    naive = rows(office.worker, "select count(*) as n from invitation where sender = 'naive'")
    assert found_over(office) > naive[0].n / 2 > 0, (
        "counting first must break, or this proves nothing"
    )


def prepare(office: Office, crowd: Crowd, folder: Path) -> None:
    """A network, its people and their history; two events of everybody, at the same moment."""
    example = (EXAMPLES / "rules/cars.toml").read_text("utf-8")
    rules = folder / "rules.toml"
    rules.write_text(example.replace("\n[[segment]]", VEHICLE_CAP, 1), "utf-8")
    size = Size(0, 0, people=crowd.people, history=crowd.history, days=1800, gap_days=80)
    seed(office.owner, size, rules=rules)
    with office.owner.connection() as connection:
        for source, first in (("dms", 0), ("crm", crowd.people)):
            numbers = range(first, first + crowd.people)
            seed_events(
                connection,
                people=crowd.people,
                numbers=numbers,
                now=NOW,
                source=source,
                shift=0 if first == 0 else 2 * BATCH,  # the twin is in somebody else's batch
            )
    with office.owner.reading() as connection:
        connection.execute(text("vacuum analyze"))
    office.clock.now = NOW


def arrive_and_decide(crowd: Crowd) -> Callable[[Installation], None]:
    """Takes in its share of what arrives, and decides until nothing waits."""
    turns = iter(range(WRITERS))
    turn_lock = threading.Lock()

    def work(installation: Installation) -> None:
        with turn_lock:
            turn = next(turns)
        for first in range(turn * 10, crowd.arriving, WRITERS * 10):
            arrive(installation, range(first, first + 10))
            decide_due(installation, BATCH)
        while waiting(installation):
            decide_due(installation, BATCH)

    return work


def arrive(installation: Installation, numbers: range) -> None:
    """Events of people who are known as ``dms`` and as ``crm`` (every third is)."""
    with installation.database.transaction() as session:
        unit = session.execute(text("select code from unit where kind = 'branch' limit 1")).scalar()
        events = [
            {
                "source": source,
                "external_id": f"late {number}",
                "touchpoint": "service",
                "unit": unit,
                "occurred_at": (NOW - timedelta(hours=25)).isoformat(),
                "customer": {"id": str(3 * (1 + number)), "source": source},
            }
            for number in numbers
            for source in ("dms", "crm")
        ]
        ingest_events(
            session,
            EVENTS.validate_python(events),
            limits=WHOLE,
            vault=installation.vault,
            now=NOW,
        )


def found_over(office: Office) -> int:
    with office.owner.connection() as connection:
        counted = over_cap(connection, person_days=90, household_days=30, object_days=30)
    return counted["over_cap"] + counted["invited_twice"]


def by_count_and_insert(office: Office) -> None:
    """Decides the same by counting first and inserting then, without a lock."""
    with office.owner.connection() as connection:
        connection.execute(text("delete from invitation where status = 'planned'"))
    events = rows(
        office.worker,
        "select e.id, e.person_id from event e where e.source = :source "
        "and e.external_id not like 'late%' order by e.person_id",
        source="dms",
    )
    twins = rows(
        office.worker,
        "select e.id, e.person_id from event e where e.source = :source "
        "and e.external_id not like 'late%' order by e.person_id",
        source="crm",
    )
    halves = iter([[tuple(row) for row in events], [tuple(row) for row in twins]])
    together = threading.Barrier(2)
    threads = [
        threading.Thread(target=naive, args=(office, next(halves), together)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)


def naive(office: Office, events: list[tuple[UUID, UUID]], together: threading.Barrier) -> None:
    """What others do: is there room? then insert."""
    installation = another_worker(office)
    database: Database = installation.database
    for first in range(0, len(events), 500):
        some = [event for event, _ in events[first : first + 500]]
        with database.connection() as connection:
            free = connection.execute(
                text(
                    "select e.id from event e where e.id = any(:ids) and not exists (select from "
                    "invitation i where i.person_id = e.person_id and i.status <> 'dropped' "
                    "and i.planned_at > cast(:now as timestamptz) - interval '90 days')"
                ),
                {"ids": some, "now": NOW},
            ).scalars()
            wanted = list(free)
            together.wait(timeout=60)
            connection.execute(
                text(
                    "insert into invitation (id, event_id, survey_code, survey_version_id, "
                    "reminder_number, person_id, branch_id, touchpoint_id, occurred_on, channel, "
                    "language, context, created_at, planned_at, expires_at, status, sender) "
                    "select gen_random_uuid(), e.id, 'car_service', s.id, 0, e.person_id, "
                    "e.branch_id, e.touchpoint_id, e.occurred_on, 'sms', 'zh', '{}', :now, :now, "
                    ":now, 'planned', 'naive' from event e cross join (select id from "
                    "survey_version where code = 'car_service') s where e.id = any(:ids)"
                ),
                {"ids": wanted, "now": NOW},
            )
    installation.close()
