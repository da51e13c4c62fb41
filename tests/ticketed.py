"""Branches with colleagues, customers and answers, on which tickets can be opened and handled."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from answered import World, make_world
from conftest import NOW, Office
from sqlalchemy import text
from sqlmodel import Session

from api.access import service as access
from api.access.service import LoginNames
from api.core.ids import new_id
from api.models import ContactPoint, Person, PersonBranch
from api.security.hierarchy import current_hierarchy
from api.security.scope import open_scope
from api.security.viewer import Viewer, load_grants, widen
from api.tickets import opening
from api.tickets.definitions import read_loop
from api.tickets.loopbook import publish_loop
from api.tickets.opening import Opening

LOOP = Path(__file__).parents[1] / "examples/loop.toml"
YESTERDAY = NOW - timedelta(days=1)


@dataclass
class Shop:
    """A made-up network with one account per role, by a short name."""

    office: Office
    world: World
    people: dict[str, UUID] = field(default_factory=dict)

    @property
    def branch(self) -> int:
        """The branch where most happens."""
        return self.world.branches[0]

    @contextmanager
    def at_work(self, name: str, now: datetime = NOW) -> Iterator[tuple[Session, Viewer]]:
        """A web transaction of a colleague."""
        with self.office.web.database.transaction() as session:
            hierarchy = current_hierarchy(session, now.date())
            grants = load_grants(session, self.people[name], now.date())
            scope = widen(grants, hierarchy)
            viewer = Viewer(self.people[name], name, "en", grants, hierarchy, scope)
            open_scope(session, scope)
            yield session, viewer

    def opened(self, wanted: Opening, now: datetime = NOW) -> UUID | None:
        """Opens a ticket as a worker does."""
        with self.office.worker.database.transaction() as session:
            return opening.open_ticket(session, wanted, now)

    def answered(
        self,
        branch: int | None = None,
        *,
        named: bool = True,
        score: int = 2,
        words: str = "Nobody called me back",
        phone: str = "+8619900000001",
    ) -> tuple[UUID, UUID]:
        """A customer and what they answered; their ids."""
        where = self.branch if branch is None else branch
        with self.office.worker.database.transaction() as session:
            person = self.customer(session, where, phone)
            response = _response(
                session, self.world, (where, person), named=named, score=score, words=words
            )
            return person, response

    def customer(self, session: Session, branch: int, phone: str) -> UUID:
        """Somebody with a telephone number, known to a branch."""
        vault = self.office.worker.vault
        person = Person(name_encrypted=vault.encrypt("Chen Wei"), created_at=NOW)
        session.add(person)
        session.flush()
        session.add(PersonBranch(person_id=person.id, branch_id=branch, first_seen_on=NOW.date()))
        session.add(
            ContactPoint(
                kind="phone",
                value_hash=vault.lookup_hash("phone", phone + str(person.id)),
                value_encrypted=vault.encrypt(phone),
                person_id=person.id,
                created_at=NOW,
            )
        )
        session.flush()
        return person.id


def make_shop(office: Office) -> Shop:
    """Two regions, rules of the example, and a colleague of every kind at the first branch."""
    world = make_world(office.owner)
    shop = Shop(office, world)
    branch, region = world.branches[0], world.regions[0]
    with office.worker.database.transaction() as session:
        written = LOOP.read_text("utf-8")
        publish_loop(session, read_loop(written, "loop.toml"), YESTERDAY, written=written)
        for name, role, unit in (
            ("manager", "branch_manager", branch),
            ("staff", "branch_staff", branch),
            ("region", "regional_manager", region),
            ("head", "hq_admin", world.network),
            ("analyst", "hq_analyst", world.network),
            ("neighbour", "branch_manager", world.branches[1]),
            ("far", "branch_manager", world.branches[-1]),
        ):
            shop.people[name] = add_colleague(session, office, name, role, unit)
    return shop


def add_colleague(session: Session, office: Office, name: str, role: str, unit: int) -> UUID:
    """An active account with one grant; managers have a telephone."""
    phone = "+8619900001001" if name == "manager" else None
    names = LoginNames(staff_number=f"no-{name}", phone=phone)
    made = access.create_account(session, office.worker.vault, names, name=name, now=YESTERDAY)
    session.execute(text("update account set status = 'active' where id = :id"), {"id": made})
    access.grant(session, made, role, unit_id=unit, now=YESTERDAY)
    return made


def _response(
    session: Session,
    world: World,
    of: tuple[int, UUID],
    *,
    named: bool,
    score: int,
    words: str,
) -> UUID:
    branch, person = of
    made = new_id()
    session.execute(
        text(
            "insert into response (id, survey_version_id, branch_id, touchpoint_id, person_id, "
            "occurred_on, channel, language, named, pages_done, started_at, submitted_at, "
            "completed_at) values (:id, :version, :branch, :touchpoint, :person, :day, 'sms', "
            "'en', :named, 1, :at, :at, :at)"
        ),
        {
            "id": made,
            "version": world.version,
            "branch": branch,
            "touchpoint": world.touchpoints[0],
            "person": person,
            "day": NOW.date(),
            "named": named,
            "at": NOW,
        },
    )
    session.execute(
        text(
            "insert into answer (response_id, question, occurred_on, branch_id, metric, value, "
            "text) values (:id, 'nps', :day, :branch, 'nps', :score, null), "
            "(:id, 'why', :day, :branch, null, null, :words)"
        ),
        {"id": made, "day": NOW.date(), "branch": branch, "score": score, "words": words},
    )
    return made
