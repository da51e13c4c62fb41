"""Action plans: a branch or region picks a driver, writes down who does what until when.

Decides what may be written and by whom. What a plan brought is `api.plans.effect`'s to say, what
others may learn from it `api.plans.practices`'.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from api.core.errors import NotFound
from api.core.ids import new_id
from api.core.redaction import redact
from api.insights.queries import require_metric, require_touchpoint
from api.models import ActionPlan, ActionStep
from api.plans import repository
from api.plans.errors import BadDay, BadPlan, PlanChanged, PlanEnded, TooManySteps
from api.plans.repository import StepRow
from api.security.audit import audit
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer

STATUSES = ("open", "done", "dropped")
LONGEST_TITLE = 120
LONGEST_TEXT = 1_000
MOST_STEPS = 20
SHOWN = 200
_LONGEST = timedelta(days=731)  # how far ahead something is planned
Ended = Literal["done", "dropped"]


@dataclass(frozen=True, slots=True)
class PlanWish:
    """What is to be worked on; ``driver`` is the question, ``metric`` the outcome behind it."""

    unit: str
    metric: str
    title: str
    started_on: date
    driver: str | None = None
    touchpoint: str | None = None


@dataclass(frozen=True, slots=True)
class StepWish:
    """An action: what, whose, until when."""

    what: str
    due_on: date
    owner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan with its actions."""

    row: ActionPlan
    unit: Node
    steps: tuple[StepRow, ...]
    may_change: bool

    @property
    def measured(self) -> str:
        """The metric in which it should show first: the driver's own."""
        return self.row.driver or self.row.metric

    def overdue(self, today: date) -> int:
        """Actions that should have been done by now."""
        return sum(step.done_on is None and step.due_on < today for step in self.steps)


def list_plans(
    session: Session,
    viewer: Viewer,
    *,
    unit: str | None = None,
    statuses: tuple[str, ...] = STATUSES,
) -> list[Plan]:
    """Plans of the viewer's units (of ``unit`` and what is below it), open ones first."""
    tree = viewer.hierarchy
    start = None if unit is None else viewer.require_unit_code(unit).id
    units = [
        node.id
        for node in tree.nodes.values()
        if viewer.sees_unit(node.id)
        and (start is None or any(above.id == start for above in tree.ancestors(node.id)))
    ]
    return _plans(session, viewer, repository.list_plans(session, units, statuses, SHOWN))


def require_plan(session: Session, viewer: Viewer, plan_id: UUID) -> Plan:
    """One plan; raises NotFound outside the scope."""
    row = repository.get_plan(session, plan_id)
    if row is None:
        raise NotFound(plan=str(plan_id))
    viewer.require_unit(row.unit_id)
    return _plans(session, viewer, [row])[0]


def start_plan(session: Session, viewer: Viewer, wish: PlanWish, now: datetime) -> UUID:
    """Writes down a new plan; raises NotFound, NotAllowed or BadPlan."""
    node = viewer.require_unit_code(wish.unit)
    viewer.require(Permission.MANAGE_PLANS, node.id)
    branches = sorted(branch.id for branch in viewer.hierarchy.branches_under(node.id))
    if not branches:
        raise BadPlan(fields=[{"field": "unit", "message": "has no branch"}])
    require_metric(session, wish.metric)
    if wish.driver is not None:
        require_metric(session, wish.driver)
    place = None if wish.touchpoint is None else require_touchpoint(session, wish.touchpoint)
    _require_near("started_on", wish.started_on, now)
    plan = ActionPlan(
        id=new_id(),
        unit_id=node.id,
        branches=branches,
        metric=wish.metric,
        driver=wish.driver,
        touchpoint_id=place,
        title=words_of("title", wish.title, LONGEST_TITLE),
        started_on=wish.started_on,
        created_by=viewer.account_id,
        created_at=now,
    )
    repository.add_plan(session, plan)
    record(session, viewer, "plan.start", plan, now)
    return plan.id


def end_plan(
    session: Session,
    viewer: Viewer,
    plan_id: UUID,
    *,
    status: Ended,
    lesson: str | None,
    version: int,
    now: datetime,
) -> None:
    """Ends an open plan, with what was learned; raises PlanEnded or PlanChanged."""
    plan = _require_open(session, viewer, plan_id)
    learned = None if not lesson else words_of("lesson", lesson, LONGEST_TEXT)
    _change(session, plan, version, status=status, lesson=learned, closed_at=now)
    record(session, viewer, f"plan.{status}", plan.row, now)


