"""Rows of the bench: a network with invitations that wait for an answer, and the bare inserts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from api.core.database import Database
from api.core.ids import new_id, new_token, token_hash
from api.models import (
    Event,
    Invitation,
    Network,
    Person,
    SurveyToken,
    Touchpoint,
    Unit,
    UnitProfile,
)

BRANCHES = 100


@dataclass(frozen=True)
class Copy:
    """A stored response and its answers, to be inserted again under another id."""

    response: dict[str, Any]
    answers: list[dict[str, Any]]


_RESPONSES = text("select * from response")
_ANSWERS = text("select * from answer")
_INSERT_RESPONSE = text(
    "insert into response (id, survey_version_id, branch_id, touchpoint_id, person_id, "
    "occurred_on, channel, segment, advisor, language, named, pages_done, started_at, "
    "submitted_at, completed_at) values (:id, :survey_version_id, :branch_id, :touchpoint_id, "
    ":person_id, :occurred_on, :channel, :segment, :advisor, :language, :named, :pages_done, "
    ":started_at, :submitted_at, :completed_at)"
)
_INSERT_ANSWERS = text(
    "insert into answer (response_id, question, occurred_on, branch_id, metric, value, choices, "
    "option_texts, text) values (:response_id, :question, :occurred_on, :branch_id, :metric, "
    ":value, :choices, :option_texts, :text)"
)
_INSERT_MARK = text(
    "insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id) "
    "values (:branch_id, :occurred_on, :touchpoint_id, :survey_version_id)"
)


def seed_network(session: Session, touchpoint: str) -> int:
    """A network of branches and the touchpoint that is asked about; gives the touchpoint's id."""
    session.add(Network(name_zh="远山汽车", name_en="Yuanshan Motors"))
    units = [
        Unit(
            code=f"B{number:04d}",
            kind="branch",
            level="dealer",
            name_zh=f"第{number}店",
            name_en=f"Branch {number}",
            sort_key=f"b{number:04d}",
        )
        for number in range(1, BRANCHES + 1)
    ]
    point = Touchpoint(
        code=touchpoint,
        stage="ownership",
        position=1,
        owner_function="after_sales",
        branch_kind="dealer",
        name_zh="保养维修",
        name_en="Service visit",
    )
    session.add_all([*units, point])
    session.flush()
    session.add_all(
        UnitProfile(unit_id=unit.id, brand="远山", valid_from=date(2020, 1, 1))
        for unit in units
        if unit.id is not None
    )
    assert point.id is not None
    return point.id


def seed_invitations(
    session: Session, touchpoint_id: int, survey_version_id: int, count: int, *, now: datetime
) -> list[str]:
    """So many sent invitations, spread over the branches; gives the tokens of their links."""
    branches = list(session.execute(text("select id from unit order by id")).scalars())
    tokens = [new_token() for _ in range(count)]
    people = [Person(created_at=now) for _ in tokens]
    session.add_all(people)
    session.flush()
    events = [
        Event(
            source="bench",
            external_id=str(number),
            content_hash=b"-",
            touchpoint_id=touchpoint_id,
            branch_id=branches[number % len(branches)],
            occurred_at=now,
            occurred_on=now.date(),
            person_id=person.id,
            received_at=now,
            due_at=now,
            asking="decided",
        )
        for number, person in enumerate(people)
    ]
    session.add_all(events)
    session.flush()
    invitations = [_invitation(event, survey_version_id, now) for event in events]
    session.add_all(invitations)
    session.flush()
    session.add_all(
        SurveyToken(
            token_hash=token_hash(token),
            invitation_id=invitation.id,
            branch_id=invitation.branch_id,
            created_at=now,
            expires_at=invitation.expires_at,
        )
        for token, invitation in zip(tokens, invitations, strict=True)
    )
    return tokens


def _invitation(event: Event, survey_version_id: int, now: datetime) -> Invitation:
    return Invitation(
        event_id=event.id,
        survey_code="car_service",
        survey_version_id=survey_version_id,
        person_id=event.person_id,
        branch_id=event.branch_id,
        touchpoint_id=event.touchpoint_id,
        occurred_on=event.occurred_on,
        channel="sms",
        segment="others",
        advisor="E17",
        language="zh",
        created_at=now,
        planned_at=now,
        expires_at=now + timedelta(days=14),
        status="sent",
    )


def stored_responses(database: Database) -> list[Copy]:
    """Every response with its answers, under new ids and without its invitation."""
    with database.connection() as connection:
        answers: dict[Any, list[dict[str, Any]]] = {}
        for row in connection.execute(_ANSWERS).mappings():
            answers.setdefault(row["response_id"], []).append(dict(row))
        copies = []
        for row in connection.execute(_RESPONSES).mappings():
            key = new_id()
            own = [{**one, "response_id": key} for one in answers.get(row["id"], ())]
            copies.append(Copy({**row, "id": key}, own))
    return copies


def insert_again(database: Database, copies: Sequence[Copy]) -> None:
    """Inserts copies one by one, each in a transaction of its own."""
    for copy in copies:
        with database.connection() as connection:
            connection.execute(_INSERT_RESPONSE, copy.response)
            connection.execute(_INSERT_ANSWERS, copy.answers)
            connection.execute(_INSERT_MARK, copy.response)
