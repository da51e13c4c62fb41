"""SQL of the imports that writes: staging tables, units of a path, answers, counts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlmodel import Session, col

from api.imports.spans import Span
from api.imports.unit_rows import Profile
from api.models import Metric, SurveyVersion, Touchpoint, Unit, UnitParent, UnitProfile
from api.network.service import ensure_owner_group

STAGED = {
    "line": "int4", "id": "uuid", "external_id": "text", "content": "bytea", "path": "text[]",
    "leaf": "text", "names": "text[]", "zones": "text[]", "touchpoint": "text", "channel": "text",
    "segment": "text", "advisor": "text", "model": "text", "language": "text", "comment": "text",
    "answered_at": "timestamptz", "occurred_at": "timestamptz", "scores": "int2[]",
    "period_from": "date", "period_to": "date", "counts": "int4[]", "extra": "text[]",
}  # fmt: skip


IMPORT_LOCK = 7010  # advisory; others of the 70xx are named where they are taken


def work_alone(session: Session) -> None:
    """One import at a time, and as long as it takes; until the transaction ends."""
    session.execute(text("set local statement_timeout = 0"))
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK})


def create_staging(session: Session) -> None:
    """An empty ``import_row`` of this transaction."""
    columns = ", ".join(f"{name} {kind}" for name, kind in STAGED.items())
    session.execute(text("drop table if exists pg_temp.import_row, pg_temp.import_place"))
    session.execute(text(f"create temp table import_row ({columns}) on commit drop"))
    session.execute(
        text(
            "create temp table import_place "
            "(leaf text primary key, unit_id int, zone text) on commit drop"
        )
    )


def copy_staged(session: Session, records: Iterable[tuple[Any, ...]]) -> None:
    """Fills ``import_row`` by COPY (which row-level security refuses on the tables themselves)."""
    connection = session.connection().connection.driver_connection
    assert connection is not None
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy import_row ({', '.join(STAGED)}) from stdin") as copy,
    ):
        copy.set_types(list(STAGED.values()))
        for record in records:
            copy.write_row(record)
    session.execute(text("create index on import_row (external_id)"))
    session.execute(text("analyze import_row"))


def add_places(session: Session, places: Sequence[dict[str, Any]]) -> None:
    """Which unit each leaf of the file is, and its time zone."""
    session.execute(
        text("insert into import_place (leaf, unit_id, zone) values (:leaf, :unit_id, :zone)"),
        list(places),
    )


def drop_repeated(session: Session) -> int:
    """Takes staged rows away that repeat an earlier one; returns how many."""
    statement = text(
        "delete from import_row r using (select external_id, min(line) as line from import_row "
        "group by external_id having count(*) > 1) f "
        "where r.external_id = f.external_id and r.line <> f.line"
    )
    return _count(session, statement)


def insert_responses(
    session: Session, *, source: str, survey_version_id: int, language: str
) -> int:
    """Writes staged answers that are not there yet; returns how many."""
    statement = text(
        """
        insert into response (id, survey_version_id, branch_id, touchpoint_id, occurred_on, channel,
            segment, advisor, model, language, named, pages_done, started_at, submitted_at,
            completed_at, source, external_id)
        select r.id, :version, p.unit_id, t.id,
            (coalesce(r.occurred_at, r.answered_at) at time zone p.zone)::date,
            coalesce(r.channel, 'imported'), r.segment, r.advisor, r.model,
            coalesce(r.language, :language), false, 1, r.answered_at, r.answered_at, r.answered_at,
            :source, r.external_id
        from import_row r
        join import_place p on p.leaf = r.leaf
        join touchpoint t on t.code = r.touchpoint
        order by r.line
        on conflict (source, external_id) do nothing
        """
    )
    values = {"version": survey_version_id, "language": language, "source": source}
    return _count(session, statement, values)


def insert_answers(session: Session, metrics: Sequence[str]) -> None:
    """Writes the scores of the answers that were new (their id is the staged one)."""
    statement = text(
        """
        insert into answer (response_id, question, occurred_on, branch_id, metric, value)
        select n.id, s.metric, n.occurred_on, n.branch_id, s.metric, s.value
        from import_row r
        join response n on n.id = r.id
        cross join lateral unnest(cast(:metrics as text[]), r.scores) as s(metric, value)
        where s.value is not null
        """
    )
    session.execute(statement, {"metrics": list(metrics)})


def insert_comments(session: Session) -> None:
    """Writes the staged texts (redacted on their way in) of the answers that were new."""
    statement = text(
        """
        insert into answer (response_id, question, occurred_on, branch_id, text)
        select n.id, 'comment', n.occurred_on, n.branch_id, r.comment
        from import_row r join response n on n.id = r.id
        where r.comment <> ''
        """
    )
    session.execute(statement)


def mark_days_dirty(session: Session) -> None:
    """Asks for the cells of every branch and day that got an answer."""
    statement = text(
        """
        insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id)
        select distinct n.branch_id, n.occurred_on, n.touchpoint_id, n.survey_version_id
        from import_row r join response n on n.id = r.id
        """
    )
    session.execute(statement)


def mark_for_alerts(session: Session, since: datetime, now: datetime) -> None:
    """Has the rules of the closed loop look at the answers that were new and given since."""
    statement = text(
        """
        insert into alert_mark (response_id, branch_id, due_at)
        select n.id, n.branch_id, :now
        from import_row r join response n on n.id = r.id
        where n.submitted_at >= :since order by n.submitted_at, n.id
        """
    )
    session.execute(statement, {"since": since, "now": now})


def upsert_counts(session: Session, metric: str, scale: str, position: int) -> int:
    """Writes one metric's staged counts as span cells; returns how many are new or other."""
    width = 3
    statement = text(
        """
        insert into cell (metric, period, period_from, period_to, branch_id, touchpoint_id,
            survey_version_id, scale, n, hist, sealed)
        select :metric, 'span', r.period_from, r.period_to, p.unit_id, coalesce(t.id, 0), 0, :scale,
            (select sum(c) from unnest(r.counts[:low : :high]) c), r.counts[:low : :high], false
        from import_row r
        join import_place p on p.leaf = r.leaf
        left join touchpoint t on t.code = r.touchpoint
        on conflict (metric, period, period_from, period_to, branch_id, touchpoint_id,
            survey_version_id)
        do update set scale = excluded.scale, n = excluded.n, hist = excluded.hist
        where (cell.scale, cell.hist) is distinct from (excluded.scale, excluded.hist)
        """
    )
    low = position * width + 1
    values = {"metric": metric, "scale": scale, "low": low, "high": low + width - 1}
    return _count(session, statement, values)


