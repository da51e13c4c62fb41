"""Two regions of two branches, with a row of every branch in every table that isolates branches.

Each branch has words and numbers of its own (``marks``) in all that belongs to it, so that a test
can look for them in any byte that somebody else is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

from alert_rows import add_alerts
from channel_rows import add_calls_and_point, add_contest
from conftest import NOW, Office
from counted_rows import OCCURRED_ON, add_all, add_counts
from delivery_rows import add_deliveries
from plan_rows import add_plans
from published_rows import add_published
from report_rows import add_reports
from sqlalchemy import text
from sqlmodel import Session
from ticket_rows import add_tickets
from warning_rows import add_warnings

from api.access import logins, repository, service
from api.access.logins import LoggedIn
from api.access.passwords import hash_password
from api.access.service import LoginNames
from api.core.crypto import Vault
from api.core.ids import new_token, token_hash
from api.models import (
    Answer,
    Consent,
    ContactPoint,
    Decision,
    Event,
    Invitation,
    LeagueTable,
    MetricDay,
    Person,
    PersonBranch,
    PersonHold,
    PersonSource,
    Receipt,
    Response,
    SurveyToken,
)
from api.network import service as network
from api.network.plans import NewUnit, Profile
from api.surveys.definitions import read_survey
from api.surveys.service import publish_survey

EXAMPLES = Path(__file__).parents[1] / "examples"
PASSWORD = "correct horse battery"
TREE = MappingProxyType({"north": ("north1", "north2"), "south": ("south1", "south2")})
# Whom a role is granted to: a unit, or the owner group that has north1 and south1.
PLACES: Mapping[str, str] = MappingProxyType(
    {
        "hq_admin": "network",
        "hq_analyst": "network",
        "regional_manager": "north",
        "owner_group_manager": "group",
        "branch_manager": "north1",
        "branch_staff": "north1",
        "interviewer": "north1",
        "regional_admin": "north",  # hq_admin of one region only
    }
)
SEES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "network": frozenset({"north1", "north2", "south1", "south2"}),
        "north": frozenset({"north1", "north2"}),
        "group": frozenset({"north1", "south1"}),
        "north1": frozenset({"north1"}),
    }
)


@dataclass(frozen=True)
class Branch:
    """A branch and the ids of what belongs to it."""

    code: str
    former_code: str
    unit_id: int
    customer: UUID
    contact: UUID
    event: UUID
    invitation: UUID
    response: UUID
    account: UUID
    grant: UUID
    point: UUID
    contest: UUID
    evidence: UUID
    token: str
    unit_marks: tuple[str, ...]
    data_marks: tuple[str, ...]

    @property
    def marks(self) -> tuple[str, ...]:
        """Everything that nobody outside may read."""
        return self.unit_marks + self.data_marks


@dataclass(frozen=True)
class World:
    """All of it: branches by their plain name, accounts and machine tokens by role or place."""

    branches: Mapping[str, Branch]
    accounts: Mapping[str, UUID]
    machine: str

    def hidden_from(self, role: str) -> list[Branch]:
        """The branches that ``role`` must not learn of."""
        seen = SEES[PLACES[role]]
        return [branch for name, branch in self.branches.items() if name not in seen]

    def shown_to(self, role: str) -> list[Branch]:
        """The branches that are the role's own."""
        return [self.branches[name] for name in sorted(SEES[PLACES[role]])]


def make_two_regions(office: Office) -> World:
    """Builds it as the worker; passwords are all :data:`PASSWORD`."""
    vault = office.worker.vault
    with office.worker.database.transaction() as session:
        root = network.set_network(session, name_zh="网络", name_en="Network")
        group = network.ensure_owner_group(session, "group", "Group")
        units = network.add_units(session, [*_regions(), *_branches(group)])
        network.ensure_touchpoints(session, "cars")
        survey = read_survey((EXAMPLES / "surveys/car_service.toml").read_text("utf-8"), "test")
        version = publish_survey(session, survey, NOW).id
        touchpoint = _touchpoint_id(session)
        table = _league_table(session)
        places = {"network": root, **{name: units[_code(name)] for name in _names()}}
        made = {
            name: _make_branch(
                session,
                vault,
                name,
                Context(places[name], touchpoint, version, table, number),
            )
            for number, name in enumerate((n for pair in TREE.values() for n in pair), 1)
        }
        add_warnings(session, {one.unit_id: int(one.data_marks[1]) for one in made.values()})
        add_reports(
            session, {one.unit_id: (one.data_marks[0], one.account) for one in made.values()}
        )
        add_deliveries(
            session, {one.unit_id: (one.data_marks[0], one.account) for one in made.values()}
        )
        add_tickets(
            session,
            {
                one.unit_id: (one.data_marks[0], one.customer, one.response, one.account)
                for one in made.values()
            },
        )
        add_plans(session, {one.unit_id: one.data_marks[0] for one in made.values()})
        add_published(
            session,
            {
                one.unit_id: (one.code, one.unit_marks[1], int(one.data_marks[1]))
                for one in made.values()
            },
        )
        accounts = {
            role: _account(session, vault, role, places.get(place), group)
            for role, place in PLACES.items()
        }
        machine = service.create_token(session, "DMS", ["read"], places["north1"], now=NOW)
    return World(made, accounts, machine)


