"""Placing, watching, cancelling and resuming orders of reports, and taking their files.

An order belongs to whoever placed it. A file is theirs as long as they may see every branch that
it is about: that is asked again each time, of today's rights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from api.core.errors import NotFound
from api.core.ids import new_id
from api.core.languages import Language
from api.insights.freshness import data_version
from api.models import ReportOrder
from api.reports.content.blocks import FORMATS, Format
from api.reports.orders import repository
from api.reports.orders.errors import AlreadyDone, NoPack, NothingToReport, TooManyOrders
from api.reports.orders.packing import file_names, safe
from api.reports.orders.repository import ItemLine, OrderLine
from api.security.audit import audit
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer

OPEN_AT_MOST = 10  # orders of one person that are being made
KEPT = timedelta(days=30)
SAME_FOR = timedelta(minutes=10)  # a report is taken for that of now, if nothing was counted since


@dataclass(frozen=True)
class Wish:
    """What somebody wants: reports of a unit, or of each branch below it, for some days."""

    unit: str
    first: date
    last: date  # included
    language: Language
    formats: tuple[Format, ...]
    pack: bool = False


@dataclass(frozen=True)
class ReportFile:
    """A file to be saved."""

    name: str
    format: str
    content: bytes


@dataclass(frozen=True)
class Pack:
    """A ZIP's name, and its files by id with the names that they get in it."""

    name: str
    files: tuple[tuple[UUID, str], ...]


def place_order(
    session: Session,
    viewer: Viewer,
    wish: Wish,
    now: datetime,
    *,
    subscription_id: UUID | None = None,
) -> UUID:
    """Lets a worker make what is wished for; the order's id."""
    account = _account(viewer)
    unit = viewer.require_unit_code(wish.unit)
    viewer.require(Permission.EXPORT, unit.id)
    if repository.count_open(session, account) >= OPEN_AT_MOST:
        raise TooManyOrders
    units = _units(viewer, unit, wish)
    formats = [format for format in FORMATS if format in wish.formats]
    order = ReportOrder(
        account_id=account,
        unit_id=unit.id,
        subscription_id=subscription_id,
        pack=wish.pack,
        period_from=wish.first,
        period_to=wish.last,
        language=wish.language,
        formats=list(formats),
        items=len(units) * len(formats),
        data_version=data_version(session),
        created_at=now,
    )
    repository.add_order(session, order, list(_items(viewer, order.id, units, formats)))
    _write_down(session, viewer, "report.order", order, now)
    return order.id


def place_once(session: Session, viewer: Viewer, wish: Wish, now: datetime) -> UUID:
    """The order of the same that is being made, or was of these very numbers; else a new one.

    Two clicks at once wait for each other.
    """
    account, unit = _account(viewer), viewer.require_unit_code(wish.unit)
    viewer.require(Permission.EXPORT, unit.id)
    repository.one_at_a_time(session, account)
    same = {
        "account_id": account,
        "unit_id": unit.id,
        "pack": wish.pack,
        "period_from": wish.first,
        "period_to": wish.last,
        "language": wish.language,
        "formats": list(wish.formats),
    }
    found = repository.same_order(session, same, data_version(session), now - SAME_FOR)
    return found or place_order(session, viewer, wish, now)


def list_orders(
    session: Session, viewer: Viewer, *, after: UUID | None = None, limit: int = 50
) -> list[OrderLine]:
    """The viewer's own orders, the newest first."""
    return repository.list_orders(session, _account(viewer), _seen(viewer), after, limit)


def require_order(session: Session, viewer: Viewer, order_id: UUID) -> OrderLine:
    """The viewer's own order, or *not found*."""
    found = repository.get_order(session, _account(viewer), _seen(viewer), order_id)
    if found is None:
        raise NotFound(order=order_id)
    return found


def list_items(
    session: Session,
    viewer: Viewer,
    order_id: UUID,
    *,
    after: UUID | None = None,
    limit: int | None = 100,
    status: str | None = None,
) -> list[ItemLine]:
    """The files of an own order, as far as their branches are the viewer's today."""
    require_order(session, viewer, order_id)
    found = repository.list_items(session, order_id, after, limit, status)
    return [item for item in found if viewer.sees_unit(item.unit_id)]


