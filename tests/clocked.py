"""A small network with clocks: two regions with other calendars and zones, rules, bare tickets."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from conftest import Office
from sqlalchemy import text, update
from sqlmodel import Session, col, select

from api.access import repository, service
from api.access.service import LoginNames
from api.core.crypto import Vault
from api.models import Ticket, TicketClock
from api.network.plans import NewUnit
from api.network.service import add_units, set_network
from api.tickets import ticking
from api.tickets.definitions import read_loop
from api.tickets.loopbook import publish_loop

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
RULES = """
code = "loop"
version = {version}
default_calendar = "china"
verify = {{ enabled = false }}
cause = [ {{ code = "other", name = {{ zh = "o", en = "o" }} }} ]
target = [
  {{ severity = "high", calendar = "business", {business} }},
  {{ severity = "high", calendar = "customer", resolve_hours = {customer} }},
]
escalation = [
  {{ clock = "contact", calendar = "business", after_hours = 0, to = "region" }},
  {{ clock = "contact", calendar = "business", after_hours = {later}, to = "headquarters" }},
  {{ clock = "resolve", calendar = "customer", after_hours = 0, to = "region" }},
]
[[alert]]
code = "low"
kind = "answer"
name = {{ zh = "l", en = "l" }}
when = {{ score = {{ metric = "nps", at_most = 6 }} }}
[[calendar]]
code = "china"
holidays = "CN"
closed = [{closed}]
open = [ {{ days = ["mon", "tue", "wed", "thu", "fri"], from = "09:00", to = "18:00" }} ]
[[calendar]]
code = "germany"
holidays = "none"
units = ["north"]
open = [ {{ days = ["mon", "tue", "wed", "thu", "fri", "sat"], from = "08:00", to = "16:00" }} ]
"""
BUSINESS = "acknowledge_hours = 2, contact_hours = 9, resolve_hours = 27"


@dataclass(frozen=True)
class Clocked:
    """Branches and regions by code; who manages the regions, and headquarters."""

    units: dict[str, int]
    accounts: dict[str, UUID]


def make_network(session: Session, vault: Vault, now: datetime) -> Clocked:
    """Region east (Shanghai, calendar china) and region north (Berlin, calendar germany)."""
    root = set_network(session, name_zh="n", name_en="n", code="HQ", leaf_word="dealer")
    since = date(2020, 1, 1)
    made = add_units(
        session,
        [
            NewUnit("east", "region", "east", "HQ", since),
            NewUnit("north", "region", "north", "HQ", since, timezone="Europe/Berlin"),
            NewUnit("east1", "branch", "east1", "east", since),
            NewUnit("east2", "branch", "east2", "east", since),
            NewUnit("north1", "branch", "north1", "north", since),
        ],
    )
    units = {"HQ": root, **made}
    accounts = {
        "east": _account(session, vault, "regional_manager", units["east"], now),
        "north": _account(session, vault, "regional_manager", units["north"], now),
        "HQ": _account(session, vault, "hq_admin", root, now),
        "east1": _account(session, vault, "branch_manager", units["east1"], now),
    }
    return Clocked(units, accounts)


def publish_rules(
    session: Session,
    now: datetime,
    version: int = 1,
    *,
    closed: str = "",
    business: str = BUSINESS,
    customer: float = 72,
    later: float = 9,
) -> None:
    """Publishes a version of :data:`RULES`; ``later``: hours until headquarters is told."""
    given = {"closed": closed, "business": business, "customer": customer, "later": later}
    written = RULES.format(version=version, **given)
    publish_loop(session, read_loop(written, "loop.toml"), now, written=written)


def add_ticket(
    session: Session, branch_id: int, at: datetime, severity: int = 2, *, named: bool = True
) -> Ticket:
    """A ticket with its clocks, opened at a moment."""
    ticket = Ticket(
        branch_id=branch_id,
        kind="complaint",
        severity=severity,
        named=named,
        loop_version=1,
        opened_at=at,
        state_at=at,
    )
    session.add(ticket)
    session.flush()
    ticking.start_clocks(session, ticket, at)
    return read_ticket(session, ticket.id)


def read_ticket(session: Session, ticket_id: UUID) -> Ticket:
    """The ticket as it stands."""
    query = select(Ticket).where(col(Ticket.id) == ticket_id)
    found: Ticket = session.execute(query.execution_options(populate_existing=True)).scalar_one()
    return found


def set_state(session: Session, ticket: Ticket, state: str, at: datetime, **more: object) -> Ticket:
    """Writes a state past the rules of states; gives the ticket as it is then."""
    values = {"state": state, "state_at": at, **more}
    session.execute(update(Ticket).where(col(Ticket.id) == ticket.id).values(**values))
    return read_ticket(session, ticket.id)


def clocks(session: Session, ticket: Ticket) -> dict[str, TicketClock]:
    """The ticket's clocks under ``kind/calendar``."""
    query = select(TicketClock).where(col(TicketClock.ticket_id) == ticket.id)
    found = session.execute(query.execution_options(populate_existing=True)).scalars()
    return {f"{one.kind}/{one.calendar}": one for one in found}


def told(office: Office) -> list[tuple[str, str, dict[str, object]]]:
    """Notices of escalation: whose account, the key of the occasion, and what it says."""
    with office.owner.connection() as connection:
        found = connection.execute(
            text(
                "select a.name, n.dedupe_key, n.detail from notice n "
                "join account a on a.id = n.account_id where n.kind = 'escalated' "
                "order by n.created_at, a.name"
            )
        )
        return [(row[0], row[1], row[2]) for row in found]


def shanghai(*parts: int) -> datetime:
    """A moment on the clock of the east."""
    return datetime(*parts, tzinfo=SHANGHAI).astimezone(UTC)  # type: ignore[misc,arg-type]


def berlin(*parts: int) -> datetime:
    """A moment on the clock of the north."""
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)  # type: ignore[misc,arg-type]


def _account(session: Session, vault: Vault, role: str, unit_id: int, now: datetime) -> UUID:
    names = LoginNames(staff_number=f"{role}{unit_id}")
    made = service.create_account(session, vault, names, name=f"{role} {unit_id}", now=now)
    repository.change_account(session, made, status="active")
    service.grant(session, made, role, unit_id=unit_id, now=now)
    return made
