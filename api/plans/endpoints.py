"""HTTP of action plans: translates, decides nothing."""

from dataclasses import fields
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import PersonVisit
from api.plans import practices, service
from api.plans.effect import Effect, effect_of
from api.plans.schemas import (
    EffectOut,
    EndIn,
    Made,
    PlanIn,
    PlanOut,
    PracticeOut,
    ShareIn,
    StepIn,
    StepOut,
    TickIn,
    VersionIn,
)

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
_DAY = timedelta(days=1)


@router.get("")
def list_plans(
    visit: PersonVisit,
    unit: Annotated[str | None, Query(max_length=300)] = None,
    status: Literal["open", "done", "dropped"] | None = None,
) -> list[PlanOut]:
    """Plans of the viewer's units, open ones first; at most 200."""
    statuses = service.STATUSES if status is None else (status,)
    found = service.list_plans(visit.session, visit.viewer, unit=unit, statuses=statuses)
    return [_shown(visit, one) for one in found]


@router.post("", status_code=201, response_model=Made)
def start_plan(body: PlanIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Writes down a plan of a branch, or of all branches of a unit."""

    def work() -> tuple[int, Made]:
        wish = service.PlanWish(**body.model_dump())
        return 201, Made(id=service.start_plan(visit.session, visit.viewer, wish, visit.now))

    return guard.answer(visit, work)


@router.get("/practices")
def list_practices(
    visit: PersonVisit,
    unit: Annotated[str, Query(max_length=300)],
    driver: Annotated[list[Annotated[str, Query(max_length=300)]], Query(max_length=20)],
) -> list[PracticeOut]:
    """What helped units like this one; which they were is not said."""
    found = practices.offered_to(visit.session, visit.viewer, unit, driver)
    return [
        PracticeOut.model_validate(
            {**_fields(one.practice), "touchpoint": one.touchpoint, "alike": one.alike}
        )
        for one in found
    ]


@router.get("/{plan_id}")
def read_plan(plan_id: UUID, visit: PersonVisit) -> PlanOut:
    """One plan with its actions."""
    return _shown(visit, service.require_plan(visit.session, visit.viewer, plan_id))


@router.get("/{plan_id}/effect")
def read_effect(
    plan_id: UUID, visit: PersonVisit, metric: Annotated[str | None, Query(max_length=300)] = None
) -> EffectOut:
    """Whether it helped, in the driver's metric or another."""
    plan = service.require_plan(visit.session, visit.viewer, plan_id)
    effect = effect_of(
        visit.session, visit.viewer.hierarchy, plan.row, metric or plan.measured, visit.now
    )
    return _told(effect)


@router.post("/{plan_id}/end", status_code=204)
def end_plan(plan_id: UUID, body: EndIn, visit: PersonVisit) -> None:
    """Ends a plan: done or dropped, and what was learned."""
    service.end_plan(
        visit.session,
        visit.viewer,
        plan_id,
        status=body.status,
        lesson=body.lesson,
        version=body.version,
        now=visit.now,
    )


@router.post("/{plan_id}/reopen", status_code=204)
def reopen_plan(plan_id: UUID, body: VersionIn, visit: PersonVisit) -> None:
    """Opens an ended plan again."""
    service.reopen_plan(visit.session, visit.viewer, plan_id, version=body.version, now=visit.now)


@router.post("/{plan_id}/steps", status_code=201, response_model=Made)
def add_step(plan_id: UUID, body: StepIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Adds an action; twenty at most."""

    def work() -> tuple[int, Made]:
        wish = service.StepWish(body.what, body.due_on, body.owner_id)
        made = service.add_step(visit.session, visit.viewer, plan_id, wish, visit.now)
        return 201, Made(id=made)

    return guard.answer(visit, work)


@router.post("/{plan_id}/steps/{step_id}", status_code=204)
def tick_step(plan_id: UUID, step_id: UUID, body: TickIn, visit: PersonVisit) -> None:
    """Notes that an action is done, or is not."""
    service.tick_step(visit.session, visit.viewer, plan_id, step_id, done=body.done, now=visit.now)


@router.delete("/{plan_id}/steps/{step_id}", status_code=204)
def remove_step(plan_id: UUID, step_id: UUID, visit: PersonVisit) -> None:
    """Takes an action out of a plan."""
    service.remove_step(visit.session, visit.viewer, plan_id, step_id)


@router.post("/{plan_id}/share", status_code=204)
def share(plan_id: UUID, body: ShareIn, visit: PersonVisit) -> None:
    """Offers what helped to units like this one."""
    practices.share(visit.session, visit.viewer, plan_id, body.what, visit.now)


@router.delete("/{plan_id}/share", status_code=204)
def withdraw(plan_id: UUID, visit: PersonVisit) -> None:
    """Offers it no longer."""
    practices.withdraw(visit.session, visit.viewer, plan_id, visit.now)


def _shown(visit: PersonVisit, plan: service.Plan) -> PlanOut:
    row = plan.row
    return PlanOut(
        id=row.id,
        unit_code=plan.unit.code,
        unit_name=plan.unit.name(visit.viewer.language),
        branches=len(row.branches),
        metric=row.metric,
        driver=row.driver,
        title=row.title,
        started_on=row.started_on,
        status=row.status,
        version=row.version,
        lesson=row.lesson,
        shared=practices.is_offered(visit.session, plan),
        created_at=row.created_at,
        closed_at=row.closed_at,
        steps=[
            StepOut(
                id=one.id,
                what=one.what,
                owner=one.owner_name,
                due_on=one.due_on,
                done_on=one.done_on,
            )
            for one in plan.steps
        ],
    )


def _told(effect: Effect) -> EffectOut:
    after, later, found = effect.after, effect.own_after, effect.found
    told = {} if found is None else {**_fields(found), "is_noise": found.is_noise}
    return EffectOut.model_validate(
        {
            "metric": effect.metric.code,
            "before_from": effect.before.start,
            "before_to": effect.before.end - _DAY,
            "after_from": None if after is None else after.start,
            "after_to": None if after is None else after.end - _DAY,
            "before_n": effect.own_before.n,
            "before_score": effect.own_before.score,
            "after_n": None if later is None else later.n,
            "after_score": None if later is None else later.score,
            "unknown": effect.unknown,
            "told_from": effect.told_from,
            "like": effect.like,
            **told,
        }
    )


def _fields(value: Any) -> dict[str, object]:
    return {one.name: getattr(value, one.name) for one in fields(value)}
