"""Bench `ingest`: events over HTTP in batches, encrypted and matched, against a bare COPY.

The server is a real process with fsync on; the client runs on the same machine. The reference
copies the same rows, ready made, into a copy of the event table with its indexes.
"""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import orjson

from api.core.bench import WEB_APP, Target, report, temporary_installation, web_process
from api.core.database import Database
from api.core.ids import new_token, token_hash
from api.core.settings import Settings
from api.customers.repository.seeding import copy_reference, count_stored, seed_network

BATCH = 1_000
BRANCHES = 300
PER_SECOND = 2_000
_START = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)


def bench_ingest(full: bool, factory: str = WEB_APP) -> dict[str, Any]:
    """Sends 100,000 events (a tenth, when not ``full``) and reports how many a second."""
    events = 100_000 if full else 10_000
    token = new_token()
    with temporary_installation() as settings:
        owner = _owner(settings)
        try:
            with owner.connection() as connection:
                seed_network(connection, BRANCHES, token_hash(token), date(2020, 1, 1))
            with web_process(settings, factory) as address:
                _send(address, token, _batches(2 * BATCH, "warm"))
                seconds, waits = _send(address, token, _batches(events, "dms"))
            with owner.connection() as connection:
                stored = count_stored(connection)
                rows, copied = copy_reference(connection)
        finally:
            owner.close()
    rate, bare = events / seconds, rows / copied
    waits.sort()
    figures = {
        "events": events,
        "events_per_second": round(rate),
        "seconds": round(seconds, 2),
        "batch_p50_ms": round(1000 * waits[len(waits) // 2]),
        "batch_max_ms": round(1000 * waits[-1]),
        "share_of_copy": round(rate / bare, 4),
        **stored,
    }
    return report(
        "ingest",
        full=full,
        figures=figures,
        targets=[
            Target("events_per_second", at_least=PER_SECOND),
            Target("events_stored", at_least=events + 2 * BATCH),
        ],
        reference={"name": "COPY of the same event rows", "rows_per_second": round(bare)},
    )


def _owner(settings: Settings) -> Database:
    assert settings.admin_database_url is not None
    return Database(settings.admin_database_url.get_secret_value(), pool_size=1)


def _send(address: str, token: str, batches: Iterator[bytes]) -> tuple[float, list[float]]:
    """Posts every batch, one after the other; seconds in all (client included) and of each."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    waits = []
    with httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as client:
        began = time.perf_counter()
        for body in batches:
            sent = time.perf_counter()
            client.post("/api/v1/events", content=body).raise_for_status()
            waits.append(time.perf_counter() - sent)
        return time.perf_counter() - began, waits


def _batches(events: int, source: str) -> Iterator[bytes]:
    for first in range(0, events, BATCH):
        numbers = range(first, min(first + BATCH, events))
        yield orjson.dumps([_event(number, source) for number in numbers])


def _event(number: int, source: str) -> dict[str, Any]:
    """A service visit; every third customer has been there before under another id."""
    who = number if number % 3 else number // 2
    return {
        "source": source,
        "external_id": f"{source}-{number}",
        "touchpoint": "service_visit",
        "unit": f"B{number % BRANCHES:04d}",
        "occurred_at": (_START + timedelta(seconds=number)).isoformat(),
        "employee": f"advisor {number % 7}",
        "vehicle": f"LSV{number:014d}",
        "order": f"RO-{number}",
        "amount": f"{number % 5000}.50",
        "attributes": {"kind": "maintenance", "km": number % 200_000},
        "customer": {
            "id": f"{source}-customer-{number}",
            "name": f"客户{who}",
            "phone": f"199{who % 100_000_000:08d}",
            "email": f"customer{who}@example.com",
            "birth_year": 1950 + who % 55,
            "language": "zh",
            "consent": [
                {"wording_version": "2026-01", "channel": "sms", "given_at": _START.isoformat()}
            ],
        },
    }
