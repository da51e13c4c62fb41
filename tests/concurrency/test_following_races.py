"""Whoever looks at chains and waves at the same moment: each step is taken once."""

import threading
from collections.abc import Callable
from datetime import timedelta

from asking import add_customer, add_event, change, make_network, one, rows
from conftest import NOW, Office, as_role

from api.core.database import Database
from api.core.installation import Installation
from api.invitations.following import follow_up_due
from api.invitations.service import decide_due
from api.surveys.definitions import read_rules
from api.surveys.service import publish_rules
from scheduler.jobs.asking import make_waves

WORKERS = 4
CHAINS = 40
RULES = """
code = "races"
version = 1
effective_from = 2026-01-01T00:00:00+08:00
[cap]
days = 90
count = 1
[[segment]]
name = "all"
[[rule]]
touchpoint = "service"
survey = "car_service"
delay_hours = 0
max_age_days = 7
expiry_days = 14
quiet_hours = ["21:00", "09:00"]
reminder = [{ after_days = 3 }]
channels = { all = ["sms"] }
templates = { sms = "invite_sms" }
[[wave]]
code = "spring"
touchpoint = "service"
segment = "all"
on = 2026-01-01
per_day = 7
"""


def at_once(office: Office, work: Callable[[Installation], int]) -> int:
    """What ``work`` says in all, done by several workers that begin together."""
    barrier, said = threading.Barrier(WORKERS), list[int]()

    def begin() -> None:
        database = Database(as_role(office.owner.url, "bp_worker"), pool_size=2)
        worker = Installation(office.settings, database, office.worker.vault, office.clock)
        barrier.wait(timeout=30)
        said.append(work(worker))
        worker.close()

    threads = [threading.Thread(target=begin) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(said) == WORKERS
    return sum(said)


def test_every_step_of_a_chain_and_every_wave_of_a_day_is_taken_by_one_worker(
    real_office: Office,
) -> None:
    network = make_network(real_office.owner, rules=None)
    with real_office.owner.transaction() as session:
        publish_rules(session, read_rules(RULES, "rules"), NOW)
    for number in range(CHAINS):
        someone = add_customer(
            real_office.owner, real_office.worker.vault, network.branches[0],
            phone=f"+861990000{number:04d}",
        )  # fmt: skip
        add_event(real_office.owner, network, someone, occurred_at=NOW)
    decide_due(real_office.worker)
    change(
        real_office.worker,
        "update invitation set status = 'sent', sent_at = planned_at, sender = 'console'",
    )
    real_office.clock.now = NOW + timedelta(days=4)
    taken = at_once(real_office, lambda worker: follow_up_due(worker, 15) + follow_up_due(worker))
    assert taken <= CHAINS
    while follow_up_due(real_office.worker):
        pass
    kinds = rows(real_office.worker, "select kind, count(*) as n from invitation group by 1")
    assert {row.kind: row.n for row in kinds} == {"first": CHAINS, "reminder": CHAINS}
    assert at_once(real_office, make_waves) == 7
    events = "select count(*) as n from event where source = 'wave:spring'"
    assert one(real_office.worker, events).n == 7
