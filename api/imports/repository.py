"""SQL of the imports that writes: staging tables, units of a path, answers, counts."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlmodel import Session, col

from api.models import Metric, SurveyVersion, Touchpoint, Unit, UnitParent, UnitProfile

SINCE_EVER = date(1900, 1, 1)

STAGED = {
    "line": "int4", "id": "uuid", "external_id": "text", "content": "bytea", "path": "text[]",
    "leaf": "text", "names": "text[]", "zones": "text[]", "touchpoint": "text", "channel": "text",
    "segment": "text", "advisor": "text", "language": "text", "comment": "text",
    "answered_at": "timestamptz", "occurred_at": "timestamptz", "scores": "int2[]",
    "period_from": "date", "period_to": "date", "counts": "int4[]",
}  # fmt: skip


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
            segment, advisor, language, named, pages_done, started_at, submitted_at, completed_at,
            source, external_id)
        select r.id, :version, p.unit_id, t.id,
            (coalesce(r.occurred_at, r.answered_at) at time zone p.zone)::date,
            coalesce(r.channel, 'imported'), r.segment, r.advisor,
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


def insert_comments(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Writes texts, already redacted, beside the answers that were new."""
    statement = text(
        """
        insert into answer (response_id, question, occurred_on, branch_id, text)
        select id, 'comment', occurred_on, branch_id, :comment from response where id = :id
        """
    )
    session.execute(statement, list(rows))


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


def bump_metric_days(session: Session, metrics: Sequence[str]) -> None:
    """Marks what was computed from these metrics' spans as out of date, and says so."""
    statement = text(
        """
        insert into metric_day (metric, day, version)
        select m, d.day, nextval('data_version')
        from unnest(cast(:metrics as text[])) m
        cross join (select distinct period_from as day from import_row) d
        on conflict (metric, day) do update set version = excluded.version
        """
    )
    session.execute(statement, {"metrics": list(metrics)})
    session.execute(text("select pg_notify('bp_data', '')"))


def ensure_network(session: Session, *, name_zh: str, name_en: str, timezone: str) -> None:
    """The installation's one row of settings, if it has none yet."""
    statement = text(
        "insert into network (id, name_zh, name_en, leaf_word, branch_names_public, "
        "default_timezone, default_language, ranking_weeks, privacy_text_zh, privacy_text_en, "
        "structure_version) values (1, :zh, :en, 'branch', false, :zone, 'zh', 13, '', '', 1) "
        "on conflict (id) do nothing"
    )
    session.execute(statement, {"zh": name_zh, "en": name_en, "zone": timezone})


def insert_metric(session: Session, **values: Any) -> None:
    """A metric that an import brought, behind the others."""
    last = session.execute(select(func.coalesce(func.max(Metric.position), 0))).scalar_one()
    session.execute(insert(Metric).values(position=last + 1, **values))


def insert_touchpoint(session: Session, *, code: str) -> None:
    """A touchpoint that only its code is known of."""
    last = session.execute(select(func.coalesce(func.max(Touchpoint.position), 0))).scalar_one()
    session.execute(
        insert(Touchpoint).values(
            code=code, stage="imported", position=last + 1, owner_function="imported",
            branch_kind="branch", name_zh=code, name_en=code,
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


def insert_profiles(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Ranges of dates with their attributes."""
    if rows:
        session.execute(insert(UnitProfile), list(rows))


def _count(session: Session, statement: Any, values: dict[str, Any] | None = None) -> int:
    result = session.execute(statement, values or {})
    return int(result.rowcount)  # type: ignore[attr-defined]
