"""What scoring freezes: indicator trees, coefficients, published tables, warnings, contests.

Versions and coefficients are only ever added; a published table is neither changed nor deleted.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text


def _document() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


class IndicatorVersion(Table, table=True):
    """A published indicator tree with its targets, in force for scores from a day on."""

    __tablename__ = "indicator_version"

    version: int = Field(primary_key=True)
    effective_from: date = Field(index=True)
    definition: dict[str, Any] = _document()
    written: str = text()  # the file as it was written, comments and all
    published_by: str | None = text(nullable=True)  # account id; None: at the command line
    content_hash: bytes
    data_version: int = Field(sa_type=BigInteger)  # tables by another tree are out of date
    published_at: datetime = moment()


class AdjustmentFit(Table, table=True):
    """Coefficients of case mix and channel for one metric and scoring year, frozen once fitted."""

    __tablename__ = "adjustment_fit"
    __table_args__ = (UniqueConstraint("metric", "year"),)

    id: UUID = id_field()
    metric: str = text()
    year: int
    fitted_from: date
    fitted_to: date
    answers: int
    branches: int
    levels: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    covariance: list[list[float]] = Field(sa_column=Column(JSONB, nullable=False))
    residual_variance: float
    parameters: dict[str, Any] = _document()
    data_version: int = Field(sa_type=BigInteger)
    published_by: str | None = text(nullable=True)
    published_at: datetime = moment()


class PublishedTable(Table, table=True):
    """A league table frozen for good; a correction is a new one that names what it corrects."""

    __tablename__ = "published_table"
    __table_args__ = (
        Index("ix_published_table_metric", "metric", "period_from", "period_to", "comparison_set"),
    )

    id: UUID = id_field()
    number: int = Field(unique=True)
    metric: str = text()
    metric_name_zh: str = text()
    metric_name_en: str = text()
    period_from: date
    period_to: date
    comparison_set: str = text()
    for_bonus: bool = False
    corrects_id: UUID | None = Field(default=None, foreign_key="published_table.id", unique=True)
    reason: str | None = text(nullable=True)  # of a correction
    data_version: int = Field(sa_type=BigInteger)
    as_of: datetime = moment()
    seed: int = Field(sa_type=BigInteger)
    parameters: dict[str, Any] = _document()
    rows_hash: str = text()
    published_by: str | None = text(nullable=True)
    published_at: datetime = moment()


class PublishedRow(Table, table=True):
    """One branch of a published table, with the names and numbers of that moment."""

    __tablename__ = "published_row"

    table_id: UUID = Field(foreign_key="published_table.id", primary_key=True)
    branch_id: int = Field(primary_key=True)
    unit_code: str = text()
    unit_name_zh: str = text()
    unit_name_en: str = text()
    figures: dict[str, Any] = _document()


class WarningRun(Table, table=True):
    """The warnings of one metric and month, computed over the whole network at a data version."""

    __tablename__ = "warning_run"
    __table_args__ = (UniqueConstraint("metric", "month"),)

    id: UUID = id_field()
    metric: str = text()
    month: date
    data_version: int = Field(sa_type=BigInteger)
    computed_at: datetime = moment()
    parameters: dict[str, Any] = _document()


class WarningRow(Table, table=True):
    """One tested branch of a run; without a level it was tested and is as usual."""

    __tablename__ = "warning_row"
    __table_args__ = (one_of("level", "watch", "alert"),)

    run_id: UUID = Field(foreign_key="warning_run.id", primary_key=True, ondelete="CASCADE")
    branch_id: int = Field(primary_key=True)
    n: int
    score: float | None = None
    expected: float | None = None
    drop: float | None = None
    z: float | None = None
    p: float | None = None
    level: str | None = text(nullable=True)
    since: date | None = None
    figures: dict[str, Any] = _document()


class Contest(Table, table=True):
    """A branch's objection to one response, and what headquarters decided."""

    __tablename__ = "contest"
    __table_args__ = (
        one_of("state", "open", "upheld", "rejected", "withdrawn"),
        Index("ix_contest_branch_id_state", "branch_id", "state"),
        Index(
            "uq_contest_open_response",
            "response_id",
            unique=True,
            postgresql_where=sql_text("state in ('open', 'upheld')"),
        ),
    )

    id: UUID = id_field()
    response_id: UUID = Field(foreign_key="response.id", index=True)
    branch_id: int = Field(foreign_key="unit.id")
    occurred_on: date
    state: str = Field(default="open")
    reason: str = text()
    note: str = text()
    raised_by: UUID | None = Field(default=None, foreign_key="account.id")
    raised_at: datetime = moment()
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = moment(nullable=True)
    decision_note: str | None = text(nullable=True)


class ContestEvidence(Table, table=True):
    """A file that a branch puts forward with its objection."""

    __tablename__ = "contest_evidence"

    id: UUID = id_field()
    contest_id: UUID = Field(foreign_key="contest.id", index=True)
    branch_id: int = Field(foreign_key="unit.id")
    file_name: str = text()
    media_type: str = text()
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    added_by: UUID | None = Field(default=None, foreign_key="account.id")
    added_at: datetime = moment()
