"""A dealer that has asked one customer: units, a touchpoint, a published survey, invitations.

Written straight into the tables, so that the survey page is tested without the rooms that invite.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from conftest import NOW, Office
from sqlalchemy import text
from sqlmodel import Session
from web import TestClient

from api.core.database import Database
from api.core.ids import new_id, new_token, token_hash
from api.models import (
    ContactPoint,
    Event,
    Invitation,
    Network,
    Person,
    PersonBranch,
    SurveyToken,
    Touchpoint,
    Unit,
    UnitProfile,
)
from api.surveys.definitions import read_survey
from api.surveys.service import publish_survey

OCCURRED_ON = date(2026, 11, 16)
EXAMPLES = Path(__file__).parents[1] / "examples"


@dataclass
class Dealer:
    """What the tests know of the made-up dealer."""

    branch_id: int
    other_branch_id: int
    touchpoint_id: int
    survey_version_id: int
    person_id: UUID
    contact_point_id: UUID
    invitations: list[UUID] = field(default_factory=list)


def make_dealer(database: Database, survey_text: str | None = None, **names: str) -> Dealer:
    """A branch with a customer, and the car service survey (or another) published."""
    with database.transaction() as session:
        session.execute(text("delete from network"))
        session.add(Network(name_zh="远山汽车", name_en="Yuanshan Motors"))
        branch = _branch(session, "D001", **names)
        other = _branch(session, "D002")
        touchpoint = Touchpoint(
            code="service",
            stage="ownership",
            position=1,
            owner_function="after_sales",
            branch_kind="dealer",
            name_zh="保养维修",
            name_en="Service visit",
        )
        session.add(touchpoint)
        session.flush()
        definition = survey_text or (EXAMPLES / "surveys/car_service.toml").read_text("utf-8")
        published = publish_survey(session, read_survey(definition, "test.toml"), NOW)
        person = Person(created_at=NOW)
        session.add(person)
        session.flush()
        point = ContactPoint(
            kind="phone",
            value_hash=b"hash of a phone",
            value_encrypted=b"-",
            person_id=person.id,
            created_at=NOW,
        )
        session.add(point)
        for unit in (branch, other):
            session.add(
                PersonBranch(person_id=person.id, branch_id=unit, first_seen_on=OCCURRED_ON)
            )
        session.flush()
        assert touchpoint.id is not None
        return Dealer(branch, other, touchpoint.id, published.id, person.id, point.id)


def invite(
    database: Database,
    dealer: Dealer,
    *,
    now: datetime = NOW,
    days: int = 14,
    branch_id: int | None = None,
    status: str = "sent",
    **values: Any,
) -> str:
    """An invitation that was sent; gives the token of its link."""
    branch = branch_id or dealer.branch_id
    event = Event(
        source="dms",
        external_id=str(new_id()),
        content_hash=b"-",
        touchpoint_id=dealer.touchpoint_id,
        branch_id=branch,
        occurred_at=now - timedelta(days=2),
        occurred_on=OCCURRED_ON,
        person_id=dealer.person_id,
        received_at=now,
        due_at=now,
        asking="decided",
    )
    row = {
        "event_id": event.id,
        "survey_code": "car_service",
        "survey_version_id": dealer.survey_version_id,
        "person_id": dealer.person_id,
        "contact_point_id": dealer.contact_point_id,
        "branch_id": branch,
        "touchpoint_id": dealer.touchpoint_id,
        "occurred_on": OCCURRED_ON,
        "channel": "sms",
        "segment": "others",
        "advisor": "E17",
        "language": "zh",
        "created_at": now,
        "planned_at": now,
        "expires_at": now + timedelta(days=days),
        "status": status,
    }
    invitation = Invitation(**{**row, **values})
    with database.transaction() as session:
        session.add(event)
        session.flush()
        session.add(invitation)
        session.flush()
        dealer.invitations.append(invitation.id)
        return give_token(session, invitation)


def give_token(session: Session, invitation: Invitation) -> str:
    """Another link of an invitation."""
    token = new_token()
    session.add(
        SurveyToken(
            token_hash=token_hash(token),
            invitation_id=invitation.id,
            branch_id=invitation.branch_id,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )
    )
    return token


def rows(database: Database, query: str, **values: Any) -> list[Any]:
    """What a query finds, whatever the scope."""
    with database.connection() as connection:
        return list(connection.execute(text(query), values).all())


def _branch(session: Session, code: str, zh: str = "上海浦东店", en: str = "Pudong") -> int:
    unit = Unit(
        code=code, kind="branch", level="dealer", name_zh=zh, name_en=en, sort_key=code.lower()
    )
    session.add(unit)
    session.flush()
    assert unit.id is not None
    session.add(UnitProfile(unit_id=unit.id, brand="远山", valid_from=date(2020, 1, 1)))
    return unit.id


PAGES = (
    {"nps": "9"},
    {"overall": "5", "advisor": "4"},
    {"fixed": "yes", "comment": "Ready in time"},
)


def answer_all(browser: TestClient, link: str, **last: str) -> None:
    """Every page of the car service survey, one after the other."""
    for number, fields in enumerate(PAGES, 1):
        final = last if number == len(PAGES) else {}
        answer = browser.post(f"{link}?page={number}", data={**fields, **final})
    assert answer.status_code == 200
    assert "回答已保存" in answer.text


def stored(office: Office) -> dict[str, tuple[object, ...]]:
    """The stored answers by question."""
    found = rows(
        office.worker.database,
        "select question, metric, value, choices, option_texts, text from answer order by question",
    )
    return {row[0]: tuple(row[1:]) for row in found}


def one(office: Office, query: str) -> tuple[object, ...]:
    """The only row that a query finds."""
    found = rows(office.worker.database, query)
    assert len(found) == 1
    return tuple(found[0])


ONE_PAGE = """
code = "one"
version = 1
touchpoints = ["service"]
identity = "if_ticked"
title = { zh = "一页", en = "One page" }
thanks = { zh = "谢谢", en = "Thanks" }
[[page]]
[[page.question]]
code = "nps"
kind = "scale_0_10"
metric = "nps"
metric_kind = "nps"
metric_name = { zh = "净推荐值", en = "NPS" }
required = true
text = { zh = "推荐吗？", en = "Recommend?" }
low = { zh = "否", en = "No" }
high = { zh = "是", en = "Yes" }
[[page.question]]
code = "why"
kind = "text"
required = true
show_if = { question = "nps", op = "lte", value = 6 }
text = { zh = "为什么？", en = "Why?" }
"""
