"""How long a Monday takes: a ranking for each of many recipients, with its PDF, handed to SMTP.

Written by this process, printed by as many as a worker has beside it, and sent by one more; the
mail server is a stand-in on loopback that counts what it took. Every recipient has a unit less one
of its branches, so that hardly two letters are alike and each is set for itself:
``rankings_unlike``.
"""

import time
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from api.core.bench import Target
from api.core.database import Database
from api.core.ids import new_id
from api.core.installation import Installation
from api.core.settings import Settings
from api.reports.service import send_due_rankings
from api.reports.windows import last_due
from scheduler.benches.bench_report_packs import worker
from scheduler.benches.seeding import owner_of
from scheduler.benches.stubs import Providers, providers

RANKINGS_S = 60.0
PATIENCE = 600.0
_UNITS = text(
    "select above.id, array_agg(p.unit_id order by p.unit_id) from unit above join unit_parent p "
    "on p.parent_id = above.id and p.valid_to is null join unit branch on branch.id = p.unit_id "
    "and branch.kind = 'branch' group by above.id order by above.id"
)
_ACCOUNT = text(
    "insert into account (id, name, language, status, created_at) "
    "values (:id, :name, 'zh', 'active', now())"
)
_GRANT = text(
    "insert into access_grant (id, account_id, role, unit_id, excluded, valid_from) "
    "values (:id, :account, 'regional_manager', :unit, :excluded, '2020-01-01')"
)
_ADDRESS = text(
    "insert into login_identifier (id, account_id, kind, value_hash, value_encrypted) "
    "values (:id, :account, 'email', :hash, :value)"
)
_OTHERS = text(
    "update account set status = 'deactivated' where id in "
    "(select account_id from access_grant where role = 'regional_manager')"
)
# Whoever got the ranking of the week before is due now, on whichever day this runs.
_WEEK_BEFORE = text(
    "insert into job_window (job, key, done_until) values ('weekly_ranking', :key, :until)"
)
_PRINTED = text(
    "select count(*) from outbox_message where kind = 'weekly_ranking' and attachment is not null"
)
_LETTERS = text("select body_html_encrypted from outbox_message where kind = 'weekly_ranking'")


def measure_rankings(settings: Settings, recipients: int) -> dict[str, Any]:
    """Figures of one Monday morning with that many recipients."""
    owner = owner_of(settings)
    with providers() as stub:
        live = settings.with_changes(**stub.settings())
        house = Installation.open(live, "worker")
        try:
            seed_recipients(owner, house, recipients)
            with ExitStack() as workers:
                for loop in ["letters", *["letter files"] * live.report_processes]:
                    workers.enter_context(worker(live, loop))
                time.sleep(6)  # until all are up and warm
                began = time.perf_counter()
                written = send_due_rankings(house)
                writing = time.perf_counter() - began
                mails = _until(stub, recipients)
                seconds = time.perf_counter() - began
            with owner.connection() as connection:
                printed = connection.execute(_PRINTED).scalar_one()
                letters = connection.execute(_LETTERS).scalars()
                distinct = {house.vault.decrypt(bytes(one)) for one in letters}
        finally:
            house.close()
            owner.close()
    return {
        "rankings": written,
        "rankings_unlike": len(distinct),
        "rankings_s": round(seconds, 1),
        "rankings_written_s": round(writing, 1),
        "rankings_lost": recipients - len(mails),
        "rankings_without_pdf": recipients - printed,
        "rankings_twice": sum(count > 1 for count in mails.values()),
    }


def ranking_targets(full: bool) -> list[Target]:
    """What a Monday must reach."""
    exact = ("rankings_lost", "rankings_without_pdf", "rankings_twice")
    right = [Target(name, at_most=0) for name in exact]
    return [*right, Target("rankings_s", at_most=RANKINGS_S)] if full else right


def seed_recipients(owner: Database, house: Installation, recipients: int) -> list[UUID]:
    """Managers of what has branches, in turn, each without another branch of it; nobody else."""
    made = []
    with owner.connection() as connection:
        connection.execute(_OTHERS)
        units = list(connection.execute(_UNITS))
        for number in range(recipients):
            account, mail = new_id(), f"manager{number}@example.com"
            connection.execute(_ACCOUNT, {"id": account, "name": f"manager {number}"})
            unit, branches = units[number % len(units)]
            left_out = branches[number // len(units) % len(branches)]
            granted = {"account": account, "unit": unit, "excluded": False}
            connection.execute(_GRANT, granted | {"id": new_id()})
            taken = {"unit": left_out, "excluded": True}
            connection.execute(_GRANT, granted | taken | {"id": new_id()})
            hashed = house.vault.lookup_hash("email", mail)
            values = {"id": new_id(), "account": account, "hash": hashed}
            connection.execute(_ADDRESS, values | {"value": house.vault.encrypt(mail)})
            until = last_due(house.clock(), "Asia/Shanghai") - timedelta(weeks=1)
            key = f"{account}:{unit}:usual"
            connection.execute(_WEEK_BEFORE, {"key": key, "until": until})
            made.append(account)
    return made


def _until(stub: Providers, wanted: int) -> dict[str, int]:
    """Waits until the mail server took as many; what it took, by our id."""
    deadline = time.monotonic() + PATIENCE
    while True:
        mails = stub.taken()["smtp"]
        if len(mails) >= wanted or time.monotonic() > deadline:
            return mails
        time.sleep(0.2)
