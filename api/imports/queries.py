"""SQL of the imports that reads: what is staged, what is known already."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from api.imports.spans import Span
from api.imports.unit_rows import Profile
from api.models import Metric, Network, Touchpoint, Unit, UnitFormerCode
from api.models.definitions import SurveyVersion


@dataclass(frozen=True, slots=True)
class StagedPath:
    """A way from the network to a branch as the file has it, first seen in ``line``."""

    line: int
    path: tuple[str, ...]
    names: tuple[str | None, ...]
    zones: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit of the network, with its parent on one day."""

    id: int
    code: str
    kind: str
    parent_id: int | None
    timezone: str | None


@dataclass(frozen=True, slots=True)
class StagedComplaint:
    """A complaint of the file; ``words`` are redacted."""

    line: int
    external_id: str
    branch_id: int
    complained_on: date
    words: str | None
    touchpoint_id: int | None
    product: str | None
    category: str | None
    severity: str | None
    role: str | None
    event_source: str | None
    event_id: str | None
    said: str
    whose: str | None  # the customer as the row says, encrypted
    unit_code: str
    complained_at: datetime
    filed: bool  # its number has a ticket


def staged_paths(session: Session) -> Iterator[StagedPath]:
    """Every distinct path of the staged rows, by first line."""
    statement = text(
        "select distinct on (path) line, path, names, zones from import_row order by path, line"
    )
    found = [
        StagedPath(line, tuple(path), tuple(names), tuple(zones))
        for line, path, names, zones in session.execute(statement)
    ]
    yield from sorted(found, key=lambda item: item.line)


def repeated(session: Session) -> Iterator[tuple[int, int, bool, str]]:
    """Staged rows with the key of an earlier one: line, that line, whether equal, the key."""
    statement = text(
        """
        select line, first_line, same, external_id from (
            select line, external_id, first_value(line) over w as first_line,
                content = first_value(content) over w as same
            from import_row window w as (partition by external_id order by line)) d
        where line <> first_line order by line
        """
    )
    yield from _streamed(session, statement)


def repeated_counts(session: Session) -> Iterator[tuple[int, int, str]]:
    """Staged counts of a branch whose period overlaps an earlier row's: line, that line, branch."""
    statement = text(
        """
        select b.line, min(a.line), b.leaf from import_row a join import_row b
            on a.leaf = b.leaf and a.touchpoint is not distinct from b.touchpoint
            and a.line < b.line and a.period_from < b.period_to and b.period_from < a.period_to
        group by b.line, b.leaf order by b.line
        """
    )
    yield from _streamed(session, statement)


def changed_responses(
    session: Session, source: str, metrics: Sequence[str]
) -> Iterator[tuple[int, str]]:
    """Staged answers whose id is known with other content: line and id."""
    statement = text(
        """
        select r.line, r.external_id
        from import_row r
        join response n on n.source = :source and n.external_id = r.external_id
        join import_place p on p.leaf = r.leaf
        where n.branch_id <> p.unit_id or n.submitted_at <> r.answered_at or exists (
            select from unnest(cast(:metrics as text[]), r.scores) as s(metric, value)
            where s.value is distinct from (
                select a.value from answer a where a.response_id = n.id and a.question = s.metric
                and a.occurred_on = n.occurred_on))
        order by r.line
        """
    )
    yield from _streamed(session, statement, {"source": source, "metrics": list(metrics)})


def overlapping_cells(
    session: Session, metrics: Sequence[str]
) -> Iterator[tuple[int, str, date, date]]:
    """Staged counts that overlap stored ones of another period: line, branch, stored period."""
    statement = text(
        """
        select distinct on (r.line) r.line, r.leaf, c.period_from, c.period_to
        from import_row r
        join import_place p on p.leaf = r.leaf
        left join touchpoint t on t.code = r.touchpoint
        join cell c on c.branch_id = p.unit_id and c.metric = any(:metrics) and c.period = 'span'
            and c.touchpoint_id = coalesce(t.id, 0)
            and c.period_from < r.period_to and r.period_from < c.period_to
            and (c.period_from, c.period_to) <> (r.period_from, r.period_to)
        order by r.line
        """
    )
    yield from _streamed(session, statement, {"metrics": list(metrics)})


