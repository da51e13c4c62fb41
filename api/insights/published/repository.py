"""Adds published tables. They are never changed and never deleted: no role of ours may."""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.insights.published.document import FrozenRow, Head, settled

_ONE_AT_A_TIME = 7004  # advisory; 7003 computes league tables


def lock_publishing(session: Session) -> None:
    """Waits until no other transaction publishes a table."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})


def next_number(session: Session) -> int:
    """The number of the next published table; tables are numbered without gaps from 1."""
    found = session.execute(text("select coalesce(max(number), 0) + 1 from published_table"))
    return int(found.scalar_one())


def insert_table(
    session: Session, head: Head, corrects: UUID | None, rows: Sequence[FrozenRow], rows_hash: str
) -> None:
    """Writes a table as it will stay."""
    session.execute(
        text(
            "insert into published_table (id, number, metric, metric_name_zh, metric_name_en, "
            "period_from, period_to, comparison_set, for_bonus, corrects_id, reason, data_version, "
            "as_of, seed, parameters, rows_hash, published_by, published_at) values (:id, :number, "
            ":metric, :metric_name_zh, :metric_name_en, :start, :end, :comparison_set, :for_bonus, "
            ":corrects_id, :reason, :data_version, :as_of, :seed, cast(:parameters as jsonb), "
            ":rows_hash, :published_by, :published_at)"
        ),
        {
            **{name: getattr(head, name) for name in Head.__slots__},
            "corrects_id": corrects,
            "parameters": json.dumps(settled(head.parameters)),
            "rows_hash": rows_hash,
        },
    )
    session.execute(
        text(
            "insert into published_row (table_id, branch_id, unit_code, unit_name_zh, "
            "unit_name_en, figures) select :id, row.* from unnest(cast(:branches as int[]), "
            "cast(:codes as text[]), cast(:names_zh as text[]), cast(:names_en as text[]), "
            "cast(:figures as jsonb[])) as row"
        ),
        {
            "id": head.id,
            "branches": [row.branch_id for row in rows],
            "codes": [row.unit_code for row in rows],
            "names_zh": [row.unit_name_zh for row in rows],
            "names_en": [row.unit_name_en for row in rows],
            "figures": [json.dumps(settled(row.figures)) for row in rows],
        },
    )
