"""Forgetting a person: what identifies goes, what was counted stays.

Callers hold all of matching and a scope that shows everyone.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

_THEIRS = "person_id = any(cast(:ids as uuid[]))"
_OPENIDS = (
    f"select value_hash from contact_point where kind = 'wechat' and {_THEIRS} "
    f"union select openid_hash from wechat_follower where {_THEIRS}"
)

# In an order that leaves no reference behind. Answers keep their values, so that cells stay true.
_STEPS: dict[str, str] = {
    "texts": (
        "update answer a set text = null from response r where a.response_id = r.id "
        f"and a.occurred_on = r.occurred_on and r.{_THEIRS} and a.text is not null"
    ),
    "evidence": (
        "delete from contest_evidence e using contest c, response r where e.contest_id = c.id "
        f"and c.response_id = r.id and r.{_THEIRS}"
    ),
    "contests": (
        "update contest c set note = '', decision_note = null from response r "
        f"where c.response_id = r.id and r.{_THEIRS}"
    ),
    "ticket_files": (
        f"delete from ticket_file f using ticket t where f.ticket_id = t.id and t.{_THEIRS}"
    ),
    "ticket_notes": (
        "update ticket_step s set note = null from ticket t "
        f"where s.ticket_id = t.id and t.{_THEIRS} and s.note is not null"
    ),
    "tickets": f"update ticket set person_id = null, named = false, summary = null where {_THEIRS}",
    "alerts": f"update alert set person_id = null where {_THEIRS}",
    "links": (
        "update survey_token t set dead_at = :now from invitation i "
        f"where t.invitation_id = i.id and i.{_THEIRS} and t.dead_at is null"
    ),
    "invitations": (
        "update invitation set person_id = null, contact_point_id = null, context = '{}', "
        "household_hash = null, object_hash = null, follow_up_at = null, "
        "status = case status when 'planned' then 'dropped' else status end, "
        "failure = case status when 'planned' then 'erased' else failure end "
        f"where {_THEIRS} or contact_point_id in (select id from contact_point where {_THEIRS})"
    ),
    "responses": f"update response set person_id = null, named = false where {_THEIRS}",
    "events": (
        "update event set person_id = null, vehicle_encrypted = null, object_hash = null, "
        "order_ref = null, "
        f"attributes = '{{}}', asking = 'decided' where {_THEIRS}"
    ),
    "consents": f"delete from consent where {_THEIRS}",
    "holds": f"delete from person_hold where {_THEIRS}",
    "wechat_consents": f"delete from wechat_consent where openid_hash in ({_OPENIDS})",
    "wechat_accounts": f"delete from wechat_follower where openid_hash in ({_OPENIDS})",
    "phone_checks": (
        "delete from phone_check where phone_hash in "
        f"(select value_hash from contact_point where kind = 'phone' and {_THEIRS})"
    ),
    "contact_points": f"delete from contact_point where {_THEIRS}",
    "sources": f"delete from person_source where {_THEIRS}",
    "branches": f"delete from person_branch where {_THEIRS}",
    "merges": (
        "update person_merge set moved = '{}' "
        "where kept_id = any(cast(:ids as uuid[])) or merged_id = any(cast(:ids as uuid[]))"
    ),
    "persons": (
        "update person set name_encrypted = null, birth_year = null, language = null, "
        "timezone = null, value_tier = null, household_hash = null, attributes = '{}', "
        "erased_at = :now where id = any(cast(:ids as uuid[]))"
    ),
}


def records_of(session: Session, person_id: UUID) -> list[UUID]:
    """A person's own record and every record merged into it; empty for an unknown person."""
    rows = session.execute(
        text(
            "with recursive up as (select id, merged_into_id from person where id = :id "
            "union select p.id, p.merged_into_id from person p join up u on p.id = "
            "u.merged_into_id), "
            "down as (select id from up where merged_into_id is null "
            "union select p.id from person p join down d on p.merged_into_id = d.id) "
            "select d.id from down d join person p using (id) where p.erased_at is null "
            "order by p.merged_into_id is not null, d.id"
        ),
        {"id": person_id},
    )
    return list(rows.scalars())


def contact_keys(session: Session, records: Collection[UUID]) -> list[bytes]:
    """The keyed hashes of all contact points of a person."""
    rows = session.execute(
        text(f"select value_hash from contact_point where {_THEIRS}"), {"ids": list(records)}
    )
    return [bytes(key) for key in rows.scalars()]


def source_ids(session: Session, records: Collection[UUID]) -> Sequence[Row[Any]]:
    """A person's ids in all sources."""
    return session.execute(
        text(f"select source, external_id from person_source where {_THEIRS}"),
        {"ids": list(records)},
    ).all()


def erase(session: Session, records: Collection[UUID], now: datetime) -> dict[str, int]:
    """Erases a person's records; how many rows of each kind changed."""
    given = {"ids": list(records), "now": now}
    changed: dict[str, int] = {}
    for name, statement in _STEPS.items():
        result = session.connection().execute(
            text(statement), {key: given[key] for key in given if f":{key}" in statement}
        )
        changed[name] = result.rowcount
    return changed
