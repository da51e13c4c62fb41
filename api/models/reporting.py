"""Subscriptions to rankings and reports, and reports that were ordered, one by one or in packs."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text


class Subscription(Table, table=True):
    """What somebody wants regularly about a unit; a row that is off holds back the usual one."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("account_id", "unit_id", "kind", "language"),
        one_of("kind", "ranking", "report"),
        one_of("language", "zh", "en"),
        CheckConstraint("weekday between 0 and 6", name="weekday"),
        Index("ix_subscription_account_id", "account_id"),
    )

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="account.id")
    unit_id: int = Field(foreign_key="unit.id")
    kind: str = text()
    language: str = text()
    weekday: int = 0  # Monday is 0
    at: time
    timezone: str | None = text(nullable=True)  # None: of the unit
    ways: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))  # email, wecom, wechat
    formats: list[str] = Field(  # attached: pdf, pptx, xlsx
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}")
    )
    weeks: int | None = None  # None: as the network's setting
    active: bool = True
    created_at: datetime = moment()
    updated_at: datetime = moment()


class ReportOrder(Table, table=True):
    """A report of one unit, or of each unit of a pack, for one person; made in the background."""

    __tablename__ = "report_order"
    __table_args__ = (
        one_of("status", "waiting", "running", "done", "cancelled"),
        Index("ix_report_order_account_id_created_at", "account_id", "created_at"),
        Index(
            "ix_report_order_open",
            "created_at",
            postgresql_where=sql("status in ('waiting', 'running')"),
        ),
    )

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="account.id")
    unit_id: int = Field(foreign_key="unit.id")
    subscription_id: UUID | None = Field(  # ordered by this one; told to whom it belongs when done
        default=None, foreign_key="subscription.id", ondelete="SET NULL"
    )
    pack: bool = False
    period_from: date
    period_to: date  # included
    language: str = text()
    formats: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    status: str = Field(default="waiting")
    items: int
    data_version: int | None = Field(default=None, sa_type=BigInteger)  # of its owner's branches
    created_at: datetime = moment()
    finished_at: datetime | None = moment(nullable=True)


class ReportItem(Table, table=True):
    """One file of an order; whoever may not see all of its branches does not see the file."""

    __tablename__ = "report_item"
    __table_args__ = (
        one_of("status", "waiting", "claimed", "done", "failed", "cancelled"),
        CheckConstraint("cardinality(branches) > 0", name="branches"),
        UniqueConstraint("order_id", "unit_id", "format"),
        Index("ix_report_item_waiting", "id", postgresql_where=sql("status = 'waiting'")),
        Index("ix_report_item_claimed", "claimed_at", postgresql_where=sql("status = 'claimed'")),
    )

    id: UUID = id_field()
    order_id: UUID = Field(foreign_key="report_order.id", ondelete="CASCADE")
    unit_id: int = Field(foreign_key="unit.id")
    branches: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    format: str = text()
    status: str = Field(default="waiting")
    attempts: int = 0
    claimed_at: datetime | None = moment(nullable=True)
    done_at: datetime | None = moment(nullable=True)
    file_name: str | None = text(nullable=True)
    content: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    failure: str | None = text(nullable=True)
