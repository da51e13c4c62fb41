"""Writes of the read side: league tables that are asked for, and what workers compute."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.core.ids import new_id
from api.insights.queries import ComputedTable, TableName

_ONE_AT_A_TIME = 7003  # advisory; 7001 leads, 7002 folds
_COLUMNS = {
    "branch_id": "int",
    "n": "int",
    "score": "float8",
    "low": "float8",
    "high": "float8",
    "shrunk": "float8",
    "rank": "int",
    "rank_low": "int",
    "rank_high": "int",
    "previous_n": "int",
    "previous_score": "float8",
    "change": "float8",
    "change_is_noise": "bool",
    "tier": "text",
    "ranked": "bool",
    "adjusted": "float8",
    "adjusted_low": "float8",
    "adjusted_high": "float8",
    "own_weight": "float8",
    "band": "text",
    "p_top": "float8",
    "tied_above": "bool",
    "simultaneous_low": "int",
    "simultaneous_high": "int",
    "marginal_low": "int",
    "marginal_high": "int",
    "peer_group": "text",
    "excluded": "int",
    "mix": "jsonb",
}


def request_table(session: Session, name: TableName, version: int) -> None:
    """Asks the workers for a table, once."""
    session.execute(
        text(
            "insert into league_table (id, metric, period_from, period_to, comparison_set, "
            "data_version, state, requested_at, parameters) values (:id, :metric, :start, :end, "
            ":set, :version, 'requested', statement_timestamp(), '{}') on conflict do nothing"
        ),
        {**name.parameters(), "version": version, "id": new_id()},
    )


def lock_computing(session: Session) -> None:
    """Waits until no other transaction computes a league table."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})


def store_table(session: Session, name: TableName, made: ComputedTable) -> UUID:
    """Stores a ready table with its rows in place of all older ones."""
    table: UUID = session.execute(
        text(
            "insert into league_table (id, metric, period_from, period_to, comparison_set, "
            "data_version, state, requested_at, computed_at, seed, parameters) values (:id, "
            ":metric, :start, :end, :set, :version, 'ready', statement_timestamp(), "
            ":as_of, :seed, cast(:parameters as jsonb)) "
            "on conflict (metric, period_from, period_to, comparison_set, data_version) "
            "do update set state = 'ready', computed_at = excluded.computed_at, "
            "seed = excluded.seed, parameters = excluded.parameters returning id"
        ),
        {
            **name.parameters(),
            "version": made.version,
            "id": new_id(),
            "as_of": made.as_of,
            "seed": made.parameters["seed"],
            "parameters": json.dumps(made.parameters),
        },
    ).scalar_one()
    session.execute(text("delete from league_row where table_id = :id"), {"id": table})
    _insert_rows(session, table, made.rows)
    session.execute(
        text(
            "delete from league_table where metric = :metric and period_from = :start "
            "and period_to = :end and comparison_set = :set and data_version < :version"
        ),
        {**name.parameters(), "version": made.version},
    )
    return table


def drop_table(session: Session, table: UUID) -> None:
    """Deletes a table with its rows."""
    session.execute(text("delete from league_table where id = :id"), {"id": table})


def drop_tables(session: Session, before: datetime) -> int:
    """Deletes tables that were asked for before a moment; how many."""
    gone = session.execute(
        text("delete from league_table where requested_at < :before returning id"),
        {"before": before},
    )
    return len(gone.all())


def _insert_rows(session: Session, table: UUID, rows: Mapping[str, Sequence[Any]]) -> None:
    arrays = ", ".join(f"cast(:{name} as {kind}[])" for name, kind in _COLUMNS.items())
    session.execute(
        text(
            f"insert into league_row (table_id, {', '.join(_COLUMNS)}) "
            f"select :id, row.* from unnest({arrays}) as row"
        ),
        {"id": table, **{name: _values(rows[name], kind) for name, kind in _COLUMNS.items()}},
    )


def _values(column: Sequence[Any], kind: str) -> list[Any]:
    if kind != "jsonb":
        return list(column)
    return [None if value is None else json.dumps(value) for value in column]
