"""HTTP of alerts and mutes: translates, decides nothing."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.paging import Page
from api.boundary.visits import AnyVisit, PersonVisit
from api.tickets import alerts_queries
from api.tickets.alerts import mutes
from api.tickets.alerts.schemas import (
    AlertOut,
    CountOut,
    CountsOut,
    Kind,
    MuteIn,
    MuteOut,
    MutesMade,
)
from api.tickets.alerts_queries import AlertFilter, AlertLine, MuteLine

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])
Unit = Annotated[str | None, Query(max_length=300)]
COUNTED = timedelta(days=30)


@router.get("")
def list_alerts(
    visit: AnyVisit,
    *,
    unit: Unit = None,
    kind: Kind | None = None,
    rule: Annotated[str | None, Query(max_length=100)] = None,
    severity: Annotated[int | None, Query(ge=1, le=3)] = None,
    muted: bool | None = None,
    running: bool = False,
    since: AwareDatetime | None = None,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=199)] = 50,
) -> Page[AlertOut]:
    """Alerts of the branches whose comments the viewer may read, the newest first."""
    wanted = AlertFilter(
        unit=unit,
        kinds=(kind,) if kind else (),
        rule=rule,
        severity=severity,
        muted=muted,
        running=running,
        since=since,
    )
    found = alerts_queries.list_alerts(
        visit.session, visit.viewer, wanted, after=after, limit=limit + 1
    )
    shown = found[:limit]
    more = shown[-1].position if len(found) > limit else None
    return Page(items=[_shown(one, visit.viewer.language) for one in shown], next=more)


@router.get("/counts")
def count_alerts(
    visit: AnyVisit, unit: Unit = None, since: AwareDatetime | None = None
) -> CountsOut:
    """What each rule found since a moment (without one, in the last 30 days)."""
    begin: datetime = since or visit.now - COUNTED
    found = alerts_queries.count_alerts(visit.session, visit.viewer, unit, since=begin)
    return CountsOut(since=begin, rows=[CountOut.model_validate(one) for one in found])


@router.get("/mutes")
def list_mutes(visit: PersonVisit, unit: Unit = None, over: bool = False) -> list[MuteOut]:
    """The mutes that hold or will hold, or those that are over."""
    found = alerts_queries.list_mutes(visit.session, visit.viewer, unit, now=visit.now, over=over)
    return [_mute(one, visit.viewer.language) for one in found]


@router.post("/mutes", status_code=201, response_model=MutesMade)
def mute(body: MuteIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Keeps a rule quiet at a unit's branches: counted, told to nobody."""

    def work() -> tuple[int, MutesMade]:
        wish = mutes.MuteWish(body.unit, body.reason, body.until_at, body.rule, body.from_at)
        return 201, MutesMade(ids=mutes.mute(visit.session, visit.viewer, wish, visit.now))

    return guard.answer(visit, work)


@router.post("/mutes/{mute_id}/end", status_code=204)
def unmute(mute_id: UUID, visit: PersonVisit) -> None:
    """Ends a mute early."""
    mutes.unmute(visit.session, visit.viewer, mute_id, visit.now)


def _shown(one: AlertLine, language: str) -> AlertOut:
    return AlertOut(
        id=one.id,
        unit_code=one.unit.code,
        unit_name=one.unit.name(language),
        kind=one.kind,
        rule=one.rule,
        rules_version=one.rules_version,
        severity=one.severity,
        opened_at=one.opened_at,
        ended_at=one.ended_at,
        muted=one.muted,
        response=one.response_id,
        ticket=one.ticket_number,
        ticket_state=one.ticket_state,
        words=one.words,
        detail=one.detail,
    )


def _mute(one: MuteLine, language: str) -> MuteOut:
    return MuteOut(
        id=one.id,
        unit_code=one.unit.code,
        unit_name=one.unit.name(language),
        rule=one.rule,
        reason=one.reason,
        from_at=one.from_at,
        until_at=one.until_at,
        ended_at=one.ended_at,
        by=one.by,
        found=one.found,
    )
