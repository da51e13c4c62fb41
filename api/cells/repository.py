"""The SQL that counts answers into cells.

Every statement replaces what is counted: new counts are put, what has no answer any more goes,
sealed cells stay. A fold does so for the keys of its marks (branch, day, touchpoint, survey
version), a rebuild for everything; both count by the same expressions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlmodel import Session

from scoring.scales import SCALES

FOLD_LOCK = 7002  # advisory; 7001 is the scheduler's leader
ANY_METRIC = "*"  # a day of which anything changed, be it a comment only

_MOST_BINS = max(scale.bins for scale in SCALES.values())
_KEY = ("branch_id", "occurred_on", "touchpoint_id", "survey_version_id")
_CUTS = "(values ('channel', r.channel), ('segment', r.segment), ('advisor', r.advisor))"


@dataclass(frozen=True)
class Keys:
    """Days of branches at touchpoints to be counted again, as parallel columns."""

    branches: list[int]
    days: list[date]
    touchpoints: list[int]
    versions: list[int]

    @classmethod
    def of(cls, rows: Sequence[Sequence[object]]) -> "Keys":
        """From rows of branch, day, touchpoint, survey version."""
        columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
        return cls(*columns)

    def parameters(self) -> dict[str, object]:
        """For the statements' array parameters."""
        return dict(vars(self))


_MARKED = (
    "select * from unnest(cast(:branches as int[]), cast(:days as date[]), "
    "cast(:touchpoints as int[]), cast(:versions as int[])) "
    f"as marked({', '.join(_KEY)})"
)


def _case(scale: str, of: str) -> str:
    """SQL for a scale's lowest value or number of bins."""
    branches = " ".join(
        f"when '{known.code}' then {known.values[0] if of == 'lowest' else known.bins}"
        for known in SCALES.values()
    )
    return f"case {scale} {branches} end"


def _binned(count: str, scale: str) -> str:
    """SQL for a histogram: ``count`` with ``{bin}`` (from 0) filled in, cut to the scale."""
    bins = ", ".join(count.format(bin=index, place=index + 1) for index in range(_MOST_BINS))
    return f"(array[{bins}]::int[])[1:{_case(scale, 'bins')}]"


def _same(left: str, right: str, columns: Sequence[str]) -> str:
    return " and ".join(f"{left}.{column} = {right}.{column}" for column in columns)


def _counted_days(source: str, cut: bool) -> str:
    """Day cells counted from the answers of ``source``'s responses, also of partial ones."""
    own = ", c.cut, c.cut_value" if cut else ""
    cuts = f"cross join lateral {_CUTS} as c(cut, cut_value)" if cut else ""
    where = "and c.cut_value is not null" if cut else ""
    hist = _binned("count(*) filter (where b.bin = {bin})", "m.scale")
    return f"""
        select m.code as metric, 'day' as period, r.occurred_on as period_from,
            r.occurred_on + 1 as period_to, r.branch_id, r.touchpoint_id, r.survey_version_id,
            m.scale, count(*)::int as n, {hist} as hist{own}
        from {source}
        join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
        join metric m on m.code = a.metric
        cross join lateral (select a.value - {_case("m.scale", "lowest")} as bin) b
        {cuts}
        where b.bin >= 0 and b.bin < {_case("m.scale", "bins")} {where}
        group by m.code, m.scale, {", ".join(f"r.{name}" for name in _KEY)}{own}
    """


def _summed_days(source: str, own: str) -> str:
    """Longer cells as sums of ``source``'s day cells d, each with a longer period t of its own."""
    place = "t.period, t.period_from, t.period_to, d.branch_id, d.touchpoint_id"
    return f"""
        select d.metric, {place}, d.survey_version_id, d.scale, sum(d.n)::int as n,
            {_binned("sum(d.hist[{place}])", "d.scale")} as hist{own}
        from {source}
        group by d.metric, {place}, d.survey_version_id, d.scale{own}
    """


_DAY_TARGETS = (
    "select 'day' as period, occurred_on as period_from, occurred_on + 1 as period_to, "
    "branch_id, touchpoint_id, survey_version_id from key"
)


