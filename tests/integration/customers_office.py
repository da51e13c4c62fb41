"""A small network and what tests of customers and events send into it."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.core.installation import Installation
from api.customers.schemas import EVENTS, EventResult
from api.customers.service import ingest_events
from api.models import Network, Touchpoint, Unit, UnitFormerCode, UnitParent
from api.security.hierarchy import structure_changed
from api.security.scope import Scope

WHOLE = Scope.whole_network(reason="test")
AT = datetime(2026, 11, 17, 17, 30, tzinfo=UTC)  # already the 18th in Shanghai
PHONE = "+8619900001234"
BRANCHES = {"D1": 11, "D2": 12, "D3": 13, "OLD": 14, "GB1": 15}


def build_network(session: Session) -> None:
    """Three dealers, one merged into the first, one in London."""
    session.add(Network(name_zh="网络", name_en="Network"))
    session.add(_unit(1, "N", "network"))
    session.flush()
    for code, unit_id in BRANCHES.items():
        session.add(_unit(unit_id, code, "branch"))
    session.flush()
    session.get_one(Unit, 14).merged_into_id = 11
    session.get_one(Unit, 15).timezone = "Europe/London"
    session.add(UnitFormerCode(code="D1-before", unit_id=11))
    for unit_id in BRANCHES.values():
        session.add(UnitParent(unit_id=unit_id, parent_id=1, valid_from=date(2020, 1, 1)))
    names = {"name_zh": "维修", "name_en": "Service"}
    session.add(
        Touchpoint(
            id=1,
            code="service_visit",
            stage="own",
            position=1,
            owner_function="after_sales",
            branch_kind="dealer",
            **names,
        )
    )
    session.flush()
    structure_changed(session)


def _unit(unit_id: int, code: str, kind: str) -> Unit:
    return Unit(
        id=unit_id, code=code, kind=kind, level=kind, name_zh=code, name_en=code, sort_key=code
    )


def said(number: int = 1, **changes: Any) -> dict[str, Any]:
    """An event as a source sends it."""
    event = {
        "source": "dms",
        "external_id": f"e{number}",
        "touchpoint": "service_visit",
        "unit": "D1",
        "occurred_at": AT.isoformat(),
        "customer": {"phone": PHONE},
    }
    return {**event, **changes}


def send(
    installation: Installation, *events: dict[str, Any], limits: Scope = WHOLE
) -> list[EventResult]:
    """Takes the events in, in one transaction."""
    with installation.database.transaction() as session:
        return ingest_events(
            session,
            EVENTS.validate_python(events),
            limits=limits,
            vault=installation.vault,
            now=installation.clock(),
        )


def query(installation: Installation, statement: str, **params: Any) -> list[Any]:
    """Rows as a worker sees them."""
    with installation.database.transaction() as session:
        return list(session.execute(text(statement), params))


def people(installation: Installation) -> list[UUID]:
    """Everyone who was not merged into somebody else."""
    rows = query(installation, "select id from person where merged_into_id is null order by id")
    return [row.id for row in rows]
