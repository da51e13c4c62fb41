"""The tables that counting writes, and how: staged first, then put in their place by one statement.

COPY goes into temporary tables, since it is refused under row-level security. ``put`` replaces
what is stored of the staged keys, ``add`` adds to it, ``replace`` makes everything in a span of
time what is staged and nothing else. None of them touches a sealed day.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from api.cells.binary import HEADER, TRAILER
from api.cells.counting import SUMS
from api.cells.metrics import WIDTH
from api.cells.repository.answers import driver

_PLACE = {"branch_id": "int", "touchpoint_id": "int", "survey_version_id": "int"}


@dataclass(frozen=True)
class Target:
    """A table with its key and its other columns.

    ``unsealed`` says which rows may be written, ``undone`` which of them may go although nothing
    is counted for them any more.
    """

    name: str
    key: Mapping[str, str]
    values: Mapping[str, str]
    time: str
    unsealed: str = "true"
    undone: str = "true"
    sums: Mapping[str, str] = field(default_factory=dict)

    @property
    def staged(self) -> str:
        """The temporary table."""
        return f"staged_{self.name}"

    @property
    def columns(self) -> str:
        """All columns, the key's first."""
        return ", ".join((*self.key, *self.values))

    def same(self, other: str) -> str:
        """Condition that a row of ``other`` has the key of one of this table."""
        return " and ".join(f"{self.name}.{column} = {other}.{column}" for column in self.key)

    def row(self, of: str, columns: Iterable[str]) -> str:
        """Columns of one of the two tables, in brackets."""
        return f"({', '.join(f'{of}.{column}' for column in columns)})"


_ADDED_HISTS = "(array[{}])[1:cardinality(cell.hist)]".format(
    ", ".join(f"cell.hist[{bin}] + excluded.hist[{bin}]" for bin in range(1, WIDTH + 1))
)
_SEALED_DAY = (
    "not exists (select from cell s where s.sealed and s.period = 'day' "
    "and s.period_from = {0}.day and s.period_to = {0}.day + 1 {1} "
    "and s.branch_id = {0}.branch_id and s.touchpoint_id = {0}.touchpoint_id "
    "and s.survey_version_id = {0}.survey_version_id)"
)
_PERIOD = {"period": "text", "period_from": "date", "period_to": "date"}
CELL = Target(
    "cell",
    {"metric": "text", **_PERIOD, **_PLACE},
    {"scale": "text", "n": "int", "hist": "int[]"},
    time="period_from",
    unsealed="not cell.sealed",
    sums={"n": "cell.n + excluded.n", "hist": _ADDED_HISTS},
)
_CUTS = {"scale": "text", "cuts": "text[]", "cut_values": "text[]", "hists": "int[]"}
CUT_DAY = Target(
    "cut_day",
    {"metric": "text", "day": "date", **_PLACE},
    _CUTS,
    time="day",
    undone=_SEALED_DAY.format("cut_day", "and s.metric = cut_day.metric"),
)
CUT_MONTH = Target("cut_month", {"metric": "text", "month": "date", **_PLACE}, _CUTS, time="month")
MOMENT_CELL = Target(
    "moment_cell",
    {"month": "date", **_PLACE, "metric_left": "text", "metric_right": "text"},
    {name: "bigint" if "value" in name or "score" in name else "int" for name in SUMS},
    time="month",
    sums={name: f"moment_cell.{name} + excluded.{name}" for name in SUMS},
)
MOMENT_DAY = Target(
    "moment_day",
    {"day": "date", **_PLACE},
    {"metrics": "text[]", "sums": "int[]"},
    time="day",
    undone=_SEALED_DAY.format("moment_day", "and s.metric = any(array(select code from metric))"),
)
TARGETS = (CELL, CUT_DAY, CUT_MONTH, MOMENT_CELL, MOMENT_DAY)


def prepare_staging(connection: Connection) -> None:
    """Temporary tables for everything that is written."""
    for target in TARGETS:
        columns = {**target.key, **target.values}
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(
            text(
                f"create temp table if not exists {target.staged} ({listed}) on commit delete rows"
            )
        )


def compare_as_wholes(connection: Connection) -> None:
    """Lets this transaction's statements join whole tables, whatever the server thinks of them.

    Where a table was empty when it was last looked at, it would look up row by row without index.
    """
    connection.execute(text("set local enable_nestloop = off"))


def stage(
    connection: Connection, target: Target, rows: Iterable[bytes], *, many: bool = False
) -> bool:
    """Fills the target's temporary table with rows as COPY wants them; False if there are none."""
    # For a few rows truncating would take longer than all the rest.
    connection.execute(text(f"{'truncate' if many else 'delete from'} {target.staged}"))
    query = f"copy {target.staged} ({target.columns}) from stdin (format binary)"
    with driver(connection).cursor() as cursor:
        with cursor.copy(query) as copy:
            copy.write(HEADER)
            for part in rows:
                copy.write(part)
            copy.write(TRAILER)
        return int(cursor.rowcount) > 0


