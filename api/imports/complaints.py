"""Complaints of another system as tickets: one each, the same complaint once, told by digest.

What makes two complaints the same is decided by ``api.tickets.filing``.
"""

from sqlmodel import Session

from api.imports import queries, repository
from api.imports.definitions import ensure_touchpoints, source_name
from api.imports.job import ImportJob
from api.imports.paths import place_rows
from api.imports.queries import StagedComplaint
from api.imports.rejects import RejectLog
from api.imports.responses import refuse_future, refuse_repeated
from api.imports.values import Refused, Reject, reason
from api.tickets.definitions.checks import ROLES
from api.tickets.definitions.file import SEVERITIES
from api.tickets.filing import Complaint, Filed, file_complaint
from api.tickets.published import LoopInForce, loop_in_force

USUAL_SEVERITY, USUAL_ROLE = 2, "branch_manager"


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
    source = source_name(job.mapping)
    for row in queries.staged_complaints(session):
        complaint = _complaint(job, log, source, row)
        if complaint is not None:
            _file(session, job, log, in_force, row, complaint)


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
    job: ImportJob, log: RejectLog, source: str, row: StagedComplaint
) -> Complaint | None:
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
    )