def insert_metric(session: Session, **values: Any) -> None:
    """A metric that an import brought, behind the others."""
    last = session.execute(select(func.coalesce(func.max(Metric.position), 0))).scalar_one()
    session.execute(insert(Metric).values(position=last + 1, **values))


def insert_touchpoint(session: Session, code: str, names: tuple[str, str]) -> None:
    """A touchpoint of another system, behind ours; ``names`` in Chinese and English."""
    last = session.execute(select(func.coalesce(func.max(Touchpoint.position), 0))).scalar_one()
    session.execute(
        insert(Touchpoint).values(
            code=code, stage="imported", position=last + 1, owner_function="imported",
            branch_kind="branch", name_zh=names[0], name_en=names[1],
        )
    )  # fmt: skip


def insert_survey_version(session: Session, **values: Any) -> int:
    """A survey version of another system; returns its id."""
    statement = insert(SurveyVersion).values(**values).returning(col(SurveyVersion.id))
    return int(session.execute(statement).scalar_one())


def staged_rows(session: Session) -> int:
    """How many rows stand in the staging table."""
    return int(session.execute(text("select count(*) from import_row")).scalar_one())


def insert_units(session: Session, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """New units; returns their ids by code."""
    if not rows:
        return {}
    statement = insert(Unit).returning(col(Unit.code), col(Unit.id))
    found = session.execute(statement, list(rows))
    return {row.code: row.id for row in found}


def insert_parents(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Ranges of dates under a parent."""
    if rows:
        session.execute(insert(UnitParent), list(rows))


def update_unit(session: Session, unit_id: int, values: dict[str, Any]) -> None:
    """Changes a unit's own columns."""
    session.execute(update(Unit).where(col(Unit.id) == unit_id).values(**values))


def set_merged(session: Session, unit_id: int, into_id: int) -> int:
    """Notes which unit a unit went into; returns whether that is new."""
    statement = text(
        "update unit set merged_into_id = :into where id = :id "
        "and merged_into_id is distinct from :into"
    )
    return _count(session, statement, {"id": unit_id, "into": into_id})


def add_former_code(session: Session, code: str, unit_id: int) -> int:
    """Notes a code that a unit once had; returns whether that is new."""
    statement = text(
        "insert into unit_former_code (code, unit_id) values (:code, :id) "
        "on conflict (code) do update set unit_id = excluded.unit_id "
        "where unit_former_code.unit_id <> excluded.unit_id"
    )
    return _count(session, statement, {"code": code, "id": unit_id})


def replace_parents(
    session: Session, unit_id: int, spans: Sequence[Span[str | None]], ids: dict[str, int]
) -> None:
    """The unit's ranges under parents, as a whole."""
    session.execute(delete(UnitParent).where(col(UnitParent.unit_id) == unit_id))
    insert_parents(
        session,
        [
            {"unit_id": unit_id, "parent_id": ids[span.value], "valid_from": span.start,
             "valid_to": span.end}
            for span in spans
            if span.value is not None
        ],
    )  # fmt: skip


def replace_profiles(
    session: Session, unit_id: int, spans: Sequence[Span[Profile]], groups: dict[str, int]
) -> None:
    """The unit's ranges of attributes, as a whole."""
    session.execute(delete(UnitProfile).where(col(UnitProfile.unit_id) == unit_id))
    rows = [
        {
            "unit_id": unit_id,
            "city_tier": span.value.city_tier,
            "size": span.value.size,
            "brand": span.value.brand,
            "owner_group_id": groups.get(span.value.owner_group or ""),
            "attributes": dict(span.value.attributes),
            "valid_from": span.start,
            "valid_to": span.end,
        }
        for span in spans
    ]
    if rows:
        session.execute(insert(UnitProfile), rows)


def ensure_owner_groups(session: Session, wanted: dict[str, str | None]) -> dict[str, int]:
    """Owner groups by code, new ones made; returns the ids of all."""
    for code, name in wanted.items():
        ensure_owner_group(session, code, name or code)
    found = session.execute(text("select code, id from owner_group"))
    return {row.code: row.id for row in found}


def _count(session: Session, statement: Any, values: dict[str, Any] | None = None) -> int:
    result = session.execute(statement, values or {})
    return int(result.rowcount)  # type: ignore[attr-defined]
