"""HTTP of orders of reports: translates, decides nothing."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from api.boundary.attachments import attached
from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import PersonVisit, Visit
from api.reports.orders import service
from api.reports.orders.packing import Packed, streamed
from api.reports.orders.repository import ItemLine, OrderLine
from api.reports.orders.schemas import (
    ItemOut,
    ItemsOut,
    ItemStatus,
    Made,
    OrderIn,
    OrderOut,
    OrdersOut,
)
from api.reports.orders.telling import TYPES
from api.security.scope import open_scope

router = APIRouter(prefix="/api/v1/reports/orders", tags=["reports"])


@router.post("", status_code=201, response_model=Made)
def place_order(body: OrderIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Orders the report of a unit, or one for each of its branches; they are made in a while."""

    def work() -> tuple[int, Made]:
        wish = service.Wish(
            body.unit, body.first, body.last, body.language, tuple(body.formats), body.pack
        )
        return 201, Made(id=service.place_order(visit.session, visit.viewer, wish, visit.now))

    return guard.answer(visit, work)


@router.get("")
def list_orders(
    visit: PersonVisit,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> OrdersOut:
    """The orders of who asks, the newest first."""
    found = service.list_orders(visit.session, visit.viewer, after=after, limit=limit + 1)
    shown = found[:limit]
    return OrdersOut(
        items=[_order(visit, one) for one in shown],
        next=shown[-1].id if len(found) > limit else None,
    )


@router.get("/{order_id}")
def read_order(order_id: UUID, visit: PersonVisit) -> OrderOut:
    """One order, with how far it is."""
    return _order(visit, service.require_order(visit.session, visit.viewer, order_id))


@router.post("/{order_id}/cancel", status_code=204)
def cancel_order(order_id: UUID, visit: PersonVisit) -> None:
    """Stops making what is not made yet."""
    service.cancel_order(visit.session, visit.viewer, order_id, visit.now)


@router.post("/{order_id}/resume", status_code=204)
def resume_order(order_id: UUID, visit: PersonVisit) -> None:
    """Makes what was cancelled, or could not be made."""
    service.resume_order(visit.session, visit.viewer, order_id)


@router.get("/{order_id}/items")
def list_items(
    order_id: UUID,
    visit: PersonVisit,
    status: ItemStatus | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ItemsOut:
    """The files of an order, in the order in which they are made."""
    found = service.list_items(
        visit.session, visit.viewer, order_id, after=after, limit=limit + 1, status=status
    )
    shown = found[:limit]
    return ItemsOut(
        items=[_item(visit, one) for one in shown],
        next=shown[-1].id if len(found) > limit else None,
    )


@router.get("/{order_id}/items/{item_id}/file", response_class=Response)
def read_file(order_id: UUID, item_id: UUID, visit: PersonVisit) -> Response:
    """A file to be saved, never to be shown as a page of ours."""
    file = service.require_file(visit.session, visit.viewer, order_id, item_id, visit.now)
    return Response(file.content, 200, attached(file.name), TYPES[file.format])


@router.get("/{order_id}/zip", response_class=StreamingResponse)
def read_zip(order_id: UUID, visit: PersonVisit) -> StreamingResponse:
    """All files that are there, as one ZIP; files that come later need another one."""
    pack = service.require_pack(visit.session, visit.viewer, order_id, visit.now)
    # Compressed once already: the middleware would hold each piece to try it again.
    headers = {**attached(f"{pack.name}.zip"), "Content-Encoding": "identity"}
    return StreamingResponse(_pieces(visit, order_id, pack), 200, headers, TYPES["zip"])


def _pieces(visit: Visit, order_id: UUID, pack: service.Pack) -> Iterator[bytes]:
    """The ZIP; each file is read in a transaction of its own, after the visit's is over."""

    def read(item_id: UUID) -> bytes | None:
        with visit.installation.database.transaction() as session:
            open_scope(session, visit.viewer.scope)
            return service.packed_file(session, visit.viewer, order_id, item_id)

    return streamed(
        Packed(name, lambda item_id=item_id: read(item_id))  # type: ignore[misc]
        for item_id, name in pack.files
    )


def _order(visit: PersonVisit, one: OrderLine) -> OrderOut:
    unit = visit.viewer.hierarchy.nodes[one.unit_id]
    return OrderOut.model_validate(
        {
            "id": one.id,
            "unit_code": unit.code,
            "unit_name": unit.name(visit.viewer.language),
            "pack": one.pack,
            "first": one.period_from,
            "last": one.period_to,
            "language": one.language,
            "formats": one.formats,
            "status": one.status,
            "scheduled": one.scheduled,
            **{name: getattr(one, name) for name in _COUNTS},
            "created_at": one.created_at,
            "finished_at": one.finished_at,
        }
    )


_COUNTS = ("items", "done", "failed", "cancelled", "open", "bytes")


def _item(visit: PersonVisit, one: ItemLine) -> ItemOut:
    unit = visit.viewer.hierarchy.nodes[one.unit_id]
    return ItemOut.model_validate(
        {
            "id": one.id,
            "unit_code": unit.code,
            "unit_name": unit.name(visit.viewer.language),
            "format": one.format,
            "status": one.status,
            "file_name": one.file_name,
            "bytes": one.bytes,
            "done_at": one.done_at,
            "failure": one.failure,
        }
    )
