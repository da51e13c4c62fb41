"""Events and customers over HTTP: bodies in, results out; decides nothing."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.boundary.idempotency import IdempotencyGuard, Idempotent
from api.boundary.visits import (
    AnyVisit,
    PersonVisit,
    Visit,
    bearer_token,
    request_language,
    require_token_scope,
)
from api.core.errors import NotAllowed, NotLoggedIn
from api.customers.errors import ItemProblem, ItemsConflict, ItemsInvalid, TooManyItems
from api.customers.holds import record_holds
from api.customers.schemas import (
    CUSTOMERS,
    EVENTS,
    HOLDS,
    MAX_ITEMS,
    CustomerRecord,
    CustomersAnswer,
    CustomerView,
    EventIn,
    EventsAnswer,
    HoldIn,
    HoldsAnswer,
    Revealed,
    RevealIn,
)
from api.customers.service import ingest_events, save_customers
from api.customers.views import reveal_contact, show_customer

Item = TypeVar("Item")
router = APIRouter(prefix="/api/v1", tags=["customers"])


async def _machine_body(request: Request) -> bytes:
    """The body of a machine's request, read before the transaction begins."""
    if bearer_token(request) is None:
        raise NotLoggedIn
    return await request.body()


MachineBody = Annotated[bytes, Depends(_machine_body)]


def _body(model: type[BaseModel]) -> dict[str, Any]:
    """How the documentation shows a body of one item or many."""
    described = model.model_json_schema()
    one = _inlined(described, described.pop("$defs", {}))
    many = {"type": "array", "items": one, "maxItems": MAX_ITEMS}
    schema = {"oneOf": [one, many]}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    """A JSON Schema with its references replaced by what they name."""
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].rpartition("/")[2]], parts)
    return {name: _inlined(value, parts) for name, value in schema.items()}


@router.post("/events", response_model=EventsAnswer, openapi_extra=_body(EventIn))
def post_events(
    request: Request, body: MachineBody, visit: AnyVisit, once: IdempotencyGuard
) -> Response:
    """Takes in one event or up to 10,000, all or none."""
    _require_machine(visit, "events:write")

    def work() -> EventsAnswer:
        results = ingest_events(
            visit.session,
            _read(EVENTS, body),
            limits=visit.viewer.scope,
            vault=visit.installation.vault,
            now=visit.now,
        )
        return EventsAnswer.of(results)

    return _in_words(request, lambda: _answered(visit, once, work))


@router.post("/customers", response_model=CustomersAnswer, openapi_extra=_body(CustomerRecord))
def post_customers(
    request: Request, body: MachineBody, visit: AnyVisit, once: IdempotencyGuard
) -> Response:
    """Takes in one customer or up to 10,000, all or none."""
    _require_machine(visit, "customers:write")

    def work() -> CustomersAnswer:
        people = save_customers(
            visit.session,
            _read(CUSTOMERS, body),
            limits=visit.viewer.scope,
            vault=visit.installation.vault,
            now=visit.now,
        )
        return CustomersAnswer.of(people)

    return _in_words(request, lambda: _answered(visit, once, work))


@router.post("/customers/holds", response_model=HoldsAnswer, openapi_extra=_body(HoldIn))
def post_holds(
    request: Request, body: MachineBody, visit: AnyVisit, once: IdempotencyGuard
) -> Response:
    """Opens or closes why customers are not asked: an open complaint, a death, a blocklist."""
    _require_machine(visit, "customers:write")

    def work() -> HoldsAnswer:
        results = record_holds(
            visit.session,
            _read(HOLDS, body),
            limits=visit.viewer.scope,
            vault=visit.installation.vault,
            now=visit.now,
        )
        return HoldsAnswer(items=results)

    return _in_words(request, lambda: _answered(visit, once, work))


@router.get("/customers/{customer_id}")
def get_customer(customer_id: UUID, visit: PersonVisit) -> CustomerView:
    """A customer of the viewer's branches; contact points are masked."""
    return show_customer(visit.session, visit.viewer, customer_id, visit.installation.vault)


@router.post("/customers/{customer_id}/reveal")
def post_reveal(customer_id: UUID, wanted: RevealIn, visit: PersonVisit) -> Revealed:
    """One contact point in clear; the audit says who looked."""
    return reveal_contact(
        visit.session,
        visit.viewer,
        customer_id,
        wanted.contact_id,
        vault=visit.installation.vault,
        now=visit.now,
    )


def _answered(visit: Visit, once: Idempotent, work: Callable[[], BaseModel]) -> Response:
    """The answer of ``work``; kept when the request has a key, else written the short way."""
    if once.key is None:
        return Response(work().model_dump_json(), media_type="application/json")
    return once.answer(visit, lambda: (200, work()))


def _require_machine(visit: Visit, scope: str) -> None:
    if visit.viewer.token_id is None:
        raise NotAllowed(scope=scope)
    require_token_scope(visit.viewer, scope)


def _read(adapter: TypeAdapter[list[Item]], body: bytes) -> list[Item]:
    """The items of a body: one object, or a list of them."""
    one = body.lstrip()[:1] == b"{"
    try:
        items = adapter.validate_json(b"[" + body + b"]" if one else body)
    except ValidationError as error:
        raise ItemsInvalid(_problems(error)) from None
    if len(items) > MAX_ITEMS:
        raise TooManyItems(limit=MAX_ITEMS)
    return items


def _problems(error: ValidationError) -> list[ItemProblem]:
    """Where and what is wrong; never the value."""
    found = []
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        index, *path = item["loc"] or (0, "body")
        field = ".".join(map(str, path)) or "body"
        place = index if isinstance(index, int) else 0
        found.append(ItemProblem(place, field, f"customers.types.{item['type']}", item["msg"]))
    return found


def _in_words(request: Request, work: Callable[[], Response]) -> Response:
    try:
        return work()
    except (ItemsInvalid, ItemsConflict) as error:
        raise error.in_language(request_language(request)) from None