@dataclass(frozen=True)
class Context:
    """Where one branch's rows belong."""

    unit_id: int
    touchpoint_id: int
    version_id: int
    table_id: UUID
    number: int


def _names() -> list[str]:
    return [*TREE, *(name for pair in TREE.values() for name in pair)]


def _code(name: str) -> str:
    return f"codeq{name}q"


def _regions() -> list[NewUnit]:
    return [
        NewUnit(_code(name), "region", f"nameq{name}q", "network", date(2020, 1, 1))
        for name in TREE
    ]


def _branches(group: int) -> list[NewUnit]:
    return [
        NewUnit(
            _code(name),
            "branch",
            f"nameq{name}q",
            _code(region),
            date(2020, 1, 1),
            profile=Profile(
                brand=f"brandq{name}q", owner_group_id=group if name.endswith("1") else None
            ),
        )
        for region, pair in TREE.items()
        for name in pair
    ]


def _touchpoint_id(session: Session) -> int:
    found = session.execute(text("select id from touchpoint where code = 'service'"))
    return int(found.scalar_one())


def _league_table(session: Session) -> UUID:
    table = LeagueTable(
        metric="nps",
        period_from=date(2026, 8, 1),
        period_to=date(2026, 11, 17),
        comparison_set="network",
        data_version=1,
        state="ready",
        requested_at=NOW,
        computed_at=NOW,
    )
    session.add(table)
    session.add(MetricDay(metric="nps", day=OCCURRED_ON, version=1))
    session.flush()
    return table.id


def _account(session: Session, vault: Vault, role: str, unit_id: int | None, group: int) -> UUID:
    made = service.create_account(session, vault, LoginNames(staff_number=role), name=role, now=NOW)
    repository.change_account(session, made, password_hash=_hash(), status="active")
    granted = "hq_admin" if role == "regional_admin" else role
    place = {"unit_id": unit_id} if unit_id is not None else {"owner_group_id": group}
    service.grant(session, made, granted, now=NOW, **place)  # type: ignore[arg-type]
    return made


@cache
def _hash() -> str:
    return hash_password(PASSWORD)  # one for all: hashing is slow on purpose


def log_in_as(office: Office, role: str) -> str:
    """The secret of a new session of the account with that role."""
    with office.web.database.transaction() as session:
        outcome = logins.log_in(session, office.web.vault, role, PASSWORD, now=office.clock())
    assert isinstance(outcome, LoggedIn)
    return outcome.secret


def _make_branch(session: Session, vault: Vault, name: str, at: Context) -> Branch:
    mark, count = f"dataq{name}q", 31_337_000 + at.number
    former = f"formerq{name}q"
    session.execute(
        text("insert into unit_former_code (code, unit_id) values (:code, :unit)"),
        {"code": former, "unit": at.unit_id},
    )
    person, contact = _person(session, vault, mark, at)
    event, invitation, token = _asking(session, vault, mark, at, person, contact)
    response = _response(session, mark, at, person, invitation)
    add_counts(session, mark, count, at)
    account = service.create_account(
        session, vault, LoginNames(email=f"{mark}@example.com"), name=f"{mark} manager", now=NOW
    )
    grant = service.grant(session, account, "branch_manager", unit_id=at.unit_id, now=NOW)
    contest, evidence = add_contest(session, mark, at, response, account)
    add_alerts(session, mark, at.unit_id, response)
    return Branch(
        code=_code(name),
        former_code=former,
        unit_id=at.unit_id,
        customer=person,
        contact=contact,
        event=event,
        invitation=invitation,
        response=response,
        account=account,
        grant=grant,
        point=add_calls_and_point(session, mark, at, invitation, account),
        contest=contest,
        evidence=evidence,
        token=token,
        unit_marks=(_code(name), f"nameq{name}q", f"brandq{name}q", former),
        data_marks=(mark, str(count), str(person), str(event), str(invitation), str(response)),
    )


