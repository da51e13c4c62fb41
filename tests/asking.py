"""A network whose rules of asking are published, and customers with events to be asked about.

Written straight into the tables, so that asking is tested without the rooms that take events in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from conftest import NOW
from sqlalchemy import text
from sqlmodel import Session

from api.core.crypto import Vault
from api.core.database import Database
from api.core.ids import new_id
from api.core.installation import Installation
from api.models import Consent, ContactPoint, Event, Person, PersonBranch
from api.network.plans import NewUnit, Profile
from api.network.service import add_units, ensure_touchpoints, set_network
from api.surveys.definitions import read_messages, read_rules, read_survey
from api.surveys.service import publish_messages, publish_rules, publish_survey

EXAMPLES = Path(__file__).parents[1] / "examples"
SHANGHAI = ZoneInfo("Asia/Shanghai")
YESTERDAY = NOW - timedelta(hours=26)  # ten in the morning in Shanghai: its message is due now
PHONE = "+8619900000001"


@dataclass(frozen=True)
class Network:
    """What tests know of the network."""

    branches: tuple[int, ...]
    touchpoints: dict[str, int]


@dataclass(frozen=True)
class Customer:
    """What tests know of a customer; ``contacts`` by kind."""

    id: UUID
    contacts: dict[str, UUID]


def make_network(database: Database, *, rules: str | None = "cars") -> Network:
    """Two dealers in China, one in London; surveys, messages and rules of the examples."""
    since = date(2020, 1, 1)
    with database.transaction() as session:
        set_network(session, name_zh="远山汽车", name_en="Yuanshan Motors")
        ensure_touchpoints(session, "cars")
        units = [
            NewUnit("R1", "region", "华东", "network", since, name_en="East"),
            NewUnit("D1", "branch", "静安店", "R1", since, name_en="Jing'an",
                    profile=Profile(brand="远山")),
            NewUnit("D2", "branch", "徐汇店", "R1", since, name_en="Xuhui"),
            NewUnit("GB", "branch", "伦敦店", "R1", since, name_en="London",
                    timezone="Europe/London", language="en"),
        ]  # fmt: skip
        ids = add_units(session, units)
        publish(session, rules)
        rows = session.execute(text("select code, id from touchpoint"))
        found = {row.code: row.id for row in rows}
    return Network(tuple(ids[code] for code in ("D1", "D2", "GB")), found)


def publish(session: Session, rules: str | None) -> None:
    """Publishes the examples' surveys and messages, and one of their rules."""
    for name in ("car_sales", "car_service"):
        written = (EXAMPLES / f"surveys/{name}.toml").read_text("utf-8")
        publish_survey(session, read_survey(written, name), NOW)
    written = (EXAMPLES / "messages/invitation.toml").read_text("utf-8")
    publish_messages(session, read_messages(written, "messages"), NOW)
    if rules is not None:
        written = (EXAMPLES / f"rules/{rules}.toml").read_text("utf-8")
        publish_rules(session, read_rules(written, "rules"), NOW)


def add_customer(
    database: Database,
    vault: Vault,
    branch_id: int,
    *,
    consents: Sequence[tuple[str, bool]] = (("any", True),),
    **values: Any,
) -> Customer:
    """A customer of ``branch_id``; addresses by ``phone``, ``email``, ``wechat``."""
    person = new_id()
    contacts = {kind: new_id() for kind in ("phone", "email", "wechat") if kind in values}
    with database.transaction() as session:
        about = {name: value for name, value in values.items() if name not in contacts}
        session.add(Person(id=person, created_at=NOW, **about))
        session.flush()
        session.add(PersonBranch(person_id=person, branch_id=branch_id, first_seen_on=NOW.date()))
        for kind, contact in contacts.items():
            session.add(
                ContactPoint(
                    id=contact,
                    kind=kind,
                    value_hash=vault.lookup_hash(kind, values[kind]),
                    value_encrypted=vault.encrypt(values[kind]),
                    person_id=person,
                    created_at=NOW,
                )
            )
        for channel, granted in consents:
            add_consent(session, person, channel, granted=granted)
    return Customer(person, contacts)


def add_consent(
    session: Session,
    person: UUID,
    channel: str,
    *,
    granted: bool = True,
    given_at: datetime = NOW - timedelta(days=30),
    withdrawn_at: datetime | None = None,
) -> None:
    """One statement about surveys."""
    session.add(
        Consent(
            person_id=person,
            purpose="survey",
            channel=channel,
            granted=granted,
            wording_version="1",
            source="dms",
            given_at=given_at,
            withdrawn_at=withdrawn_at,
        )
    )


def add_event(
    database: Database,
    network: Network,
    customer: Customer | None,
    *,
    touchpoint: str = "service",
    branch: int = 0,
    occurred_at: datetime = YESTERDAY,
    due_at: datetime | None = None,
    **values: Any,
) -> UUID:
    """An event that waits for its decision."""
    event = Event(
        source="dms",
        external_id=values.pop("external_id", str(new_id())),
        content_hash=b"-",
        touchpoint_id=network.touchpoints[touchpoint],
        branch_id=network.branches[branch],
        occurred_at=occurred_at,
        occurred_on=occurred_at.astimezone(SHANGHAI).date(),
        person_id=customer.id if customer else None,
        employee="E17",
        received_at=occurred_at,
        due_at=due_at or occurred_at,
        **values,
    )
    with database.transaction() as session:
        session.add(event)
        session.flush()
        return event.id


def rows(installation: Installation, statement: str, **given: Any) -> list[Any]:
    """Rows as a worker sees them."""
    with installation.database.transaction() as session:
        return list(session.execute(text(statement), given))


def one(installation: Installation, statement: str, **given: Any) -> Any:
    """The only row."""
    (found,) = rows(installation, statement, **given)
    return found


def change(installation: Installation, statement: str, **given: Any) -> None:
    """Changes something behind the back of the code under test."""
    with installation.database.transaction() as session:
        session.execute(text(statement), given)


def shanghai(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 on the wall in Shanghai, in UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)
