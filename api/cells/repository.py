"""The SQL that counts answers into cells.

Every statement replaces what is counted for some keys (branch, day, touchpoint, survey version):
new counts are put, what has no answer any more goes, sealed cells stay. The same statements serve
a fold (the keys of its marks) and a rebuild (every key there is), so the two cannot differ in how
they count, only in what they count again.
"""

from collections.abc import Sequence
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
_EVERYTHING = " union ".join(
    f"select {columns} from {table}"
    for table, columns in (
        ("response", ", ".join(_KEY)),
        ("cell where period = 'day'", "branch_id, period_from, touchpoint_id, survey_version_id"),
        (
            "cut_cell where period = 'day'",
            "branch_id, period_from, touchpoint_id, survey_version_id",
        ),
    )
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


def _counted_days(cut: bool) -> str:
    """Day cells counted from the answers of every key; a partial response's answers count too."""
    own = ", c.cut, c.cut_value" if cut else ""
    cuts = f"cross join lateral {_CUTS} as c(cut, cut_value)" if cut else ""
    where = "and c.cut_value is not null" if cut else ""
    hist = _binned("count(*) filter (where b.bin = {bin})", "m.scale")
    return f"""
        select m.code as metric, 'day' as period, k.occurred_on as period_from,
            k.occurred_on + 1 as period_to, k.branch_id, k.touchpoint_id, k.survey_version_id,
            m.scale, count(*)::int as n, {hist} as hist{own}
        from key k
        join response r on {_same("r", "k", _KEY)}
        join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
        join metric m on m.code = a.metric
        cross join lateral (select a.value - {_case("m.scale", "lowest")} as bin) b
        {cuts}
        where b.bin >= 0 and b.bin < {_case("m.scale", "bins")} {where}
        group by m.code, m.scale, {", ".join(f"k.{name}" for name in _KEY)}{own}
    """


def _summed_days(table: str, own: str) -> str:
    """Longer cells as sums of the day cells in them."""
    hist = _binned("sum(d.hist[{place}])", "d.scale")
    return f"""
        select d.metric, t.period, t.period_from, t.period_to, t.branch_id, t.touchpoint_id,
            t.survey_version_id, d.scale, sum(d.n)::int as n, {hist} as hist{own}
        from target t cross join metric m
        join {table} d on d.metric = m.code and d.period = 'day' and d.branch_id = t.branch_id
            and d.touchpoint_id = t.touchpoint_id and d.survey_version_id = t.survey_version_id
            and d.period_from >= t.period_from and d.period_from < t.period_to
        group by d.metric, t.period, t.period_from, t.period_to, t.branch_id, t.touchpoint_id,
            t.survey_version_id, d.scale{own}
    """


_DAY_TARGETS = (
    "select 'day' as period, occurred_on as period_from, occurred_on + 1 as period_to, "
    "branch_id, touchpoint_id, survey_version_id from key"
)
_TRUNCATED = "date_trunc('{period}', occurred_on::timestamp)::date"


def _longer_targets(periods: Sequence[str], table: str, whole: bool) -> str:
    """The weeks and months that hold a key's day; in a rebuild also those that exist already."""
    parts = [
        f"select distinct '{period}' as period, {start} as period_from, "
        f"({start} + interval '1 {period}')::date as period_to, "
        "branch_id, touchpoint_id, survey_version_id from key"
        for period in periods
        for start in [_TRUNCATED.format(period=period)]
    ]
    if whole:
        listed = ", ".join(f"'{period}'" for period in periods)
        parts.append(
            "select period, period_from, period_to, branch_id, touchpoint_id, survey_version_id "
            f"from {table} where period in ({listed})"
        )
    return " union ".join(parts)


def _replacing(table: str, keys: str, targets: str, counted: str) -> str:
    """One statement that makes ``table`` hold what was counted for the targets, and only that.

    ``not in`` is hashed; ``not exists`` would be nested loops, as the server expects one row.
    """
    cut = ("cut", "cut_value") if table == "cut_cell" else ()
    place = ("period", "period_from", "period_to", "branch_id", "touchpoint_id")
    identity = ("metric", *place, "survey_version_id", *cut)
    columns = ", ".join((*identity, "scale", "n", "hist"))
    own = ", ".join(f"{table}.{column}" for column in identity)
    unsealed = {"cell": "not cell.sealed", "cut_cell": f"not exists ({_SEALED})"}[table]
    return f"""
        with key as materialized ({keys}),
        target as materialized ({targets}),
        counted as materialized ({counted}),
        gone as (
            delete from {table} using target t, metric m
            where {table}.metric = m.code and {_same(table, "t", (*place, "survey_version_id"))}
                and {unsealed}
                and ({own}) not in (select {", ".join(identity)} from counted)
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


# A cut of a sealed day cannot be counted again either: its answers are gone.
_SEALED = (
    "select from cell s where s.sealed and s.period = 'day' and s.metric = cut_cell.metric "
    "and s.branch_id = cut_cell.branch_id and s.touchpoint_id = cut_cell.touchpoint_id "
    "and s.survey_version_id = cut_cell.survey_version_id "
    "and s.period_from = cut_cell.period_from and cut_cell.period = 'day'"
)


def _statements(keys: str, whole: bool) -> tuple[str, ...]:
    """Days, weeks and months, then the cuts' days and months."""
    cut = ", d.cut, d.cut_value"
    longer = _longer_targets(("week", "month"), "cell", whole)
    cut_months = _longer_targets(("month",), "cut_cell", whole)
    return (
        _replacing("cell", keys, _DAY_TARGETS, _counted_days(cut=False)),
        _replacing("cell", keys, longer, _summed_days("cell", "")),
        _replacing("cut_cell", keys, _DAY_TARGETS, _counted_days(cut=True)),
        _replacing("cut_cell", keys, cut_months, _summed_days("cut_cell", cut)),
    )


_FOLD = tuple(text(statement) for statement in _statements(_MARKED, whole=False))
_REBUILD = tuple(text(statement) for statement in _statements(_EVERYTHING, whole=True))

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
    connection.execute(text("set local jit = off; set local statement_timeout = 0"))
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
