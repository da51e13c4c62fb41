"""Action plans of the made-up branches, for the tests of isolation."""

from collections.abc import Mapping
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from conftest import NOW
from sqlmodel import Session

from api.models import ActionPlan, ActionStep

BEGUN = date(2026, 9, 1)


def plan_of(branch: int) -> UUID:
    """The id of a branch's plan."""
    return uuid5(NAMESPACE_URL, f"plan/{branch}")


def step_of(branch: int) -> UUID:
    """The id of its one action."""
    return uuid5(NAMESPACE_URL, f"step/{branch}")


def add_plans(session: Session, words: Mapping[int, str]) -> None:
    """A plan with an action for every branch, each in words of its own."""
    for branch, said in words.items():
        session.add(
            ActionPlan(
                id=plan_of(branch), unit_id=branch, branches=[branch], metric="nps",
                title=f"plan {said}", started_on=BEGUN, created_at=NOW,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            ActionStep(
                id=step_of(branch), plan_id=plan_of(branch), branches=[branch], position=1,
                what=f"step {said}", due_on=BEGUN,
            )
        )  # fmt: skip
    session.flush()
