"""The tables of action plans. Reads what the transaction may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlmodel import Session, col

from api.models import Account, ActionPlan, ActionStep, GoodPractice


@dataclass(frozen=True, slots=True)
class StepRow:
    """An action with the name of whose it is."""

    id: UUID
    plan_id: UUID
    position: int
    what: str
    owner_id: UUID | None
    owner_name: str | None
    due_on: date
    done_on: date | None


@dataclass(frozen=True, slots=True)
class Practice:
    """What helped somewhere; where, is not known here."""

    id: UUID
    metric: str
    driver: str | None
    touchpoint_id: int | None
    city_tier: str | None
    size: str | None
    brand: str | None
    what: str
    measured: str
    effect: float
    low: float
    high: float
    weeks: int
    peers: int
    shared_at: datetime


def add_plan(session: Session, plan: ActionPlan) -> None:
    """Stores a new plan."""
    session.add(plan)
    session.flush()


def get_plan(session: Session, plan_id: UUID) -> ActionPlan | None:
    """A plan, as it stands now; None where there is none to be seen."""
    query = select(ActionPlan).where(col(ActionPlan.id) == plan_id)
    return session.execute(query.execution_options(populate_existing=True)).scalar()


def list_plans(
    session: Session, units: Sequence[int], statuses: Sequence[str], limit: int
) -> list[ActionPlan]:
    """Plans of some units, open ones first, then the newest."""
    query = (
        select(ActionPlan)
        .where(col(ActionPlan.unit_id).in_(units), col(ActionPlan.status).in_(statuses))
        .order_by(
            col(ActionPlan.status) != "open",
            col(ActionPlan.started_on).desc(),
            col(ActionPlan.id).desc(),
        )
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def change_plan(session: Session, plan_id: UUID, version: int, **values: object) -> bool:
    """Changes a plan that is still of ``version``; False when it is not."""
    changed = session.execute(
        update(ActionPlan)
        .where(col(ActionPlan.id) == plan_id, col(ActionPlan.version) == version)
        .values(version=version + 1, **values)
        .returning(col(ActionPlan.id))
    )
    return changed.first() is not None


def list_steps(session: Session, plans: Sequence[UUID]) -> list[StepRow]:
    """The actions of some plans, in their order."""
    query = (
        select(
            col(ActionStep.id),
            col(ActionStep.plan_id),
            col(ActionStep.position),
            col(ActionStep.what),
            col(ActionStep.owner_id),
            col(Account.name),
            col(ActionStep.due_on),
            col(ActionStep.done_on),
        )
        .join(Account, col(Account.id) == col(ActionStep.owner_id), isouter=True)
        .where(col(ActionStep.plan_id).in_(plans))
        .order_by(col(ActionStep.plan_id), col(ActionStep.position), col(ActionStep.id))
    )
    return [StepRow(*row) for row in session.execute(query)]


def add_step(session: Session, step: ActionStep) -> None:
    """Stores an action."""
    session.add(step)
    session.flush()


def get_step(session: Session, plan_id: UUID, step_id: UUID) -> ActionStep | None:
    """An action of a plan."""
    query = select(ActionStep).where(
        col(ActionStep.id) == step_id, col(ActionStep.plan_id) == plan_id
    )
    return session.execute(query.execution_options(populate_existing=True)).scalar()


def last_position(session: Session, plan_id: UUID) -> int:
    """The position of a plan's last action; 0 without any."""
    query = select(func.max(ActionStep.position)).where(col(ActionStep.plan_id) == plan_id)
    return session.execute(query).scalar() or 0


def delete_step(session: Session, step: ActionStep) -> None:
    """Takes an action out of its plan."""
    session.delete(step)
    session.flush()


_COLLEAGUES = text(
    "select distinct a.id, a.name from account a join access_grant g on g.account_id = a.id "
    "where a.status = 'active' and not g.excluded and g.role <> 'interviewer' "
    "and g.valid_from <= :on and (g.valid_to is null or g.valid_to > :on) "
    "and g.unit_id = any (:units) order by a.name, a.id"
)


def list_colleagues(session: Session, units: Sequence[int], on: date) -> list[tuple[UUID, str]]:
    """Who has a role at one of some units: id and name."""
    rows = session.execute(_COLLEAGUES, {"units": list(units), "on": on})
    return [(row.id, row.name) for row in rows]


def put_practice(session: Session, practice: GoodPractice) -> None:
    """Offers a practice to others, in place of what was offered of the same plan."""
    session.merge(practice)
    session.flush()


def practice_of(session: Session, plan_id: UUID) -> GoodPractice | None:
    """What was offered of a plan."""
    query = select(GoodPractice).where(col(GoodPractice.plan_id) == plan_id)
    return session.execute(query).scalar()


def list_practices(session: Session, drivers: Sequence[str], limit: int) -> list[Practice]:
    """What is offered about some drivers, the newest first."""
    fields = [col(getattr(GoodPractice, name)) for name in Practice.__dataclass_fields__]
    query = (
        select(*fields)
        .where(
            func.coalesce(GoodPractice.driver, GoodPractice.metric).in_(drivers),
            col(GoodPractice.withdrawn_at).is_(None),
        )
        .order_by(col(GoodPractice.shared_at).desc(), col(GoodPractice.id))
        .limit(limit)
    )
    return [Practice(*row) for row in session.execute(query)]
