"""HTTP of tickets: translates, decides nothing."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.boundary.attachments import attached
from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import PersonVisit
from api.models.tickets import OPEN_STATES
from api.tickets import byhand, measures, service
from api.tickets.queries import TicketFilter, TicketLine, list_tickets, ticket_counts
from api.tickets.schemas import (
    AssignIn,
    BoardIn,
    Body,
    ContactIn,
    CountsOut,
    FileIn,
    LoopMeasuresOut,
    MadeOut,
    MeasuresOut,
    MoveIn,
    NoteIn,
    OpenedOut,
    ResolveIn,
    RevealedOut,
    SaidIn,
    TicketDetailOut,
    TicketIn,
    TicketOut,
    TicketsOut,
    VersionOut,
)

router = APIRouter(prefix="/api/v1/tickets", tags=["tickets"])
_PRIVATE = {"Cache-Control": "no-store"}
From = Annotated[date, Query(alias="from")]
To = Annotated[date, Query(alias="to")]
Words = Annotated[str | None, Query(max_length=300)]


@router.get("")
def list_page(visit: PersonVisit, asked: Annotated[BoardIn, Query()]) -> TicketsOut:
    """Tickets of the branches that the viewer may read; open ones unless a state is asked for."""
    me = visit.viewer.account_id
    wanted = TicketFilter(
        unit=asked.unit,
        states=tuple(asked.state) or OPEN_STATES,
        overdue=asked.overdue,
        severity=asked.severity,
        level=asked.escalated,
        kind=asked.kind,
        owner=me if asked.owner == "me" else asked.owner,
        touchpoint=asked.touchpoint,
        cause=asked.cause,
        order=asked.order,
    )
    found = list_tickets(
        visit.session,
        visit.viewer,
        wanted,
        after=asked.cursor,
        limit=asked.limit + 1,
        now=visit.now,
    )
    shown = found[: asked.limit]
    return TicketsOut(
        items=[TicketOut(**_line(visit, one)) for one in shown],
        next=shown[-1].position if len(found) > asked.limit else None,
    )


@router.post("", status_code=201, response_model=OpenedOut)
def open_ticket(body: TicketIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Opens a ticket by hand; an answer that has one: 409, with its number."""

    def work() -> tuple[int, OpenedOut]:
        vault = visit.installation.vault
        made = byhand.open_by_hand(
            visit.session, visit.viewer, byhand.Matter(**dict(body)), visit.now, vault=vault
        )
        return 201, OpenedOut(number=made)

    return guard.answer(visit, work)


@router.get("/counts")
def read_counts(visit: PersonVisit, unit: Words = None) -> CountsOut:
    """How many tickets stand where."""
    found = ticket_counts(visit.session, visit.viewer, unit, now=visit.now)
    return CountsOut.model_validate(found, from_attributes=True)


@router.get("/measures")
def read_measures(visit: PersonVisit, first: From, last: To, unit: Words = None) -> LoopMeasuresOut:
    """How well a unit, and each one directly below, closes the loop.

    About tickets opened from one day up to before another, days of the unit's own zone.
    """
    found = measures.measure_days(visit.session, visit.viewer, unit, (first, last), visit.now)
    language = visit.viewer.language
    return LoopMeasuresOut(
        rows=[
            MeasuresOut.model_validate(
                {
                    **asdict(replace(one, unit=None)),  # type: ignore[arg-type]
                    "unit_code": one.unit.code,
                    "unit_name": one.unit.name(language),
                }
            )
            for one in found
        ]
    )


@router.get("/{ticket}")
def read_ticket(ticket: int, visit: PersonVisit) -> TicketDetailOut:
    """One ticket; the customer's contact is masked."""
    vault, nodes = visit.installation.vault, visit.viewer.hierarchy.nodes
    found = service.require_ticket(visit.session, visit.viewer, ticket, vault, now=visit.now)
    history = [
        {**_fields(one), "unit_code": nodes[one.unit_id].code if one.unit_id in nodes else None}
        for one in found.history
    ]
    parts: dict[str, Any] = {
        name: [_fields(one) for one in getattr(found, name)]
        for name in ("contacts", "steps", "clocks", "files")
    }
    plain = {name: value for name, value in _fields(found).items() if name not in ("line", "may")}
    return TicketDetailOut.model_validate(
        {
            **_line(visit, found.line),
            **plain,
            **parts,
            "history": history,
            "may": sorted(found.may),
        }
    )


