"""Units, their history and the touchpoints in tables: single writes and what they need to know.

Decides nothing; :mod:`api.network.service` does.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from api.models import (
    Network,
    OwnerGroup,
    Touchpoint,
    Unit,
    UnitFormerCode,
    UnitParent,
    UnitProfile,
)

Ranged = TypeVar("Ranged", UnitParent, UnitProfile)


def lock_network(session: Session) -> Network | None:
    """The network, held until the transaction ends: changes of structure wait for each other."""
    return session.execute(select(Network).with_for_update()).scalar_one_or_none()


def get_root(session: Session) -> Unit | None:
    """The unit at the top."""
    return session.execute(select(Unit).where(col(Unit.kind) == "network")).scalar_one_or_none()


def get_unit(session: Session, unit_id: int) -> Unit | None:
    """The unit with that id."""
    return session.get(Unit, unit_id)


def units_by_code(session: Session, codes: Iterable[str]) -> dict[str, Unit]:
    """The units that have one of ``codes`` today."""
    found = session.execute(select(Unit).where(col(Unit.code).in_(list(codes)))).scalars()
    return {unit.code: unit for unit in found}


def former_codes(session: Session, codes: Iterable[str] | None = None) -> dict[str, int]:
    """Which unit had each of ``codes`` (all, if None) before."""
    query = select(col(UnitFormerCode.code), col(UnitFormerCode.unit_id))
    if codes is not None:
        query = query.where(col(UnitFormerCode.code).in_(list(codes)))
    return {row.code: row.unit_id for row in session.execute(query)}


def unit_destinies(session: Session) -> list[tuple[int, str, date | None, int | None]]:
    """Every unit's id, code, last day and what it merged into."""
    query = select(
        col(Unit.id), col(Unit.code), col(Unit.closed_on), col(Unit.merged_into_id)
    ).order_by(col(Unit.id))
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def keep_former_code(session: Session, code: str, unit_id: int, until_on: date) -> None:
    """Remembers a code that a unit had."""
    row = insert(UnitFormerCode).values(code=code, unit_id=unit_id, until_on=until_on)
    session.execute(row.on_conflict_do_nothing())


def insert_units(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Adds units; their ids by code."""
    made = session.execute(insert(Unit).returning(col(Unit.code), col(Unit.id)), list(rows))
    return {row.code: row.id for row in made}


def insert_ranges(session: Session, table: type[Ranged], rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds date ranges of parents or profiles."""
    if rows:
        session.execute(insert(table), list(rows))


def change_unit(session: Session, unit_id: int, **values: Any) -> None:
    """Writes columns of one unit."""
    session.execute(update(Unit).where(col(Unit.id) == unit_id).values(**values))


def range_starts(session: Session, table: type[Ranged], unit_ids: Iterable[int]) -> dict[int, date]:
    """The first day on which each unit has a parent or profile."""
    query = (
        select(col(table.unit_id), func.min(col(table.valid_from)).label("first"))
        .where(col(table.unit_id).in_(list(unit_ids)))
        .group_by(col(table.unit_id))
    )
    return {row.unit_id: row.first for row in session.execute(query)}


def list_ranges(session: Session, table: type[Ranged], unit_id: int) -> list[Ranged]:
    """All ranges of one unit, oldest first."""
    query = select(table).where(col(table.unit_id) == unit_id).order_by(col(table.valid_from))
    return list(session.execute(query).scalars())


def set_range(
    session: Session, table: type[Ranged], unit_id: int, on: date, values: Mapping[str, Any]
) -> None:
    """``values`` hold from ``on`` until the next planned change; what held before ends there."""
    ranges = list_ranges(session, table, unit_id)
    same = next((one for one in ranges if one.valid_from == on), None)
    if same is not None:
        session.execute(update(table).where(col(table.id) == same.id).values(**values))
        return
    before = next((one for one in ranges if one.valid_from < on and ends_after(one, on)), None)
    if before is not None:
        session.execute(update(table).where(col(table.id) == before.id).values(valid_to=on))
    until = next((one.valid_from for one in ranges if one.valid_from > on), None)
    row = {"unit_id": unit_id, "valid_from": on, "valid_to": until, **values}
    session.execute(insert(table), [row])


def ends_after(one: UnitParent | UnitProfile, on: date) -> bool:
    """True when the range still holds on ``on``."""
    return one.valid_to is None or one.valid_to > on


# Walks up from the new parent, day by day range: `days` shrinks to what the whole way shares.
_ABOVE = text(
    """
    with recursive above as (
        select cast(:parent as int) as unit_id,
               daterange(cast(:first as date), cast(:last as date)) as days
        union all
        select p.parent_id, a.days * daterange(p.valid_from, p.valid_to)
        from above a
        join unit_parent p on p.unit_id = a.unit_id
             and a.days && daterange(p.valid_from, p.valid_to)
        where a.unit_id <> :unit
    )
    select exists (select from above where unit_id = :unit)
    """
)


def stands_above(
    session: Session, unit_id: int, parent_id: int, first: date, last: date | None
) -> bool:
    """True when ``unit_id`` stands above ``parent_id`` on any day from first to before last."""
    values = {"unit": unit_id, "parent": parent_id, "first": first, "last": last}
    return bool(session.execute(_ABOVE, values).scalar_one())


def open_children(session: Session, unit_id: int, on: date) -> bool:
    """True when a unit that is not closed by ``on`` stands directly under this one then."""
    query = (
        select(col(Unit.id))
        .join(UnitParent, col(UnitParent.unit_id) == col(Unit.id))
        .where(
            col(UnitParent.parent_id) == unit_id,
            col(UnitParent.valid_from) <= on,
            or_(col(UnitParent.valid_to).is_(None), col(UnitParent.valid_to) > on),
            or_(col(Unit.closed_on).is_(None), col(Unit.closed_on) > on),
        )
        .limit(1)
    )
    return session.execute(query).first() is not None


def write_network(session: Session, network: Network, changing: Iterable[str]) -> None:
    """Makes the one network row, or changes the columns named in ``changing``."""
    values = network.model_dump()
    row = insert(Network).values(**values)
    changed = {name: values[name] for name in changing}
    session.execute(row.on_conflict_do_update(index_elements=["id"], set_=changed))


def ensure_owner_group(session: Session, code: str, name: str) -> int:
    """The id of the owner group with that code, made if there is none."""
    session.execute(insert(OwnerGroup).values(code=code, name=name).on_conflict_do_nothing())
    found = select(col(OwnerGroup.id)).where(col(OwnerGroup.code) == code)
    return int(session.execute(found).scalar_one())


def write_touchpoints(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Adds the touchpoints that are not known yet; how many were."""
    row = insert(Touchpoint).values(list(rows)).on_conflict_do_nothing(index_elements=["code"])
    return len(session.execute(row.returning(col(Touchpoint.code))).all())


def last_touchpoint_position(session: Session) -> int:
    """The highest position taken, 0 when there is no touchpoint."""
    return session.execute(select(func.max(col(Touchpoint.position)))).scalar() or 0


def list_touchpoints(session: Session) -> list[Touchpoint]:
    """All touchpoints in the order of the journey; they are the whole network's."""
    query = select(Touchpoint).order_by(col(Touchpoint.position))
    return list(session.execute(query).scalars())