def staged_words(session: Session, column: str) -> list[tuple[int, str]]:
    """The distinct words of one staged column, each with its first line."""
    assert column in {"touchpoint", "language"}
    statement = text(
        f"select min(line), {column} from import_row where {column} is not null "
        f"group by {column} order by 1"
    )
    return [(line, word) for line, word in session.execute(statement)]


def staged_complaints(session: Session, source: str) -> list[StagedComplaint]:
    """The staged complaints of a source with their places, in the order of the file."""
    statement = text(
        """
        select r.line, r.external_id, p.unit_id,
            (r.answered_at at time zone p.zone)::date, r.comment, t.id, r.extra[1],
            r.extra[2], r.extra[3], r.extra[4], r.extra[5], r.extra[6], r.extra[7], r.extra[8],
            u.code, r.answered_at, exists (select from ticket n where n.source = :source
                and n.external_id = r.external_id)
        from import_row r join import_place p on p.leaf = r.leaf join unit u on u.id = p.unit_id
        left join touchpoint t on t.code = r.touchpoint order by r.line
        """
    )
    return [StagedComplaint(*row) for row in session.execute(statement, {"source": source})]


def event_at(
    session: Session, branch_id: int, source: str, external_id: str
) -> tuple[UUID, UUID | None] | None:
    """A branch's event by its source's id, and whose it is."""
    statement = text(
        "select id, person_id from event where source = :source and external_id = :id "
        "and branch_id = :branch"
    )
    given = {"source": source, "id": external_id, "branch": branch_id}
    found = session.execute(statement, given).first()
    return None if found is None else (found[0], found[1])


def first_days(session: Session) -> list[date]:
    """The first days of the staged periods."""
    return list(session.execute(text("select distinct period_from from import_row")).scalars())


def latest_moment(session: Session) -> tuple[int, Any] | None:
    """The staged answer with the latest moment: line and moment."""
    statement = text(
        "select line, answered_at from import_row where answered_at is not null "
        "order by answered_at desc limit 1"
    )
    found = session.execute(statement).first()
    return (found[0], found[1]) if found else None


def known_units(session: Session, on: date) -> dict[str, KnownUnit]:
    """All units by code, and by former code where no unit has it today."""
    statement = text(
        "select u.id, u.code, u.kind, p.parent_id, u.timezone from unit u "
        "left join unit_parent p on p.unit_id = u.id and p.valid_from <= :on "
        "and (p.valid_to is null or p.valid_to > :on)"
    )
    units = {row[1]: KnownUnit(*row) for row in session.execute(statement, {"on": on})}
    by_id = {unit.id: unit for unit in units.values()}
    former = session.execute(select(col(UnitFormerCode.code), col(UnitFormerCode.unit_id)))
    return {code: by_id[unit_id] for code, unit_id in former if unit_id in by_id} | units


@dataclass(frozen=True, slots=True)
class StoredUnit:
    """A unit with all of its history."""

    id: int
    code: str
    kind: str
    level: str
    name_zh: str
    name_en: str
    sort_key: str
    timezone: str | None
    language: str | None
    opened_on: date | None
    closed_on: date | None
    parents: list[Span[str | None]]
    profiles: list[Span[Profile]]


def stored_units(session: Session) -> dict[str, StoredUnit]:
    """The whole network with its history, by code."""
    parents: dict[int, list[Span[str | None]]] = defaultdict(list)
    statement = text(
        "select p.unit_id, p.valid_from, p.valid_to, u.code from unit_parent p "
        "join unit u on u.id = p.parent_id order by p.unit_id, p.valid_from"
    )
    for unit_id, first, last, code in session.execute(statement):
        parents[unit_id].append(Span(first, last, code))
    profiles = _stored_profiles(session)
    statement = text(
        "select id, code, kind, level, name_zh, name_en, sort_key, timezone, language, "
        "opened_on, closed_on from unit"
    )
    stored: dict[str, StoredUnit] = {}
    for row in session.execute(statement):
        own: dict[str, Any] = dict(row._mapping)
        stored[row.code] = StoredUnit(**own, parents=parents[row.id], profiles=profiles[row.id])
    return stored