def reopen_plan(
    session: Session, viewer: Viewer, plan_id: UUID, *, version: int, now: datetime
) -> None:
    """Opens an ended plan again; raises PlanChanged."""
    plan = require_plan(session, viewer, plan_id)
    viewer.require(Permission.MANAGE_PLANS, plan.unit.id)
    _change(session, plan, version, status="open", closed_at=None)
    record(session, viewer, "plan.reopen", plan.row, now)


def add_step(
    session: Session, viewer: Viewer, plan_id: UUID, wish: StepWish, now: datetime
) -> UUID:
    """Adds an action to an open plan; raises TooManySteps or BadPlan."""
    plan = _require_open(session, viewer, plan_id)
    if len(plan.steps) >= MOST_STEPS:
        raise TooManySteps
    _require_near("due_on", wish.due_on, now)
    known = {account for account, _ in colleagues(session, viewer, plan, now)}
    if wish.owner_id is not None and wish.owner_id not in known:
        raise BadPlan(fields=[{"field": "owner_id", "message": "has no role at the unit"}])
    step = ActionStep(
        id=new_id(),
        plan_id=plan_id,
        branches=plan.row.branches,
        position=repository.last_position(session, plan_id) + 1,
        what=words_of("what", wish.what, LONGEST_TEXT),
        owner_id=wish.owner_id,
        due_on=wish.due_on,
    )
    repository.add_step(session, step)
    return step.id


def tick_step(
    session: Session, viewer: Viewer, plan_id: UUID, step_id: UUID, *, done: bool, now: datetime
) -> None:
    """Notes that an action is done, or that it is not after all."""
    step = _require_step(session, viewer, plan_id, step_id)
    step.done_on = now.date() if done else None
    step.done_by = viewer.account_id if done else None
    repository.add_step(session, step)


def remove_step(session: Session, viewer: Viewer, plan_id: UUID, step_id: UUID) -> None:
    """Takes an action out of an open plan."""
    repository.delete_step(session, _require_step(session, viewer, plan_id, step_id))


def colleagues(
    session: Session, viewer: Viewer, plan: Plan, now: datetime
) -> list[tuple[UUID, str]]:
    """Whose an action may be: people with a role at the plan's unit, above it, or below."""
    above = {node.id for node in viewer.hierarchy.ancestors(plan.unit.id)}
    return repository.list_colleagues(session, sorted(above | {*plan.row.branches}), now.date())


def words_of(field: str, said: str, longest: int) -> str:
    """What somebody wrote, redacted; raises BadPlan when it is too short or too long."""
    words = redact(said.replace("\0", "").strip())
    if not 3 <= len(words) <= longest:
        message = f"a few words, at most {longest} characters"
        raise BadPlan(fields=[{"field": field, "message": message}])
    return words


def record(session: Session, viewer: Viewer, action: str, plan: ActionPlan, now: datetime) -> None:
    """Notes in the audit what was done to a plan."""
    audit(session, viewer.actor, action, now=now, subject=f"plan:{plan.id}", unit_id=plan.unit_id)


def _require_open(session: Session, viewer: Viewer, plan_id: UUID) -> Plan:
    plan = require_plan(session, viewer, plan_id)
    viewer.require(Permission.MANAGE_PLANS, plan.unit.id)
    if plan.row.status != "open":
        raise PlanEnded
    return plan


def _require_step(session: Session, viewer: Viewer, plan_id: UUID, step_id: UUID) -> ActionStep:
    _require_open(session, viewer, plan_id)
    step = repository.get_step(session, plan_id, step_id)
    if step is None:
        raise NotFound(step=str(step_id))
    return step


def _change(session: Session, plan: Plan, version: int, **values: object) -> None:
    if not repository.change_plan(session, plan.row.id, version, **values):
        raise PlanChanged


def _plans(session: Session, viewer: Viewer, rows: list[ActionPlan]) -> list[Plan]:
    steps: dict[UUID, list[StepRow]] = {}
    for step in repository.list_steps(session, [row.id for row in rows]):
        steps.setdefault(step.plan_id, []).append(step)
    return [
        Plan(
            row=row,
            unit=viewer.hierarchy.nodes[row.unit_id],
            steps=tuple(steps.get(row.id, [])),
            may_change=viewer.may(Permission.MANAGE_PLANS, row.unit_id),
        )
        for row in rows
        if row.unit_id in viewer.hierarchy.nodes
    ]


def _require_near(field: str, day: date, now: datetime) -> None:
    if abs(day - now.date()) > _LONGEST:
        message = "a day within two years"
        raise BadDay(fields=[{"field": field, "message": message}])
