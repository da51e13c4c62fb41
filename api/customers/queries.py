"""Reading customers: what a viewer may see of one, and everything held about one.

The scope is applied here and again by row-level security.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

from api.security.scope import Scope


def get_person(session: Session, scope: Scope, person_id: UUID) -> Row[Any] | None:
    """A living person of the scope, also by the id of a record merged into theirs."""
    return session.execute(
        text(
            "with recursive chain as (select id, merged_into_id from person where id = :id "
            "union select p.id, p.merged_into_id from person p "
            "join chain c on p.id = c.merged_into_id) "
            "select p.* from chain c join person p on p.id = c.id "
            "where p.merged_into_id is null and p.erased_at is null and (:whole or exists "
            "(select from person_branch b where b.person_id = p.id "
            "and b.branch_id = any(cast(:branches as int[]))))"
        ),
        {"id": person_id, **_limits(scope)},
    ).first()


def branches_of(session: Session, scope: Scope, person_id: UUID) -> list[int]:
    """The branches of the scope that dealt with a person."""
    rows = session.execute(
        text(
            "select branch_id from person_branch where person_id = :id "
            "and (:whole or branch_id = any(cast(:branches as int[]))) order by branch_id"
        ),
        {"id": person_id, **_limits(scope)},
    )
    return list(rows.scalars())


def contacts_of(session: Session, person_id: UUID) -> Sequence[Row[Any]]:
    """A person's contact points, with whether anybody may write to them."""
    return session.execute(
        text(
            "select c.id, c.kind, c.value_hash, c.value_encrypted, c.created_at, "
            "c.undeliverable_at, s.reason as suppressed "
            "from contact_point c left join suppression s using (kind, value_hash) "
            "where c.person_id = :id order by c.id"
        ),
        {"id": person_id},
    ).all()


def holds_of(session: Session, person_id: UUID) -> Sequence[Row[Any]]:
    """Why a person is or was not asked, oldest first."""
    return session.execute(
        text(
            "select reason, source, external_id, opened_at, closed_at from person_hold "
            "where person_id = :id order by opened_at, id"
        ),
        {"id": person_id},
    ).all()


def consents_of(session: Session, person_id: UUID) -> Sequence[Row[Any]]:
    """What a person allowed or refused, oldest first."""
    return session.execute(
        text(
            "select purpose, channel, granted, wording_version, source, given_at, withdrawn_at "
            "from consent where person_id = :id order by given_at, id"
        ),
        {"id": person_id},
    ).all()


def events_of(session: Session, scope: Scope, person_id: UUID) -> Sequence[Row[Any]]:
    """A person's events at branches of the scope, newest first."""
    return session.execute(
        text(
            "select e.*, t.code as touchpoint, u.code as unit from event e "
            "join touchpoint t on t.id = e.touchpoint_id join unit u on u.id = e.branch_id "
            "where e.person_id = :id and (:whole or e.branch_id = any(cast(:branches as int[]))) "
            "order by e.occurred_at desc, e.id"
        ),
        {"id": person_id, **_limits(scope)},
    ).all()


def sources_of(session: Session, person_id: UUID) -> Sequence[Row[Any]]:
    """A person's ids in their sources."""
    return session.execute(
        text(
            "select source, external_id from person_source where person_id = :id "
            "order by source, external_id"
        ),
        {"id": person_id},
    ).all()


def invitations_of(session: Session, person_id: UUID) -> Sequence[Row[Any]]:
    """Every message planned or sent to a person."""
    return session.execute(
        text(
            "select i.id, i.event_id, i.survey_code, i.channel, i.language, i.status, "
            "i.context, i.created_at, i.planned_at, i.sent_at, i.delivered_at, i.first_seen_at, "
            "i.answered_at, i.expires_at, u.code as unit from invitation i "
            "join unit u on u.id = i.branch_id where i.person_id = :id order by i.created_at, i.id"
        ),
        {"id": person_id},
    ).all()


def answers_of(session: Session, person_id: UUID) -> Sequence[Row[Any]]:
    """Every answer of a person, with its response."""
    return session.execute(
        text(
            "select r.id as response_id, r.invitation_id, u.code as unit, r.occurred_on, "
            "r.channel, r.language, r.named, r.started_at, r.submitted_at, r.completed_at, "
            "a.question, a.metric, a.value, a.choices, a.option_texts, a.text "
            "from response r join unit u on u.id = r.branch_id "
            "left join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on "
            "where r.person_id = :id order by r.submitted_at, r.id, a.question"
        ),
        {"id": person_id},
    ).all()


def tickets_of(session: Session, person_id: UUID) -> Sequence[Row[Any]]:
    """A person's tickets with what was noted and put to them, oldest first."""
    return session.execute(
        text(
            "select t.number, u.code as unit, t.kind, t.severity, t.state, t.cause, t.summary, "
            "t.metric, t.first_score, t.recovery_score, t.source, t.external_id, t.opened_at, "
            "t.resolved_at, t.closed_at, "
            "(select coalesce(jsonb_agg(jsonb_build_object('kind', s.kind, 'at', s.at, 'state', "
            "s.to_state, 'note', s.note) order by s.at, s.id), '[]') from ticket_step s "
            "where s.ticket_id = t.id) as steps, "
            "(select coalesce(jsonb_agg(f.file_name order by f.id), '[]') from ticket_file f "
            "where f.ticket_id = t.id) as files "
            "from ticket t join unit u on u.id = t.branch_id "
            "where t.person_id = :id order by t.opened_at, t.number"
        ),
        {"id": person_id},
    ).all()


def merges_of(session: Session, person_id: UUID) -> Sequence[Row[Any]]:
    """Records that were found to be this person, and when that was taken back."""
    return session.execute(
        text(
            "select id, kept_id, merged_id, reason, merged_at, reversed_at from person_merge "
            "where kept_id = :id or merged_id = :id order by merged_at, id"
        ),
        {"id": person_id},
    ).all()


def _limits(scope: Scope) -> dict[str, Any]:
    return {"whole": scope.whole, "branches": sorted(scope.branches)}