def require_file(
    session: Session, viewer: Viewer, order_id: UUID, item_id: UUID, now: datetime
) -> ReportFile:
    """A file of an own order; whoever may not export from its unit any more finds nothing."""
    found = repository.read_file(session, _account(viewer), order_id, item_id)
    if found is None:
        raise NotFound(item=item_id)
    name, format, content, unit_id = found
    viewer.require(Permission.EXPORT, unit_id)
    audit(
        session,
        viewer.actor,
        "report.download",
        now=now,
        subject=str(item_id),
        unit_id=unit_id,
        detail={"format": format, "order": str(order_id)},
    )
    return ReportFile(name, format, content)


def require_pack(session: Session, viewer: Viewer, order_id: UUID, now: datetime) -> Pack:
    """What goes into the ZIP of an own order; *not found* while nothing is made."""
    order = require_order(session, viewer, order_id)
    items = [
        (item, viewer.hierarchy.nodes[item.unit_id].name(order.language))
        for item in list_items(session, viewer, order_id, limit=None)
        if item.status == "done" and viewer.may(Permission.EXPORT, item.unit_id)
    ]
    if not items:
        raise NotFound(order=order_id)
    names = file_names(f"{name} {item.file_name}" for item, name in items)
    unit = viewer.hierarchy.nodes[order.unit_id]
    audit(
        session,
        viewer.actor,
        "report.download",
        now=now,
        subject=str(order_id),
        unit_id=order.unit_id,
        detail={"format": "zip", "files": len(items)},
    )
    return Pack(
        safe(f"{unit.code}_{order.period_from:%Y%m%d}_{order.period_to:%Y%m%d}.zip")[:-4],
        tuple((item.id, name) for (item, _), name in zip(items, names, strict=True)),
    )


def packed_file(session: Session, viewer: Viewer, order_id: UUID, item_id: UUID) -> bytes | None:
    """One file of a pack that is being handed out; None when it was forgotten meanwhile."""
    found = repository.read_file(session, _account(viewer), order_id, item_id)
    return None if found is None else found[2]


def cancel_order(session: Session, viewer: Viewer, order_id: UUID, now: datetime) -> None:
    """Ends an order that is being made; the files that are there stay."""
    require_order(session, viewer, order_id)
    if repository.lock_order(session, order_id) not in ("waiting", "running"):
        raise AlreadyDone
    repository.cancel_items(session, order_id, now)


def resume_order(session: Session, viewer: Viewer, order_id: UUID) -> None:
    """Lets what was cancelled, or could not be made, be made after all."""
    require_order(session, viewer, order_id)
    if repository.lock_order(session, order_id) in ("waiting", "running"):
        raise AlreadyDone
    if repository.count_open(session, _account(viewer)) >= OPEN_AT_MOST:
        raise TooManyOrders
    if not repository.resume_items(session, order_id):
        raise AlreadyDone


def _account(viewer: Viewer) -> UUID:
    if viewer.account_id is None:
        raise NotFound
    return viewer.account_id


def _seen(viewer: Viewer) -> list[int]:
    return [unit_id for unit_id in viewer.hierarchy.nodes if viewer.sees_unit(unit_id)]


def _units(viewer: Viewer, unit: Node, wish: Wish) -> list[Node]:
    """The unit itself, or for a pack its branches that were open on any of the days."""
    below = viewer.hierarchy.branches_under(unit.id)
    if wish.pack and unit.is_branch:
        raise NoPack
    there = [one for one in below if _open_on(one, wish.first, wish.last)]
    if not there:
        raise NothingToReport
    return there if wish.pack else [unit]


def _open_on(branch: Node, first: date, last: date) -> bool:
    opened = branch.opened_on is None or branch.opened_on <= last
    return opened and (branch.closed_on is None or branch.closed_on > first)


def _items(
    viewer: Viewer, order_id: UUID, units: Sequence[Node], formats: Sequence[str]
) -> Iterator[dict[str, object]]:
    ids = iter(sorted(new_id() for _ in range(len(units) * len(formats))))  # made in this order
    for unit in units:
        branches = sorted(one.id for one in viewer.hierarchy.branches_under(unit.id))
        for format in formats:
            yield {
                "id": next(ids),
                "order_id": order_id,
                "unit_id": unit.id,
                "branches": branches,
                "format": format,
                "status": "waiting",
                "attempts": 0,
            }


def _write_down(
    session: Session, viewer: Viewer, action: str, order: ReportOrder, now: datetime
) -> None:
    days = [order.period_from.isoformat(), order.period_to.isoformat()]
    audit(
        session,
        viewer.actor,
        action,
        now=now,
        subject=str(order.id),
        unit_id=order.unit_id,
        detail={"days": days, "formats": order.formats, "pack": order.pack, "items": order.items},
    )