def _longer(period: str, day: str) -> str:
    """SQL for a longer period that holds ``day``: its name, first day and the day after it."""
    first = f"date_trunc('{period}', {day}::timestamp)::date"
    return f"'{period}', {first}, ({first} + interval '1 {period}')::date"


def _longer_targets(periods: Sequence[str]) -> str:
    """The weeks and months that hold a key's day."""
    listed = ", ".join(f"({_longer(period, 'occurred_on')})" for period in periods)
    return (
        "select distinct p.*, branch_id, touchpoint_id, survey_version_id from key "
        f"cross join lateral (values {listed}) as p(period, period_from, period_to)"
    )


def _targeted_days(table: str) -> str:
    """The day cells within the targets."""
    return f"""
        target t cross join metric m
        join {table} d on d.metric = m.code and d.period = 'day' and d.branch_id = t.branch_id
            and d.touchpoint_id = t.touchpoint_id and d.survey_version_id = t.survey_version_id
            and d.period_from >= t.period_from and d.period_from < t.period_to
    """


def _all_days(table: str, periods: Sequence[str]) -> str:
    """All day cells, once for each longer period."""
    listed = ", ".join(f"({_longer(period, 'd.period_from')})" for period in periods)
    return (
        f"(select * from {table} where period = 'day') d "
        f"cross join lateral (values {listed}) as t(period, period_from, period_to)"
    )


_PLACE = ("period", "period_from", "period_to", "branch_id", "touchpoint_id", "survey_version_id")
_IDENTITY = {"cell": ("metric", *_PLACE), "cut_cell": ("metric", *_PLACE, "cut", "cut_value")}
_UNSEALED = {
    "cell": "not cell.sealed",
    # A cut of a sealed day cannot be counted again either: its answers are gone.
    "cut_cell": "not exists (select from cell s where s.sealed and s.period = 'day' "
    "and s.metric = cut_cell.metric and s.branch_id = cut_cell.branch_id "
    "and s.touchpoint_id = cut_cell.touchpoint_id and cut_cell.period = 'day' "
    "and s.survey_version_id = cut_cell.survey_version_id "
    "and s.period_from = cut_cell.period_from)",
}


def _replacing_targets(table: str, targets: str, counted: str) -> str:
    """One statement that makes ``table`` hold what was counted for the targets, and only that.

    ``not in`` is hashed; ``not exists`` would be nested loops, as the server expects one row.
    """
    identity = _IDENTITY[table]
    own = ", ".join(f"{table}.{column}" for column in identity)
    gone = f"""
        using target t, metric m
        where {table}.metric = m.code and {_same(table, "t", _PLACE)}
            and ({own}) not in (select {", ".join(identity)} from counted)
    """
    return f"""
        with key as materialized ({_MARKED}), target as materialized ({targets}),
        {_replacing(table, counted, gone)}
    """


def _replacing_all(table: str, periods: Sequence[str], counted: str) -> str:
    """One statement that makes all of ``table``'s ``periods`` what was counted, and only that."""
    listed = ", ".join(f"'{period}'" for period in periods)
    gone = f"""
        where {table}.period in ({listed})
            and not exists (select from counted c where {_same("c", table, _IDENTITY[table])})
    """
    return f"with {_replacing(table, counted, gone)}"


def _replacing(table: str, counted: str, gone: str) -> str:
    identity, unsealed = _IDENTITY[table], _UNSEALED[table]
    columns = ", ".join((*identity, "scale", "n", "hist"))
    return f"""
        counted as materialized ({counted}),
        gone as (
            delete from {table} {gone} and {unsealed}
            returning {table}.metric, {table}.period_from),
        put as (
            insert into {table} ({columns}) select {columns} from counted
            on conflict ({", ".join(identity)}) do update
            set scale = excluded.scale, n = excluded.n, hist = excluded.hist
            where {unsealed} and ({table}.hist, {table}.scale)
                is distinct from (excluded.hist, excluded.scale)
            returning {table}.metric, {table}.period_from)
        select metric, period_from from gone union select metric, period_from from put
    """


_LONGER = {"cell": ("week", "month"), "cut_cell": ("month",)}
_OWN = {"cell": "", "cut_cell": ", d.cut, d.cut_value"}


