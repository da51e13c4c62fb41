"""Reads published tables: heads for everybody, rows of the branches that the transaction shows."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

from api.insights.published.document import FIGURES, FrozenRow, Head
from api.insights.queries import TableName

_HEADS = (
    "select t.*, c.number as corrects, b.number as corrected_by from published_table t "
    "left join published_table c on c.id = t.corrects_id "
    "left join published_table b on b.corrects_id = t.id"
)


def head_rows(session: Session, metric: str | None = None) -> list[Row[Any]]:
    """Heads of all published tables, the newest first."""
    found = session.execute(
        text(
            f"{_HEADS} where (cast(:metric as text) is null or t.metric = :metric) "
            "order by t.number desc"
        ),
        {"metric": metric},
    )
    return list(found.all())


def head_row(session: Session, number: int) -> Row[Any] | None:
    """The head of one table."""
    return session.execute(text(f"{_HEADS} where t.number = :number"), {"number": number}).first()


def newest_of(session: Session, name: TableName, *, for_bonus: bool) -> Row[Any] | None:
    """The head of the table of that name that no other corrects."""
    return session.execute(
        text(
            f"{_HEADS} where t.metric = :metric and t.period_from = :start "
            "and t.period_to = :end and t.comparison_set = :set and t.for_bonus = :bonus "
            "and b.number is null order by t.number desc limit 1"
        ),
        {**name.parameters(), "bonus": for_bonus},
    ).first()


def head_of(row: Row[Any]) -> Head:
    """A head as a value."""
    return Head(
        id=row.id,
        number=row.number,
        metric=row.metric,
        metric_name_zh=row.metric_name_zh,
        metric_name_en=row.metric_name_en,
        start=row.period_from,
        end=row.period_to,
        comparison_set=row.comparison_set,
        for_bonus=row.for_bonus,
        corrects=row.corrects,
        reason=row.reason,
        data_version=row.data_version,
        as_of=row.as_of,
        seed=row.seed,
        parameters=row.parameters,
        published_by=row.published_by,
        published_at=row.published_at,
    )


def frozen_rows(
    session: Session, table: UUID, branches: Collection[int] | None = None
) -> list[FrozenRow]:
    """The visible rows of a table, by code; only of ``branches`` unless None."""
    where = "" if branches is None else " and branch_id = any(cast(:branches as int[]))"
    rows = session.execute(
        text(
            "select branch_id, unit_code, unit_name_zh, unit_name_en, figures from published_row "
            f'where table_id = :id{where} order by unit_code collate "C"'
        ),
        {"id": table, "branches": None if branches is None else sorted(branches)},
    )
    return [FrozenRow(*row) for row in rows]


def league_rows(session: Session, table: UUID) -> list[Row[Any]]:
    """Every visible row of a stored league table, with all that is frozen of it."""
    found = session.execute(
        text(f"select branch_id, {', '.join(FIGURES)} from league_row where table_id = :id"),
        {"id": table},
    )
    return list(found.all())