def put(connection: Connection, target: Target, *, first: bool = False) -> None:
    """Makes the staged rows the stored ones; ``first``: none of them is stored yet."""
    changed = {} if first else {column: f"excluded.{column}" for column in target.values}
    _insert(connection, target, changed)


def add(connection: Connection, target: Target) -> None:
    """Adds the staged rows to the stored ones."""
    _insert(connection, target, target.sums)


def _insert(connection: Connection, target: Target, changed: Mapping[str, str]) -> None:
    """Writes the staged rows; of those that are stored changes what is said."""
    statement = (
        f"insert into {target.name} ({target.columns}) select {target.columns} from {target.staged}"
    )
    if changed:
        listed = ", ".join(f"{column} = {value}" for column, value in changed.items())
        statement += (
            f" on conflict ({', '.join(target.key)}) do update set {listed} where {target.unsealed}"
        )
    connection.execute(text(statement))


def drop_empty(connection: Connection, target: Target) -> None:
    """Drops the rows of the staged keys in which nothing is left."""
    connection.execute(
        text(
            f"delete from {target.name} using {target.staged} s "
            f"where {target.same('s')} and {target.name}.n = 0 and {target.unsealed}"
        )
    )


def replace(
    connection: Connection,
    target: Target,
    first: date | None,
    last: date | None,
    *,
    period: str | None = None,
) -> set[tuple[str, date]]:
    """Makes the rows from a day on, up to before another, the staged ones; None is no limit.

    Of cells says which metrics and first days changed, each once however many branches it has.
    """
    given = {"first": first or date.min, "last": last or date.max, "period": period}
    within = _within(target, period)
    there = text(f"select exists (select from {target.name} where {within})")
    if connection.execute(there, given).scalar_one():
        connection.execute(text(f"analyze {target.staged}"))
        statements = [*_replacing(target, within)]
    else:
        statements = [f"insert into {target.name} ({target.columns}) select * from {target.staged}"]
    changed: set[tuple[str, date]] = set()
    for statement in statements:
        if target is not CELL:
            connection.execute(text(statement), given)
            continue
        counted = (
            f"with changed as ({statement} returning cell.metric, cell.period_from) "
            "select distinct * from changed"
        )
        changed |= {(row[0], row[1]) for row in connection.execute(text(counted), given)}
    return changed


def _within(target: Target, period: str | None) -> str:
    """Condition that a row is of the span of time."""
    within = f"{target.name}.{target.time} >= :first and {target.name}.{target.time} < :last"
    if period is not None:
        within += f" and {target.name}.period = :period"
    if "metric" in target.key:  # so that the key's index is of use
        within += f" and {target.name}.metric = any(array(select code from metric))"
    return within


def _replacing(target: Target, within: str) -> Iterator[str]:
    """Deletes what is not staged, changes what differs, puts what is missing."""
    name, values = target.name, target.values
    staged = f"select s.* from {target.staged} s"
    yield (
        f"delete from {name} where {within} and {target.unsealed} and {target.undone} "
        f"and not exists ({staged} where {target.same('s')})"
    )
    yield (
        f"update {name} set {', '.join(f'{column} = s.{column}' for column in values)} "
        f"from {target.staged} s where {within} and {target.same('s')} and {target.unsealed} "
        f"and {target.row(name, values)} is distinct from {target.row('s', values)}"
    )
    yield (
        f"insert into {name} ({target.columns}) {staged} "
        f"where not exists (select from {name} where {within} and {target.same('s')})"
    )


def drop_unknown(connection: Connection) -> None:
    """Drops what is counted of metrics that nobody declares."""
    for target in (CELL, CUT_DAY, CUT_MONTH):
        counted = " and period <> 'span'" if target is CELL else ""
        connection.execute(
            text(
                f"delete from {target.name} where metric not in (select code from metric) "
                f"and {target.unsealed} and {target.undone}{counted}"
            )
        )


def drop(connection: Connection, target: Target, keys: Mapping[str, list[Any]]) -> None:
    """Drops the rows of keys, as a list per column of the key."""
    listed = ", ".join(f"cast(:{column} as {kind}[])" for column, kind in target.key.items())
    names = ", ".join(target.key)
    connection.execute(
        text(
            f"delete from {target.name} using unnest({listed}) as s({names}) "
            f"where {target.same('s')} and {target.unsealed} and {target.undone}"
        ),
        keys,
    )
