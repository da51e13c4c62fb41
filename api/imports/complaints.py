"""Complaints of another system as tickets: one each, the same complaint once, told by digest.

What makes two complaints the same is decided by ``api.tickets.filing``, who the customer is by
``api.customers``: matched as customers of a file are, erased ones left out.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlmodel import Session

from api.core.crypto import Vault
from api.customers.errors import ItemsInvalid
from api.customers.people import Placed
from api.customers.repository.locks import lock_all_matching
from api.customers.schemas import CustomerRecord
from api.customers.service import place_customers
from api.imports import queries, repository
from api.imports.batches import ItemRefusals, batches
from api.imports.definitions import ensure_touchpoints, source_name
from api.imports.fields import EVENT, names_people
from api.imports.job import ImportJob
from api.imports.paths import place_rows
from api.imports.queries import StagedComplaint
from api.imports.rejects import RejectLog
from api.imports.responses import refuse_future, refuse_repeated
from api.imports.values import Refused, Reject, reason
from api.security.scope import Scope
from api.tickets.definitions.checks import ROLES
from api.tickets.definitions.file import SEVERITIES
from api.tickets.filing import Complaint, Filed, file_complaint
from api.tickets.published import LoopInForce, loop_in_force

USUAL_SEVERITY, USUAL_ROLE = 2, "branch_manager"
_NAMES = {"id": "customer_id", "source": "customer_source"}


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose complaint it is and which event it is about, as far as that is known."""

    person_id: UUID | None = None
    event_id: UUID | None = None
    erased: bool = False


def load(session: Session, job: ImportJob, log: RejectLog) -> None:
    """Opens a ticket for every new complaint; on any error nothing, and the log says what."""
    in_force = loop_in_force(session)
    if in_force is None:
        raise Refused(job.path.name, None, None, reason("no_loop"))
    refuse_repeated(session, job, log)
    refuse_future(session, job, log, "complained_at")
    if log.failed():
        return
    repository.drop_repeated(session)
    fine = ensure_touchpoints(session, job.mapping, log)
    if not place_rows(session, job.mapping, log, today=job.today) or not fine:
        return
    if names_people(job.mapping) or not job.mapping.columns.keys().isdisjoint(EVENT):
        lock_all_matching(session)
    source = source_name(job.mapping)
    for rows in batches(queries.staged_complaints(session, source)):
        for row, whose in zip(rows, _whose(session, job, log, source, rows), strict=True):
            complaint = _complaint(job, log, source, row, whose)
            if complaint is not None:
                _file(session, job, log, in_force, row, complaint)


def _whose(
    session: Session, job: ImportJob, log: RejectLog, source: str, rows: Sequence[StagedComplaint]
) -> list[Whose]:
    """Whose each complaint is; nobody's of one that is filed already, or that names nobody."""
    vault, refusals = job.installation.vault, ItemRefusals(job, log, _NAMES)
    named = {
        row.line: (row, record)
        for row in rows
        if row.whose is not None and not row.filed
        for record in [refusals.built(row, partial(_record, vault, source))]
        if record is not None
    }
    scope = Scope.whole_network(reason="import of a file by the operator")
    records = [record for _, record in named.values()]
    try:
        placed = place_customers(
            session, records, limits=scope, vault=vault, now=job.now, newer=False
        )
    except ItemsInvalid as error:
        refusals.add([row for row, _ in named.values()], error)
        placed = Placed([], [])
    known = dict(zip(named, zip(placed.people, placed.erased, strict=True), strict=False))
    return [_settled(session, source, row, *known.get(row.line, (None, False))) for row in rows]


def _record(vault: Vault, source: str, row: StagedComplaint) -> CustomerRecord | None:
    """The customer of a row, as the API takes one; None where nothing tells who it is.

    Raises what pydantic says of its shape.
    """
    given = json.loads(vault.decrypt(bytes.fromhex(row.whose or "")))
    own = {
        "id": given.pop("customer_id", None),
        "source": given.pop("customer_source", source),
        "unit": row.unit_code,
        "seen_at": row.complained_at,
    }
    record = CustomerRecord.model_validate(given | own)
    ways = (record.id, record.phone, record.email, record.openid, record.contact_ref)
    return record if any(ways) else None


def _settled(
    session: Session, source: str, row: StagedComplaint, person: UUID | None, erased: bool
) -> Whose:
    """With the event, where it was one of this branch's and of nobody else."""
    if row.filed or erased or row.event_id is None:
        return Whose(person, erased=erased)
    found = queries.event_at(session, row.branch_id, row.event_source or source, row.event_id)
    if found is None or (person is not None and found[1] != person):
        return Whose(person)
    return Whose(found[1], found[0])


def _file(  # noqa: PLR0917
    session: Session,
    job: ImportJob,
    log: RejectLog,
    in_force: LoopInForce,
    row: StagedComplaint,
    complaint: Complaint,
) -> None:
    match file_complaint(session, in_force, complaint, job.now):
        case Filed.OPENED:
            log.summary.written += 1
        case Filed.KNOWN:
            log.summary.unchanged += 1
        case Filed.AGAIN:
            why = reason("same_complaint")
            log.add(Reject(row.line, job.key_column, "skipped", why, row.external_id))
        case Filed.CHANGED:
            why = reason("known_other")
            log.add(Reject(row.line, job.key_column, "error", why, row.external_id))


def _complaint(
    job: ImportJob, log: RejectLog, source: str, row: StagedComplaint, whose: Whose
) -> Complaint | None:
    if whose.erased:
        log.add(Reject(row.line, job.key_column, "skipped", reason("erased"), row.external_id))
        return None
    severity = USUAL_SEVERITY if row.severity is None else int(row.severity)
    role = row.role or USUAL_ROLE
    if severity not in SEVERITIES.values():
        why = reason("no_severity")
        log.add(Reject(row.line, job.column_of("severity"), "error", why, str(severity)))
        return None
    if role not in ROLES:
        why = reason("unknown_role", role=role, known=", ".join(ROLES))
        log.add(Reject(row.line, job.column_of("role"), "error", why, role))
        return None
    return Complaint(
        branch_id=row.branch_id,
        source=source,
        external_id=row.external_id,
        complained_on=row.complained_on,
        words=row.words or "",
        said=row.said,
        product=row.product,
        category=row.category,
        touchpoint_id=row.touchpoint_id,
        severity=severity,
        role=role,
        person_id=whose.person_id,
        event_id=whose.event_id,
    )
