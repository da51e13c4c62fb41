"""Bench `ingest`: events over HTTP in batches, encrypted and matched, against a bare COPY.

The server is a real process with fsync on; the client runs on the same machine. The reference
copies the same rows, ready made, into a copy of the event table with its indexes.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import orjson

from api.core.bench import WEB_APP, Target, percentile, report, temporary_installation, web_process
from api.core.database import Database
from api.core.ids import new_token, token_hash
from api.core.settings import Settings
from api.customers.repository.seeding import copy_reference, count_stored, seed_network

BATCH = 1_000
BRANCHES = 300
SENDERS = 2
PER_SECOND = 2_000
SHARE_OF_COPY = 0.006  # encrypted, matched and over HTTP, against bare rows of one table
_START = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)


def bench_ingest(full: bool, factory: str = WEB_APP) -> dict[str, Any]:
    """Sends 100,000 events (a tenth, when not ``full``) and reports how many a second.

    The full size has to reach the stated rate; the plain one only its share of COPY, which a busy
    machine slows as much.
    """
    events = 100_000 if full else 10_000
    token = new_token()
    with temporary_installation() as settings:
        owner = _owner(settings)
        try:
            with owner.connection() as connection:
                seed_network(connection, BRANCHES, token_hash(token), date(2020, 1, 1))
            with web_process(settings, factory) as address:
                _send(address, token, events=SENDERS * BATCH, source="warm")
                seconds, waits = _send(address, token, events=events, source="dms")
            with owner.connection() as connection:
                stored = count_stored(connection)
                rows, copied = copy_reference(connection)
        finally:
            owner.close()
    rate, bare = events / seconds, rows / copied
    figures = {
        "events": events,
        "events_per_second": round(rate),
        "seconds": round(seconds, 2),
        "senders": SENDERS,
        "batch_p50_ms": round(1000 * percentile(waits, 0.5)),
        "batch_p95_ms": round(1000 * percentile(waits, 0.95)),
        "share_of_copy": round(rate / bare, 4),
        **stored,
    }
    return report(
        "ingest",
        full=full,
        figures=figures,
        targets=[
            Target("events_per_second", at_least=PER_SECOND)
            if full
            else Target("share_of_copy", at_least=SHARE_OF_COPY),
            Target("events_stored", at_least=events + SENDERS * BATCH),
        ],
        reference={"name": "COPY of the same event rows", "rows_per_second": round(bare)},
    )


def _owner(settings: Settings) -> Database:
    assert settings.admin_database_url is not None
    return Database(settings.admin_database_url.get_secret_value(), pool_size=1)


def _send(address: str, token: str, *, events: int, source: str) -> tuple[float, list[float]]:
    """Posts every batch by a few senders; seconds in all (client included) and of each batch."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    with (
        httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as client,
        ThreadPoolExecutor(SENDERS) as senders,
    ):

        def post(first: int) -> float:
            body = _batch(range(first, min(first + BATCH, events)), source)
            sent = time.perf_counter()
            client.post("/api/v1/events", content=body).raise_for_status()
            return time.perf_counter() - sent

        began = time.perf_counter()
        waits = list(senders.map(post, range(0, events, BATCH)))
        return time.perf_counter() - began, waits


def _batch(numbers: range, source: str) -> bytes:
    return orjson.dumps([_event(number, source) for number in numbers])


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
