"""Recovery questions in the ledger: the SQL. Decides nothing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.invitations.repository.deciding import INVITATION, InvitationRow, as_rows
from api.invitations.repository.wire import connection_of

# A chain of its own, that no figure of asking counts among those of its event.
_INSERT = f"""
insert into invitation (id, event_id, survey_code, survey_version_id, reminder_number, kind,
    counts, message_version_id, rule_set_version, person_id, contact_point_id, branch_id,
    touchpoint_id, occurred_on, channel, segment, advisor, language, context, created_at,
    planned_at, send_before, expires_at, status, household_hash, object_hash, priority, deficit)
select n.id, n.event_id, n.survey_code, n.survey_version_id,
    (select coalesce(max(o.reminder_number), 0) + 1 from invitation o
        where o.event_id = n.event_id),
    'recovery', %(counts)s, n.message_version_id, %(version)s, n.person_id, n.contact_point_id,
    n.branch_id, n.touchpoint_id, n.occurred_on, n.channel, n.segment, n.advisor, n.language,
    n.context, %(now)s, n.planned_at, n.send_before, n.expires_at, 'planned', n.household_hash,
    n.object_hash, n.priority, n.deficit
from {INVITATION}
"""
_WITHDRAW = text("""
update invitation set status = 'dropped', failure = 'late' where id = (
    select id from invitation where id = :id and kind = 'recovery' and status = 'planned'
        and send_before <= :now for update skip locked)
returning id
""")


def insert(
    session: Session, row: InvitationRow, version: int | None, *, counts: bool, now: datetime
) -> None:
    """Plans a recovery question."""
    given = {"rows": as_rows([row]), "version": version, "counts": counts, "now": now}
    connection_of(session).execute(_INSERT, given)


def withdraw_late(session: Session, invitation_id: UUID, now: datetime) -> bool:
    """Drops a planned question whose time to be sent has gone by; False when it is another."""
    found = session.execute(_WITHDRAW, {"id": invitation_id, "now": now})
    return found.first() is not None
