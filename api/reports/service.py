"""Sends each regional manager the weekly ranking once, Monday 08:00 where the region is.

A window is claimed by compare-and-set in the transaction that writes the letters to the outbox:
of two workers one sends, and one that dies sends nothing that the next would not send.
"""

import logging
from datetime import datetime, timedelta
from itertools import groupby
from urllib.parse import urlencode

from sqlmodel import Session

from api.core.installation import Installation
from api.core.languages import spoken
from api.insights.league import NETWORK
from api.insights.league_store import compute_table
from api.insights.queries import TableName
from api.models import OutboxMessage
from api.reports import repository
from api.reports.rendering import render
from api.reports.repository import Recipient
from api.reports.weekly import METRIC, WeeklyRanking, ranking_period, weekly_ranking
from api.reports.windows import LATE, last_due
from api.security.hierarchy import current_hierarchy
from api.security.sessions import viewer_of_account

JOB = "weekly_ranking"
_log = logging.getLogger(__name__)


def send_due_rankings(installation: Installation) -> int:
    """Writes every ranking that is due to the outbox; how many letters."""
    now = installation.clock()
    written = 0
    for unit_id, due, recipients in _due(installation, now):
        try:
            written += _send_one(installation, unit_id, due, recipients)
        except Exception:
            _log.exception("weekly ranking of unit %s failed; it stays due", unit_id)
    return written


def ranking_link(installation: Installation, ranking: WeeklyRanking) -> str:
    """The address of the same table in the dashboard."""
    first, last = ranking.period.start, ranking.period.end - timedelta(days=1)
    query = urlencode({"unit": ranking.unit.code, "from": first, "to": last})
    return f"{installation.settings.public_url.rstrip('/')}/app/league?{query}"


def _due(installation: Installation, now: datetime) -> list[tuple[int, datetime, list[Recipient]]]:
    with installation.database.transaction() as session:
        network = repository.read_network(session)
        if network is None:
            return []
        hierarchy = current_hierarchy(session, now.date())
        found = []
        by_unit = groupby(repository.list_recipients(session, now.date()), lambda r: r.unit_id)
        for unit_id, recipients in by_unit:
            due = last_due(now, hierarchy.timezone(unit_id, network.default_timezone))
            if unit_id in hierarchy.nodes and _is_open(session, unit_id, due, now):
                found.append((unit_id, due, list(recipients)))
        return found


def _is_open(session: Session, unit_id: int, due: datetime, now: datetime) -> bool:
    """True when the window was not done yet; a new unit's old windows never were."""
    done = repository.window_done_until(session, JOB, str(unit_id))
    return now - due < LATE if done is None else done < due


def _send_one(
    installation: Installation, unit_id: int, due: datetime, recipients: list[Recipient]
) -> int:
    now = installation.clock()
    with installation.database.transaction() as session:
        period = ranking_period(session, due.date())
    compute_table(installation.database, TableName(METRIC, period, NETWORK))
    with installation.database.transaction() as session:
        if not repository.claim_window(session, JOB, str(unit_id), due):
            return 0
        for recipient in recipients:
            _write_letter(session, installation, recipient, due, now)
    return len(recipients)


def _write_letter(
    session: Session,
    installation: Installation,
    recipient: Recipient,
    due: datetime,
    now: datetime,
) -> None:
    viewer = viewer_of_account(
        session, recipient.account_id, recipient.name, recipient.language, now
    )
    unit = viewer.require_unit(recipient.unit_id)
    ranking = weekly_ranking(session, viewer, unit, before=due.date(), now=now)
    letter = render(ranking, spoken(recipient.language), ranking_link(installation, ranking))
    vault = installation.vault
    repository.put_in_outbox(
        session,
        OutboxMessage(
            kind=JOB,
            dedupe_key=f"{JOB}:{unit.id}:{due.date()}:{recipient.account_id}",
            recipient_encrypted=recipient.email_encrypted,
            subject=letter.subject,
            body_text_encrypted=vault.encrypt(letter.text),
            body_html_encrypted=vault.encrypt(letter.html),
            created_at=now,
            detail={"unit_id": unit.id, "due": due.isoformat()},
        ),
    )
