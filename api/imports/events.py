"""Touchpoint events from a file: the event contract of the API, read from columns.

What is new, what changed and what contradicts is decided by ``api.customers``; a repeated event
changes nothing.
"""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session

from api.customers.errors import ItemsConflict, ItemsInvalid
from api.customers.repository.locks import lock_all_matching
from api.customers.schemas import CustomerIn, EventIn
from api.customers.service import ingest_events
from api.imports.batches import ItemRefusals, batches
from api.imports.convert import Converted
from api.imports.fields import ATTRIBUTE
from api.imports.job import ImportJob
from api.imports.rejects import RejectLog
from api.security.scope import Scope

CUSTOMER = ("name", "phone", "email", "openid", "contact_ref", "birth_year", "language",
            "timezone", "value_tier", "household")  # fmt: skip
OWN = ("source", "external_id", "revision", "touchpoint", "unit", "occurred_at", "employee",
       "vehicle", "account", "order", "amount")  # fmt: skip
_NAMES = {"id": "customer_id", "source": "customer_source", "cancelled": "status"}
CANCELLED = "cancelled"


def load(session: Session, job: ImportJob, log: RejectLog, rows: Iterable[Converted]) -> None:
    """Writes the events of the file in batches; any error leaves nothing of it."""
    lock_all_matching(session)
    scope = Scope.whole_network(reason="import of a file by the operator")
    refusals = ItemRefusals(job, log, {name: name for name in OWN} | _NAMES)
    vault = job.installation.vault
    for batch in batches(rows):
        built = [(row, refusals.built(row, event_in)) for row in batch]
        taken = [(row, event) for row, event in built if event is not None]
        if not taken:
            continue
        try:
            results = ingest_events(
                session, [event for _, event in taken], limits=scope, vault=vault, now=job.now
            )
        except (ItemsInvalid, ItemsConflict) as error:
            refusals.add([row for row, _ in taken], error)
            continue
        unchanged = sum(result.outcome == "unchanged" for result in results)
        log.summary.unchanged += unchanged
        log.summary.written += len(results) - unchanged


def event_in(row: Converted) -> EventIn:
    """The row as the event that the API takes; raises what pydantic says of its shape."""
    given = dict(row.fields)
    if row.external_id and "external_id" not in given:
        given["external_id"] = row.external_id
    values: dict[str, Any] = {name: given[name] for name in OWN if name in given}
    values["cancelled"] = given.get("status", "").lower() == CANCELLED
    values["attributes"] = attributes(row)
    person = {name: given[name] for name in CUSTOMER if name in given}
    if "customer_id" in given:
        person["id"] = given["customer_id"]
        person["source"] = given.get("customer_source")
    if person:
        values["customer"] = CustomerIn.model_validate(person)
    return EventIn.model_validate(values)


def attributes(row: Converted) -> dict[str, str]:
    """The row's own attributes, without the prefix of their fields."""
    return {
        name.removeprefix(ATTRIBUTE): value
        for name, value in row.fields.items()
        if name.startswith(ATTRIBUTE)
    }
