"""Counts of answers per branch and period, as other systems publish them: cells of a span."""

from sqlmodel import Session

from api.cells.service import spans_changed
from api.imports import queries, repository
from api.imports.definitions import ensure_metrics, ensure_touchpoints
from api.imports.job import ImportJob
from api.imports.paths import place_rows
from api.imports.rejects import RejectLog
from api.imports.values import Reject, reason


def load(session: Session, job: ImportJob, log: RejectLog) -> None:
    """Writes the staged counts; on any error nothing, and the log says what it was."""
    mapping = job.mapping
    for line, first, branch in queries.repeated_counts(session):
        why = reason("duplicate_count", unit=branch, first=first)
        log.add(Reject(line, job.leaf_column, "error", why, branch))
    if log.failed():
        return
    fine = ensure_touchpoints(session, mapping, log) & ensure_metrics(session, mapping, log)
    if not place_rows(session, mapping, log, today=job.today) or not fine:
        return
    codes = [metric.code for metric in mapping.metrics]
    _refuse_overlaps(session, job, log, codes)
    if log.failed():
        return
    changed = [
        repository.upsert_counts(session, metric.code, metric.scale, position)
        for position, metric in enumerate(mapping.metrics)
    ]
    log.summary.written = max(changed, default=0)
    log.summary.unchanged = repository.staged_rows(session) - log.summary.written
    if log.summary.written:
        days = queries.first_days(session)
        spans_changed(session, {(code, day) for code in codes for day in days})


def _refuse_overlaps(session: Session, job: ImportJob, log: RejectLog, codes: list[str]) -> None:
    for line, branch, first, end in queries.overlapping_cells(session, codes):
        why = reason("overlaps", unit=branch, first=first, end=end)
        log.add(Reject(line, job.leaf_column, "error", why, branch))
