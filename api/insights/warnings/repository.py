"""Writes of warnings: one run per metric and month, its rows with it."""

import json
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.core.ids import new_id
from api.insights.warnings.judging import Judgement

JUDGING_LOCK = 7011  # advisory; others of the 70xx are named where they are taken
_COLUMNS = {
    "branch_id": "int",
    "n": "int",
    "score": "float8",
    "expected": "float8",
    "drop": "float8",
    "z": "float8",
    "p": "float8",
    "level": "text",
    "since": "date",
    "figures": "jsonb",
}


def lock_judging(session: Session) -> None:
    """Waits until no other transaction computes warnings."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": JUDGING_LOCK})


def store_run(session: Session, metric: str, month: date, version: int, judged: Judgement) -> UUID:
    """Stores the judgement of a month with its rows in place of an older one."""
    run: UUID = session.execute(
        text(
            "insert into warning_run (id, metric, month, data_version, computed_at, parameters) "
            "values (:id, :metric, :month, :version, statement_timestamp(), "
            "cast(:parameters as jsonb)) on conflict (metric, month) do update set "
            "data_version = excluded.data_version, computed_at = excluded.computed_at, "
            "parameters = excluded.parameters returning id"
        ),
        {
            "id": new_id(),
            "metric": metric,
            "month": month,
            "version": version,
            "parameters": json.dumps(judged.parameters),
        },
    ).scalar_one()
    session.execute(text("delete from warning_row where run_id = :id"), {"id": run})
    arrays = ", ".join(f"cast(:{name} as {kind}[])" for name, kind in _COLUMNS.items())
    given = {name: list(judged.rows[name]) for name in _COLUMNS}
    given["figures"] = [json.dumps(figures) for figures in given["figures"]]
    session.execute(
        text(
            f"insert into warning_row (run_id, {', '.join(_COLUMNS)}) "
            f"select :id, row.* from unnest({arrays}) as row"
        ),
        {"id": run, **given},
    )
    return run
