"""HTTP of notices, of how and when to be told of them, and of who is away. Machines have none."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.paging import Page
from api.boundary.visits import PersonVisit
from api.notices import absences, choices, service
from api.notices.absences import AbsenceWish, Away
from api.notices.choices import Choices
from api.notices.errors import BadChoice
from api.notices.schemas import (
    AbsenceBody,
    AbsenceIn,
    ChoicesBody,
    ColleagueBody,
    CountBody,
    MadeBody,
    NoticeBody,
    ReadIn,
)

router = APIRouter(prefix="/api/v1/notices", tags=["notices"])
away = APIRouter(prefix="/api/v1/absences", tags=["notices"])


@router.get("")
def read_notices(
    visit: PersonVisit,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    unread: bool = False,
) -> Page[NoticeBody]:
    """What the viewer was told, newest first; with ``unread`` what has not been read."""
    found = service.list_notices(
        visit.session, visit.viewer, unread=unread, cursor=cursor, limit=limit
    )
    return Page(items=[_notice(one) for one in found.items], next=found.next)


@router.get("/unread")
def count_unread(visit: PersonVisit) -> CountBody:
    """How many notices the viewer has not read."""
    return CountBody(count=service.count_unread(visit.session, visit.viewer))


@router.post("/read", response_model=CountBody)
def mark_read(visit: PersonVisit, body: ReadIn, guard: IdempotencyGuard) -> Response:
    """Notes notices as read; how many were not."""

    def work() -> tuple[int, CountBody]:
        done = service.mark_read(visit.session, visit.viewer, visit.now, body.notices)
        return 200, CountBody(count=done)

    return guard.answer(visit, work)


@router.get("/choices")
def read_choices(visit: PersonVisit) -> ChoicesBody:
    """How the viewer is told of what, and when not."""
    vault = visit.installation.vault
    return _choices(choices.read_choices(visit.session, visit.viewer, vault))


@router.put("/choices")
def put_choices(visit: PersonVisit, body: ChoicesBody) -> ChoicesBody:
    """Chooses how and when to be told; kinds that are left out are told as usual."""
    vault = visit.installation.vault
    wish = _wish(body)
    return _choices(choices.choose(visit.session, visit.viewer, vault, wish, visit.now))


@away.get("")
def read_absences(visit: PersonVisit) -> list[AbsenceBody]:
    """Who is away now or will be: the viewer, and who could stand in."""
    found = absences.list_absences(visit.session, visit.viewer, visit.now)
    return [_absence(one) for one in found]


@away.get("/deputies")
def read_deputies(visit: PersonVisit) -> list[ColleagueBody]:
    """Who could stand in for the viewer."""
    found = absences.colleagues(visit.session, visit.viewer, visit.now)
    return [ColleagueBody(id=who, name=name) for who, name in found.items()]


@away.post("", status_code=201, response_model=MadeBody)
def enter_absence(visit: PersonVisit, body: AbsenceIn, guard: IdempotencyGuard) -> Response:
    """Says when somebody is away, and who stands in."""
    wish = AbsenceWish(body.from_at, body.until_at, body.deputy, body.account)

    def work() -> tuple[int, MadeBody]:
        vault = visit.installation.vault
        return 201, MadeBody(
            id=absences.be_away(visit.session, visit.viewer, vault, wish, visit.now)
        )

    return guard.answer(visit, work)


@away.delete("/{absence_id}", status_code=204)
def end_absence(visit: PersonVisit, absence_id: UUID) -> None:
    """Takes an absence back, or ends it now."""
    vault = visit.installation.vault
    absences.end_absence(visit.session, visit.viewer, vault, absence_id, visit.now)


def _notice(one: service.Notified) -> NoticeBody:
    return NoticeBody(
        id=one.id,
        kind=one.kind,
        words=one.words,
        unit_code=one.unit_code,
        ticket=one.ticket,
        created_at=one.created_at,
        read_at=one.read_at,
        told=list(one.told),
    )


def _wish(body: ChoicesBody) -> Choices:
    if (body.quiet_from is None) != (body.quiet_until is None):
        raise BadChoice(fields=[{"field": "quiet_until", "message": "both, or neither"}])
    hours = (body.quiet_from, body.quiet_until)
    return Choices(
        ways={kind: tuple(dict.fromkeys(ways)) for kind, ways in body.ways.items()},
        quiet=None if hours[0] is None or hours[1] is None else (hours[0], hours[1]),
        timezone=body.timezone or None,
        wecom=body.wecom or None,
    )


def _choices(one: Choices) -> ChoicesBody:
    first, last = one.quiet or (None, None)
    return ChoicesBody.model_validate(
        {
            "ways": {kind: list(ways) for kind, ways in one.ways.items()},
            "quiet_from": first,
            "quiet_until": last,
            "timezone": one.timezone,
            "wecom": one.wecom,
        }
    )


def _absence(one: Away) -> AbsenceBody:
    return AbsenceBody(
        id=one.id,
        account=one.account_id,
        name=one.name,
        deputy=one.deputy_id,
        deputy_name=one.deputy,
        from_at=one.from_at,
        until_at=one.until_at,
    )
