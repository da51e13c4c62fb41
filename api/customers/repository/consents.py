"""Consents: what was allowed or refused, and when that ended. Rows are never rewritten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.core.ids import new_id
from api.customers.repository.rows import as_rows


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One statement of one person."""

    person_id: UUID
    purpose: str
    channel: str
    granted: bool
    wording_version: str
    source: str
    given_at: datetime
    withdrawn_at: datetime | None


_GIVEN = """
    json_to_recordset(cast(:rows as json)) n(id uuid, person_id uuid, purpose text, channel text,
        granted boolean, wording_version text, source text, given_at timestamptz,
        withdrawn_at timestamptz)
"""
_SAME = """
    c.person_id = n.person_id and c.purpose = n.purpose and c.channel = n.channel
"""
# Said again: nothing changes, except that a withdrawal not known yet is noted.
_INSERT = text(f"""
insert into consent (id, person_id, purpose, channel, granted, wording_version, source, given_at,
    withdrawn_at)
select n.* from {_GIVEN}
where not exists (select from consent c where {_SAME} and c.granted = n.granted
    and c.wording_version = n.wording_version and c.source = n.source
    and c.given_at = n.given_at)
""")
_WITHDRAW = text(f"""
update consent c set withdrawn_at = n.ends_at from (
    select person_id, purpose, channel, max(coalesce(withdrawn_at, given_at)) as ends_at
    from {_GIVEN} where withdrawn_at is not null or not granted
    group by person_id, purpose, channel
) n
where {_SAME} and c.granted and c.withdrawn_at is null and c.given_at <= n.ends_at
""")


def record_consents(session: Session, rows: Sequence[ConsentRow]) -> None:
    """Writes statements not known yet; a refusal or withdrawal ends what was allowed before."""
    if not rows:
        return
    names = ConsentRow.__slots__
    given = as_rows(
        {"id": new_id(), **{name: getattr(row, name) for name in names}}
        for row in dict.fromkeys(rows)
    )
    session.execute(_INSERT, {"rows": given})
    if any(row.withdrawn_at is not None or not row.granted for row in rows):
        session.execute(_WITHDRAW, {"rows": given})
