"""Action plans: what a branch or region does about a driver, by when, and what others may learn."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Integer
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text


class ActionPlan(Table, table=True):
    """A driver that is worked on from a day on; ``branches`` are those that it is about."""

    __tablename__ = "action_plan"
    __table_args__ = (
        one_of("status", "open", "done", "dropped"),
        CheckConstraint("cardinality(branches) > 0", name="branches"),
        Index("ix_action_plan_unit_id", "unit_id"),
    )

    id: UUID = id_field()
    unit_id: int = Field(foreign_key="unit.id")
    branches: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    metric: str = text()  # what is compared before and after
    driver: str | None = text(nullable=True)  # the question that is worked on
    touchpoint_id: int | None = Field(default=None, foreign_key="touchpoint.id")
    title: str = text()
    started_on: date
    status: str = Field(default="open")
    version: int = 1
    created_by: UUID | None = Field(default=None, foreign_key="account.id")
    created_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)
    lesson: str | None = text(nullable=True)  # what was learned from it


class ActionStep(Table, table=True):
    """One action of a plan, with its owner and date."""

    __tablename__ = "action_step"
    __table_args__ = (CheckConstraint("cardinality(branches) > 0", name="branches"),)

    id: UUID = id_field()
    plan_id: UUID = Field(foreign_key="action_plan.id", index=True)
    branches: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    position: int
    what: str = text()
    owner_id: UUID | None = Field(default=None, foreign_key="account.id")
    due_on: date
    done_on: date | None = None
    done_by: UUID | None = Field(default=None, foreign_key="account.id")


class GoodPractice(Table, table=True):
    """What helped a branch, offered to those like it: the row names no branch, on purpose."""

    __tablename__ = "good_practice"
    __table_args__ = (Index("ix_good_practice_driver", "driver"),)

    id: UUID = id_field()
    plan_id: UUID = Field(foreign_key="action_plan.id", unique=True)
    metric: str = text()
    driver: str | None = text(nullable=True)
    touchpoint_id: int | None = Field(default=None, foreign_key="touchpoint.id")
    city_tier: str | None = text(nullable=True)
    size: str | None = text(nullable=True)
    brand: str | None = text(nullable=True)
    what: str = text()
    measured: str = text()  # the metric that moved
    effect: float
    low: float
    high: float
    weeks: int
    peers: int
    shared_at: datetime = moment()
    withdrawn_at: datetime | None = moment(nullable=True)