@router.post("/{ticket}/acknowledge", response_model=VersionOut)
def acknowledge(ticket: int, body: Body, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Takes the matter."""
    return _changed(visit, guard, service.acknowledge, ticket, body)


@router.post("/{ticket}/contacted", response_model=VersionOut)
def contacted(ticket: int, body: SaidIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """The customer was spoken to."""
    return _changed(visit, guard, service.contacted, ticket, body)


@router.post("/{ticket}/resolve", response_model=VersionOut)
def resolve(ticket: int, body: ResolveIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """The matter is settled, for a root cause."""
    return _changed(visit, guard, service.resolve, ticket, body)


@router.post("/{ticket}/reopen", response_model=VersionOut)
def reopen(ticket: int, body: NoteIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """The matter is not settled after all."""
    return _changed(visit, guard, service.reopen, ticket, body)


@router.post("/{ticket}/verify", response_model=VersionOut)
def verify(ticket: int, body: NoteIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """The customer is content, says somebody who never had the ticket in hand."""
    return _changed(visit, guard, service.verify, ticket, body)


@router.post("/{ticket}/notes", response_model=VersionOut)
def add_note(ticket: int, body: NoteIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Writes something down."""
    return _changed(visit, guard, service.add_note, ticket, body)


@router.post("/{ticket}/assign", response_model=VersionOut)
def assign(ticket: int, body: AssignIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Gives the ticket to somebody of its branch."""
    return _changed(visit, guard, service.assign, ticket, body)


@router.post("/{ticket}/move", response_model=VersionOut)
def move(ticket: int, body: MoveIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Gives the matter to another branch of the viewer's."""
    return _changed(visit, guard, service.move, ticket, body)


@router.post("/{ticket}/reveal")
def reveal(ticket: int, body: ContactIn, visit: PersonVisit, response: Response) -> RevealedOut:
    """A contact point in clear, once per ticket; no key makes it be told twice."""
    response.headers.update(_PRIVATE)
    value = service.reveal(
        visit.session,
        visit.viewer,
        ticket,
        body.contact_id,
        version=body.version,
        vault=visit.installation.vault,
        now=visit.now,
    )
    return RevealedOut(value=value)


@router.post("/{ticket}/dial", response_model=VersionOut)
def dial(ticket: int, body: ContactIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Has the relay connect the own telephone with the customer's."""

    def work() -> tuple[int, VersionOut]:
        version = service.dial(
            visit.session,
            visit.viewer,
            ticket,
            body.contact_id,
            version=body.version,
            vault=visit.installation.vault,
            now=visit.now,
        )
        return 200, VersionOut(version=version)

    return guard.answer(visit, work)


@router.post("/{ticket}/files", status_code=201, response_model=MadeOut)
def add_file(ticket: int, body: FileIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Puts a file to the ticket: PDF, PNG or JPEG up to 2 MB, ten at most."""

    def work() -> tuple[int, MadeOut]:
        made = service.add_file(
            visit.session,
            visit.viewer,
            ticket,
            file_name=body.file_name,
            content=body.content,
            now=visit.now,
        )
        return 201, MadeOut(id=made)

    return guard.answer(visit, work)


@router.get("/{ticket}/files/{ticket_file}", response_class=Response)
def read_file(ticket: int, ticket_file: UUID, visit: PersonVisit) -> Response:
    """A file to be saved, never to be shown as a page of ours."""
    file, content = service.read_file(visit.session, visit.viewer, ticket, ticket_file)
    return Response(content, 200, attached(file.file_name), file.media_type)


def _changed(
    visit: PersonVisit,
    guard: IdempotencyGuard,
    act: Callable[..., int],
    ticket: int,
    body: Body,
) -> Response:
    """Does one change with what the body says; the new version."""

    def work() -> tuple[int, VersionOut]:
        said = body.model_dump()
        return 200, VersionOut(
            version=act(visit.session, visit.viewer, ticket, **said, now=visit.now)
        )

    return guard.answer(visit, work)


def _line(visit: PersonVisit, one: TicketLine) -> dict[str, Any]:
    fields = _fields(one)
    unit = fields.pop("unit")
    return {
        **fields,
        "unit_code": unit.code,
        "unit_name": unit.name(visit.viewer.language),
        "overdue": one.overdue,
        "business": None if one.business is None else _fields(one.business),
        "customer": None if one.customer is None else _fields(one.customer),
    }


def _fields(one: Any) -> dict[str, Any]:
    """The fields of a value, not of what stands in it."""
    return {name: getattr(one, name) for name in one.__slots__}
