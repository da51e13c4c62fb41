"""Makes what was ordered: claims the files of one unit, builds its report once, renders each file.

A worker process of its own does this (the loop "reports"): it alone imports this module, and with
it the libraries that draw. Who makes files holds a lock that ends with the process, so that the
claim of a killed worker is soon taken back. What a report may tell is decided by the rights of
whoever ordered it, as they are at that moment.
"""

import logging
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlmodel import Session

from api.core.database import read_once
from api.core.errors import NotAllowed, NotFound
from api.core.installation import Installation
from api.core.languages import spoken
from api.insights.periods import Period
from api.reports.content.blocks import Format, ReportContent
from api.reports.content.building import build_report, prepare_report
from api.reports.files.rendering import render_report, report_file_name
from api.reports.orders import repository
from api.reports.orders.repository import Job
from api.reports.orders.telling import tell_finished
from api.security.permissions import Permission
from api.security.scope import see_as_person
from api.security.sessions import viewer_of_account

GRACE = timedelta(seconds=5)  # from a claim to its lock
LONGEST = timedelta(minutes=10)  # whoever needs longer hangs
ATTEMPTS = 3
_log = logging.getLogger(__name__)


def make_next(installation: Installation) -> int:
    """Makes the files of one unit; how many it tried, 0 when nothing was ordered."""
    take_back_stale(installation)
    with installation.database.transaction() as session:
        job = repository.claim_unit(session, installation.clock())
    if job is None:
        return 0
    with repository.holding(installation.database, job):
        _make(installation, job)
    return len(job.formats)


def take_back_stale(installation: Installation) -> None:
    """Lets others make what was claimed long ago by somebody who is gone."""
    now = installation.clock()
    with installation.database.transaction() as session:
        for order_id, unit_id in repository.stale_claims(session, now - GRACE, now - LONGEST):
            repository.lock_order(session, order_id)
            repository.take_back(session, order_id, unit_id, now - GRACE, most=ATTEMPTS)
            _finish(session, installation, order_id)


def _make(installation: Installation, job: Job) -> None:
    """Builds once, renders each file; one that fails does not stop the others."""
    try:
        content = _content(installation, job)
    except (NotFound, NotAllowed):
        _failed(installation, job, "not_yours", most=0)
        return
    except Exception as error:
        _log.exception("report of unit %s: %s", job.unit_id, type(error).__name__)
        _failed(installation, job, "broken", most=ATTEMPTS)
        return
    for item_id, format, _ in job.formats:
        _make_file(installation, job, item_id, content, cast(Format, format))


def _content(installation: Installation, job: Job) -> ReportContent:
    """The report as values, with the rights that its owner has now."""
    if not job.active:
        raise NotAllowed
    period = Period(job.period_from, job.period_to + timedelta(days=1))
    prepare_report(installation, period)
    now = installation.clock()
    with installation.database.transaction() as session:
        viewer = viewer_of_account(session, job.account_id, job.name, job.language, now)
        see_as_person(session, viewer.scope)
        viewer.require(Permission.EXPORT, job.unit_id)
        read_once(session)
        return build_report(session, viewer, viewer.require_unit(job.unit_id), period, now)


def _make_file(
    installation: Installation, job: Job, item_id: UUID, content: ReportContent, format: Format
) -> None:
    language = spoken(job.language)
    try:
        made = render_report(content, format, language)
    except Exception as error:
        _log.exception("%s of unit %s: %s", format, job.unit_id, type(error).__name__)
        _settle(installation, job, item_id, failure="broken")
        return
    name = report_file_name(content, format, language)
    _settle(installation, job, item_id, name=name, content=made)


def _settle(
    installation: Installation,
    job: Job,
    item_id: UUID,
    *,
    failure: str | None = None,
    **made: Any,
) -> None:
    now = installation.clock()
    with installation.database.transaction() as session:
        repository.lock_order(session, job.order_id)
        if failure is None:
            repository.keep_file(session, item_id, job.claimed_at, now=now, **made)
        else:
            repository.fail_file(session, item_id, job.claimed_at, failure, most=ATTEMPTS)
        _finish(session, installation, job.order_id)


def _failed(installation: Installation, job: Job, failure: str, *, most: int) -> None:
    with installation.database.transaction() as session:
        repository.lock_order(session, job.order_id)
        for item_id, _, _ in job.formats:
            repository.fail_file(session, item_id, job.claimed_at, failure, most=most)
        _finish(session, installation, job.order_id)


def _finish(session: Session, installation: Installation, order_id: UUID) -> None:
    """Ends the order when nothing of it is left, and tells so in the same transaction."""
    now = installation.clock()
    if repository.finish_order(session, order_id, now):
        tell_finished(session, installation, order_id, now)