def _fold_statements() -> Iterator[str]:
    """Days, weeks and months, then the cuts' days and months, of the marked keys."""
    marked = f"key k join response r on {_same('r', 'k', _KEY)}"
    for table, longer in _LONGER.items():
        days = _counted_days(marked, cut=table == "cut_cell")
        yield _replacing_targets(table, _DAY_TARGETS, days)
        sums = _summed_days(_targeted_days(table), _OWN[table])
        yield _replacing_targets(table, _longer_targets(longer), sums)


def _rebuild_statements() -> Iterator[str]:
    """The same of everything."""
    for table, longer in _LONGER.items():
        yield _replacing_all(table, ("day",), _counted_days("response r", table == "cut_cell"))
        sums = _summed_days(_all_days(table, longer), _OWN[table])
        yield _replacing_all(table, longer, sums)


_FOLD = tuple(text(statement) for statement in _fold_statements())
_REBUILD = tuple(text(statement) for statement in _rebuild_statements())

_TAKE = text(
    "with taken as (delete from dirty_mark where id in "
    "(select id from dirty_mark order by id limit :most) "
    "returning branch_id, occurred_on, touchpoint_id, survey_version_id) "
    "select distinct branch_id, occurred_on, touchpoint_id, survey_version_id from taken"
)
_MARK = text(
    "insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id) "
    "values (:branch, :day, :touchpoint, :version)"
)
_STAMP = text(
    "insert into metric_day (metric, day, version) "
    "select metric, day, :version from unnest(cast(:metrics as text[]), cast(:days as date[])) "
    "as changed(metric, day) "
    "on conflict (metric, day) do update set version = excluded.version"
)


def add_mark(
    session: Session | Connection, branch: int, day: date, touchpoint: int, version: int
) -> None:
    """Appends a dirty mark."""
    values = {"branch": branch, "day": day, "touchpoint": touchpoint, "version": version}
    session.execute(_MARK, values)


def lock_folding(connection: Connection) -> None:
    """Waits until no other transaction folds; the lock ends with this one."""
    connection.execute(
        text("set local jit = off; set local statement_timeout = 0; set local work_mem = '64MB'")
    )
    wait_for_folding(connection)


def wait_for_folding(connection: Session | Connection) -> None:
    """Holds folding off until this transaction ends."""
    hold_folding(connection)


def hold_folding(session: Session | Connection) -> None:
    """Keeps folders waiting until this transaction ends."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": FOLD_LOCK})


def take_marks(connection: Connection, most: int) -> Keys:
    """Takes the oldest marks away and says which keys they name."""
    return Keys.of([tuple(row) for row in connection.execute(_TAKE, {"most": most})])


def drop_marks(connection: Connection) -> None:
    """Takes all present marks away: everything is about to be counted."""
    connection.execute(text("delete from dirty_mark"))


def recount(connection: Connection, keys: Keys) -> set[tuple[str, date]]:
    """Counts the keys again; the metrics and days whose day cells changed."""
    return _replace(connection, _FOLD, keys.parameters())


def recount_everything(connection: Connection) -> set[tuple[str, date]]:
    """Counts every key there is; the metrics and days whose day cells changed."""
    return _replace(connection, _REBUILD, {})


def _replace(
    connection: Connection, statements: Sequence[object], parameters: dict[str, object]
) -> set[tuple[str, date]]:
    days, *others = statements
    changed = {(row[0], row[1]) for row in connection.execute(days, parameters)}  # type: ignore[call-overload]
    for statement in others:
        connection.execute(statement, parameters)  # type: ignore[call-overload]
    return changed


def stamp(session: Session | Connection, changed: set[tuple[str, date]]) -> int:
    """Gives the changed metric days a new data version and tells whoever listens."""
    version = int(session.execute(text("select nextval('data_version')")).scalar_one())
    ordered = sorted(changed)
    session.execute(
        _STAMP,
        {
            "version": version,
            "metrics": [metric for metric, _ in ordered],
            "days": [day for _, day in ordered],
        },
    )
    session.execute(text("select pg_notify('bp_data', :version)"), {"version": str(version)})
    return version