def _person(session: Session, vault: Vault, mark: str, at: Context) -> tuple[UUID, UUID]:
    person = Person(
        name_encrypted=vault.encrypt(f"{mark} customer"),
        attributes={"note": mark},
        created_at=NOW,
    )
    address = f"{mark}@example.org"
    contact = ContactPoint(
        kind="email",
        value_hash=vault.lookup_hash("email", address),
        value_encrypted=vault.encrypt(address),
        person_id=person.id,
        created_at=NOW,
    )
    add_all(
        session,
        person,
        PersonBranch(person_id=person.id, branch_id=at.unit_id, first_seen_on=OCCURRED_ON),
        PersonSource(source="dms", external_id=mark, person_id=person.id),
        contact,
        PersonHold(
            person_id=person.id,
            reason="complaint",
            source=mark,
            external_id=mark,
            opened_at=NOW,
            closed_at=NOW,
        ),
        Consent(
            person_id=person.id,
            purpose="survey",
            channel="any",
            granted=True,
            wording_version=mark,
            source=mark,
            given_at=NOW,
        ),
    )
    return person.id, contact.id


def _asking(  # noqa: PLR0917
    session: Session, vault: Vault, mark: str, at: Context, person: UUID, contact: UUID
) -> tuple[UUID, UUID, str]:
    event = _event(vault, mark, at, person)
    invitation = _invitation(mark, at, event, contact)
    token = new_token()
    add_all(
        session,
        event,
        Decision(
            decided_at=NOW,
            event_id=event.id,
            branch_id=at.unit_id,
            action="send",
            reason=mark,
            at=NOW,
            checks=[{"rule": mark, "value": 1, "limit": 1, "ok": True}],
        ),
        invitation,
        SurveyToken(
            token_hash=token_hash(token),
            invitation_id=invitation.id,
            branch_id=at.unit_id,
            created_at=NOW,
            expires_at=NOW + timedelta(14),
        ),
        Receipt(
            received_at=NOW,
            provider="console",
            provider_id=mark,
            status="delivered",
            invitation_id=invitation.id,
            branch_id=at.unit_id,
        ),
    )
    return event.id, invitation.id, token


def _event(vault: Vault, mark: str, at: Context, person: UUID) -> Event:
    return Event(
        source="dms",
        external_id=mark,
        content_hash=b"-",
        touchpoint_id=at.touchpoint_id,
        branch_id=at.unit_id,
        occurred_at=NOW - timedelta(8),
        occurred_on=OCCURRED_ON,
        person_id=person,
        employee=mark,
        vehicle_encrypted=vault.encrypt(mark),
        order_ref=mark,
        attributes={"note": mark},
        received_at=NOW,
        asking="decided",
        due_at=NOW,
    )


def _invitation(mark: str, at: Context, event: Event, contact: UUID) -> Invitation:
    return Invitation(
        event_id=event.id,
        survey_code="car_service",
        survey_version_id=at.version_id,
        person_id=event.person_id,
        contact_point_id=contact,
        branch_id=at.unit_id,
        touchpoint_id=at.touchpoint_id,
        occurred_on=OCCURRED_ON,
        channel="email",
        segment=mark,
        advisor=mark,
        language="zh",
        context={"brand": mark},
        created_at=NOW,
        planned_at=NOW,
        expires_at=NOW + timedelta(14),
        status="sent",
        sent_at=NOW,
        provider_id=mark,
        failure=mark,
    )


def _response(session: Session, mark: str, at: Context, person: UUID, invitation: UUID) -> UUID:
    response = Response(
        invitation_id=invitation,
        survey_version_id=at.version_id,
        branch_id=at.unit_id,
        touchpoint_id=at.touchpoint_id,
        person_id=person,
        occurred_on=OCCURRED_ON,
        channel="email",
        segment=mark,
        advisor=mark,
        language="zh",
        named=True,
        pages_done=2,
        started_at=NOW,
        submitted_at=NOW,
        completed_at=NOW,
        source="dms",
        external_id=mark,
    )
    shared = {
        "response_id": response.id,
        "occurred_on": OCCURRED_ON,
        "branch_id": at.unit_id,
    }
    add_all(
        session,
        response,
        Answer(question="nps", metric="nps", value=2, **shared),
        Answer(question="comment", text=f"{mark} comment", choices=[mark], **shared),
    )
    return response.id
