"""Answers of another system: one row each, written once, counted by the cells like our own."""

from datetime import timedelta

from sqlmodel import Session

from api.imports import queries, repository
from api.imports.definitions import ensure_metrics, ensure_survey, ensure_touchpoints, source_name
from api.imports.job import ImportJob
from api.imports.paths import place_rows
from api.imports.rejects import RejectLog
from api.imports.values import Reject, reason

FRESH = timedelta(days=14)
"""Answers no older than that are looked at by the alert rules: a weekly file may come late. What is
older is history."""


def load(session: Session, job: ImportJob, log: RejectLog) -> None:
    """Writes the staged answers; on any error nothing, and the log says what it was."""
    mapping = job.mapping
    refuse_repeated(session, job, log)
    refuse_future(session, job, log, "answered_at")
    if log.failed():
        return
    repository.drop_repeated(session)
    fine = ensure_touchpoints(session, mapping, log) & ensure_metrics(session, mapping, log)
    if not place_rows(session, mapping, log, today=job.today) or not fine:
        return
    source = source_name(mapping)
    codes = [metric.code for metric in mapping.metrics]
    _refuse_changed(session, job, log, source)
    if log.failed():
        return
    version = ensure_survey(session, mapping, now=job.now)
    written = repository.insert_responses(
        session, source=source, survey_version_id=version, language=job.language
    )
    repository.insert_answers(session, codes)
    repository.insert_comments(session)
    repository.mark_days_dirty(session)
    repository.mark_for_alerts(session, job.now - FRESH, job.now)
    log.summary.written = written
    log.summary.unchanged = repository.staged_rows(session) - written


def refuse_repeated(session: Session, job: ImportJob, log: RejectLog) -> None:
    """The same row again is skipped; another row under the same id is an error."""
    column = job.key_column
    for line, first, same, key in queries.repeated(session):
        if same:
            log.add(Reject(line, column, "skipped", reason("duplicate", first=first), key))
        else:
            log.add(Reject(line, column, "error", reason("duplicate_other", first=first), key))


def refuse_future(session: Session, job: ImportJob, log: RejectLog, field: str) -> None:
    """An answer or complaint cannot be from the day after tomorrow."""
    latest = queries.latest_moment(session)
    if latest is not None and latest[1] > job.now + timedelta(days=1):
        line, moment = latest
        column = job.mapping.columns[field].from_ or field
        log.add(Reject(line, column, "error", reason("future"), moment.isoformat()))


def _refuse_changed(session: Session, job: ImportJob, log: RejectLog, source: str) -> None:
    codes = [metric.code for metric in job.mapping.metrics]
    for line, key in queries.changed_responses(session, source, codes):
        log.add(Reject(line, job.key_column, "error", reason("known_other"), key))
