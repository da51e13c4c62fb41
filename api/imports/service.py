"""One file, one transaction: reads it, converts it, loads it, or leaves everything as it was.

The caller's transaction is never committed here. What is written stands in a savepoint that is
undone after an error and after a dry run.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from sqlmodel import Session

from api.core.installation import Installation
from api.imports import complaints, counts, customers, events, people, repository, responses, units
from api.imports.convert import Converted, Converter
from api.imports.job import ImportJob
from api.imports.mapping import load_mapping
from api.imports.rejects import RejectLog
from api.imports.source import open_table
from api.imports.staging import Progress, Staging, converted, stage
from api.imports.values import ImportSummary, Refused, Reject, reason

Loader = Callable[[Session, ImportJob, RejectLog], None]
STAGED_KINDS: dict[str, Loader] = {
    "responses": responses.load,
    "counts": counts.load,
    "complaints": complaints.load,
}
RowLoader = Callable[[Session, ImportJob, RejectLog, Iterable[Converted]], None]
DIRECT_KINDS: dict[str, RowLoader] = {
    "units": units.load,
    "people": people.load,
    "customers": customers.load,
    "events": events.load,
}


def run_import(
    session: Session,
    installation: Installation,
    kind: str,
    path: Path,
    mapping_path: Path,
    *,
    dry_run: bool = False,
    rejects: Path | None = None,
    progress: Progress = lambda rows: None,
) -> ImportSummary:
    """Imports ``path`` by ``mapping_path`` into the caller's transaction.

    Raises ``Refused`` (a ``BadInput``) for a file or mapping that cannot be read at all. A summary
    with errors means that nothing was written.
    """
    mapping = load_mapping(mapping_path, kind)
    job = ImportJob(installation, path, mapping, mapping_path, installation.clock(), dry_run)
    summary = ImportSummary(path.name, kind, dry_run)
    with RejectLog(summary, rejects) as log:
        repository.work_alone(session)
        savepoint = session.begin_nested()
        try:
            _import(session, job, log, progress)
        except Refused as refused:
            savepoint.rollback()
            log.add(Reject(refused.line or 0, refused.column or "", "error", refused.why))
            raise
        except BaseException:
            savepoint.rollback()
            raise
        if summary.errors or dry_run:
            savepoint.rollback()
        else:
            savepoint.commit()
    if summary.errors:
        summary.written = summary.unchanged = 0
    summary.rows.sort(key=lambda row: row.line)
    return summary


def _import(session: Session, job: ImportJob, log: RejectLog, progress: Progress) -> None:
    mapping = job.mapping
    with open_table(job.path, encoding=mapping.encoding, delimiter=mapping.delimiter) as table:
        converter = Converter(mapping, table.heading, mapping_file=job.mapping_path.name)
        rows = converted(table.rows, converter, log, progress)
        if mapping.kind in STAGED_KINDS:
            stage(session, Staging.of(mapping, job.installation.vault), rows)
        else:
            DIRECT_KINDS[mapping.kind](session, job, log, rows)
    if log.summary.read == 0:
        raise Refused(job.path.name, table.heading.line, None, reason("no_rows"))
    if log.summary.errors == 0 and mapping.kind in STAGED_KINDS:
        STAGED_KINDS[mapping.kind](session, job, log)
