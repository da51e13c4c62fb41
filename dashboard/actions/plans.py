"""Writing action plans and their steps, ending them, offering what helped."""

from datetime import date
from uuid import UUID

from api.plans import practices, service
from api.plans.errors import BadDay
from api.plans.service import LONGEST_TEXT, LONGEST_TITLE, Ended, PlanWish, StepWish
from dashboard.data.sitting import Sitting

__all__ = ["LONGEST_TEXT", "LONGEST_TITLE"]


def start(sitting: Sitting, wish: PlanWish) -> UUID:
    """Writes down a plan."""
    return service.start_plan(sitting.session, sitting.viewer, wish, sitting.now)


def end(sitting: Sitting, plan: UUID, status: Ended, lesson: str, version: int) -> None:
    """Ends it with what was learned."""
    service.end_plan(
        sitting.session,
        sitting.viewer,
        plan,
        status=status,
        lesson=lesson.strip() or None,
        version=version,
        now=sitting.now,
    )


def reopen(sitting: Sitting, plan: UUID, version: int) -> None:
    """Opens an ended one again."""
    service.reopen_plan(sitting.session, sitting.viewer, plan, version=version, now=sitting.now)


def add_step(sitting: Sitting, plan: UUID, what: str, due: str | None, owner: str | None) -> None:
    """Adds an action."""
    wish = StepWish(what, day_of("due_on", due), UUID(owner) if owner else None)
    service.add_step(sitting.session, sitting.viewer, plan, wish, sitting.now)


def tick(sitting: Sitting, plan: UUID, step: UUID, *, done: bool) -> None:
    """Notes that an action is done, or is not."""
    service.tick_step(sitting.session, sitting.viewer, plan, step, done=done, now=sitting.now)


def remove(sitting: Sitting, plan: UUID, step: UUID) -> None:
    """Takes an action out."""
    service.remove_step(sitting.session, sitting.viewer, plan, step)


def share(sitting: Sitting, plan: UUID, what: str) -> None:
    """Offers what helped to units alike."""
    practices.share(sitting.session, sitting.viewer, plan, what, sitting.now)


def withdraw(sitting: Sitting, plan: UUID) -> None:
    """Offers it no longer."""
    practices.withdraw(sitting.session, sitting.viewer, plan, sitting.now)


def day_of(field: str, written: str | None) -> date:
    """A day that a browser sent; raises BadPlan."""
    try:
        return date.fromisoformat((written or "")[:10])
    except ValueError:
        raise BadDay(fields=[{"field": field, "message": "a day"}]) from None
