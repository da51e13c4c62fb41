"""Under which id a mail stands in the ledger: the SQL."""

from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

_SENT_AS = text("""
select coalesce(provider_id, cast(id as text)) from invitation
where id = :id and channel = 'email'
""")


def provider_id_of(session: Session, invitation: UUID) -> str | None:
    """What the mail server called the mail of an invitation; None when there is no such mail."""
    found: str | None = session.execute(_SENT_AS, {"id": invitation}).scalar()
    return found