def _stored_profiles(session: Session) -> dict[int, list[Span[Profile]]]:
    profiles: dict[int, list[Span[Profile]]] = defaultdict(list)
    statement = text(
        "select p.unit_id, p.valid_from, p.valid_to, p.city_tier, p.size, p.brand, g.code, "
        "p.attributes from unit_profile p left join owner_group g on g.id = p.owner_group_id "
        "order by p.unit_id, p.valid_from"
    )
    for unit_id, first, last, tier, size, brand, group, attributes in session.execute(statement):
        own = tuple(sorted(attributes.items()))
        profiles[unit_id].append(Span(first, last, Profile(tier, size, brand, group, own)))
    return profiles


def touchpoint_codes(session: Session) -> list[str]:
    """The codes of all touchpoints, in the order of the journey."""
    return list(
        session.execute(select(col(Touchpoint.code)).order_by(col(Touchpoint.position))).scalars()
    )


def metric(session: Session, code: str) -> Metric | None:
    """The metric with this code."""
    return session.get(Metric, code)


def network(session: Session) -> Network | None:
    """The installation's network."""
    return session.get(Network, 1)


def root_unit(session: Session) -> Unit | None:
    """The unit at the top of everything."""
    statement = select(Unit).where(Unit.kind == "network").order_by(col(Unit.id)).limit(1)
    return session.execute(statement).scalars().first()


def survey_versions(session: Session, code: str) -> list[SurveyVersion]:
    """All versions of a survey, the newest first."""
    statement = select(SurveyVersion).where(SurveyVersion.code == code)
    return list(session.execute(statement.order_by(col(SurveyVersion.version).desc())).scalars())


def _streamed(
    session: Session, statement: Any, values: dict[str, Any] | None = None
) -> Iterator[Any]:
    options = {"stream_results": True, "yield_per": 1000}
    result = session.execute(statement, values or {}, execution_options=options)
    for row in result:
        yield tuple(row)


@dataclass(frozen=True, slots=True)
class StoredPerson:
    """What is stored of a customer, and how much hangs on it."""

    id: UUID
    name: bytes | None
    rest: tuple[Any, ...]


def people_of_sources(
    session: Session, keys: Sequence[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], StoredPerson]]:
    """The persons behind ids of source systems; unscoped, since an import sees everyone."""
    statement = text(
        """
        select s.source, s.external_id,
            p.id, p.name_encrypted, p.birth_year, p.language, p.timezone,
            (select count(*) from person_source x where x.person_id = p.id),
            (select count(*) from contact_point x where x.person_id = p.id),
            (select count(*) from person_branch x where x.person_id = p.id),
            (select count(*) from consent x where x.person_id = p.id),
            (select count(withdrawn_at) from consent x where x.person_id = p.id),
            p.value_tier, p.household_hash, p.attributes,
            (select jsonb_agg(jsonb_build_array(x.external_id, x.reason, x.opened_at, x.closed_at)
                order by x.id) from person_hold x where x.person_id = p.id)
        from unnest(cast(:sources as text[]), cast(:ids as text[])) k(source, external_id)
        join person_source s using (source, external_id)
        join person p on p.id = s.person_id
        """
    )
    values = {"sources": [source for source, _ in keys], "ids": [key for _, key in keys]}
    for source, external_id, person_id, name, *rest in session.execute(statement, values):
        yield (source, external_id), StoredPerson(person_id, name, tuple(rest))


def owner_groups(session: Session) -> dict[str, int]:
    """The owner groups by code."""
    found = session.execute(text("select code, id from owner_group"))
    return {row.code: row.id for row in found}
