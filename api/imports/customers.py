"""Customers from a file: matched, merged and completed by ``api.customers``, erased ones left out.

A customer whom the file says nothing new of is counted as unchanged.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.core.crypto import Vault
from api.customers.errors import ItemsInvalid
from api.customers.holds import record_holds
from api.customers.repository.locks import lock_all_matching
from api.customers.schemas import CustomerNamed, CustomerRecord, HoldIn
from api.customers.service import save_customers
from api.imports import queries
from api.imports.batches import ItemRefusals, batches
from api.imports.convert import Converted
from api.imports.events import CUSTOMER, attributes
from api.imports.job import ImportJob
from api.imports.rejects import RejectLog
from api.imports.values import Reject, reason
from api.security.scope import Scope

_NAMES = {"id": "external_id", "given_at": "consent_at", "wording_version": "consent_wording",
          "channel": "consent_channel", "purpose": "consent_purpose",
          "reason": "hold_reason", "opened_at": "hold_opened_at",
          "closed_at": "hold_closed_at"}  # fmt: skip
_CONSENT = {"consent_purpose": "purpose", "consent_channel": "channel",
            "consent_granted": "granted", "consent_wording": "wording_version",
            "consent_source": "source", "consent_at": "given_at"}  # fmt: skip
_HOLD = {"hold_reason": "reason", "hold_opened_at": "opened_at", "hold_closed_at": "closed_at"}


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """What a row says: the customer, and why not to ask, if it says that."""

    record: CustomerRecord
    hold: HoldIn | None


Item = tuple[Converted, CustomerRow]


def load(session: Session, job: ImportJob, log: RejectLog, rows: Iterable[Converted]) -> None:
    """Writes the customers of the file in batches; any error leaves nothing of it."""
    lock_all_matching(session)
    refusals = ItemRefusals(job, log, _NAMES)
    for batch in batches(rows):
        built = [(row, refusals.built(row, customer_row)) for row in batch]
        _save(session, job, log, refusals, [(row, made) for row, made in built if made is not None])


def customer_row(row: Converted) -> CustomerRow:
    """The row as what the API takes; raises what pydantic says of its shape."""
    record = customer_record(row)
    given = {theirs: row.fields[ours] for ours, theirs in _HOLD.items() if ours in row.fields}
    if "reason" not in given:
        return CustomerRow(record, None)
    name = row.fields.get("hold_id") or f"{record.id}:{given['reason']}"
    named = CustomerNamed(id=record.id, source=record.source)
    hold = {"source": record.source, "external_id": name, "customer": named, **given}
    return CustomerRow(record, HoldIn.model_validate(hold))


def customer_record(row: Converted) -> CustomerRecord:
    """The row as the customer that the API takes; raises what pydantic says of its shape."""
    given = row.fields
    values: dict[str, Any] = {name: given[name] for name in CUSTOMER if name in given}
    values |= {name: given[name] for name in ("source", "unit") if name in given}
    values["attributes"] = attributes(row)
    values["id"] = given.get("external_id") or row.external_id
    consent = {theirs: given[ours] for ours, theirs in _CONSENT.items() if ours in given}
    if "given_at" in consent:
        values["consent"] = [consent]
    return CustomerRecord.model_validate(values)


def _save(
    session: Session, job: ImportJob, log: RejectLog, refusals: ItemRefusals, items: list[Item]
) -> None:
    if not items:
        return
    vault = job.installation.vault
    scope = Scope.whole_network(reason="import of a file by the operator")
    keys = [(one.record.source, str(one.record.id)) for _, one in items]
    before = _known(session, vault, keys)
    records = [one.record for _, one in items]
    holds = [one.hold for _, one in items if one.hold is not None]
    try:
        people = save_customers(session, records, limits=scope, vault=vault, now=job.now)
        record_holds(session, holds, limits=scope, vault=vault, now=job.now)
    except ItemsInvalid as error:
        refusals.add([row for row, _ in items], error)
        return
    after = _known(session, vault, keys)
    for (row, _), key, person in zip(items, keys, people, strict=True):
        if person is None:
            column = job.column_of("external_id")
            log.add(Reject(row.line, column, "skipped", reason("erased")))
        elif before.get(key) == after.get(key):
            log.summary.unchanged += 1
        else:
            log.summary.written += 1


def _known(
    session: Session, vault: Vault, keys: list[tuple[str, str]]
) -> dict[tuple[str, str], tuple[UUID, Any]]:
    """What is stored of the persons behind the source ids, readable, to be compared."""
    found = queries.people_of_sources(session, keys)
    return {key: (one.id, (one.name and vault.decrypt(one.name), one.rest)) for key, one in found}
