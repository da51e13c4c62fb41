"""One response with its answers, as far as the transaction may see it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

_RESPONSE = text("""
    select r.id, r.branch_id, t.code as touchpoint, t.name_zh, t.name_en, r.survey_version_id,
        r.occurred_on, r.submitted_at, r.completed_at is not null as whole, r.channel, r.language,
        r.mode, r.named, r.advisor, r.person_id, r.excluded_at is not null as excluded
    from response r join touchpoint t on t.id = r.touchpoint_id where r.id = :response
""")
_ANSWERS = text("""
    select a.question, a.metric, a.value, a.choices, a.option_texts, a.text
    from answer a where a.response_id = :response and a.occurred_on = :day
""")
_NAME = text("select p.name_encrypted from person p where p.id = :person")


def response_row(session: Session, response: UUID) -> Row[Any] | None:
    """The response called by that id; None where it is not there or not to be seen."""
    return session.execute(_RESPONSE, {"response": response}).first()


def answers_of(session: Session, response: Row[Any]) -> dict[str, Row[Any]]:
    """The answers of a response by the code of their question."""
    values = {"response": response.id, "day": response.occurred_on}
    return {row.question: row for row in session.execute(_ANSWERS, values)}


def name_of(session: Session, person: UUID) -> bytes | None:
    """The person's name as it is stored: encrypted."""
    found = session.execute(_NAME, {"person": person}).scalar_one_or_none()
    return None if found is None else bytes(found)
