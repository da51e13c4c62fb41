"""Reads responses and their answers for counting, as columns of numbers.

By COPY: row by row it would take longer than all the rest. Excluded responses are not read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

import numpy as np
from sqlalchemy import text
from sqlalchemy.engine import Connection

from api.cells import binary
from api.cells.counting import CUTS, PLACE, Columns
from api.cells.metrics import Metrics
from api.cells.repository.marks import Keys
from api.cells.sums import Sums
from scoring.arrays import Counts

EPOCH = date(2000, 1, 1)
_DAY = "{}.occurred_on - date '2000-01-01'"


class Some(Protocol):
    """Which responses are wanted: SQL that gives them as r, and at least their answers as a."""

    responses: str
    answers: str

    def parameters(self) -> Mapping[str, Any]:
        """What the SQL asks for."""


class OfKeys:
    """The responses of some days of branches at touchpoints."""

    # The offsets make the server look up each key by index, however badly it guesses.
    responses = """
        unnest(%(branches)s::int[], %(days)s::date[], %(touchpoints)s::int[],
            %(versions)s::int[]) as k(branch, day, touchpoint, version)
        cross join lateral (
            select * from response r where r.branch_id = k.branch and r.occurred_on = k.day
                and r.touchpoint_id = k.touchpoint and r.survey_version_id = k.version
                and r.excluded_at is null
            offset 0) as r
    """
    # Those of a branch's day stand together in the index: fewer look-ups than by response.
    answers = """
        (select distinct branch, day from unnest(%(branches)s::int[], %(days)s::date[])
            as k(branch, day)) as k
        cross join lateral (
            select * from answer a where a.branch_id = k.branch and a.occurred_on = k.day
                and a.occurred_on >= %(first)s and a.occurred_on <= %(last)s
            offset 0) as a
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def parameters(self) -> Mapping[str, Any]:
        """What the SQL asks for."""
        days = self._keys.days
        return {**self._keys.parameters(), "first": min(days), "last": max(days)}


class Between:
    """All responses from a day on, up to before another."""

    _days = "occurred_on >= %(first)s and occurred_on < %(last)s"
    responses = f"(select * from response where excluded_at is null and {_days}) as r"
    answers = f"(select * from answer where {_days}) as a"

    def __init__(self, first: date, last: date) -> None:
        self._limits = {"first": first, "last": last}

    def parameters(self) -> Mapping[str, Any]:
        """What the SQL asks for."""
        return self._limits


@dataclass(frozen=True)
class Labels:
    """Every cut with each of its values, numbered in their order."""

    all: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Labels":
        """From cuts and values in any order."""
        return cls(tuple(sorted(set(pairs))))

    @property
    def numbers(self) -> dict[tuple[str, str], int]:
        """The number of each."""
        return {label: number for number, label in enumerate(self.all)}

    def values(self, cut: str) -> list[str]:
        """A cut's values in their order."""
        return [value for of, value in self.all if of == cut]


def read_metrics(connection: Connection) -> Metrics:
    """The declared metrics."""
    rows = connection.execute(text("select code, kind, scale from metric"))
    return Metrics.of((row.code, row.kind, row.scale) for row in rows)


def days_of_answers(connection: Connection) -> list[tuple[date, int]]:
    """Each day that has responses, in order, and how many."""
    rows = connection.execute(
        text("select occurred_on, count(*) from response group by 1 order by 1")
    )
    return [(row[0], row[1]) for row in rows]


def read_labels(connection: Connection, some: Some) -> set[tuple[str, str]]:
    """The cuts and values of the wanted responses."""
    wanted = ", ".join(f"r.{cut}" for cut in CUTS)
    values = " union all ".join(
        f"select distinct '{cut}', {cut} from wanted where {cut} is not null" for cut in CUTS
    )
    query = f"with wanted as materialized (select {wanted} from {some.responses}) {values}"
    with driver(connection).cursor() as cursor:
        return set(cursor.execute(query, some.parameters()).fetchall())


def read_answers(
    connection: Connection, some: Some, metrics: Metrics, labels: Labels
) -> tuple[bytes, bytes]:
    """The wanted responses and their answers, to be understood by `columns_of`."""
    numbers, joins, given = [], [], dict(some.parameters())
    offset = -1
    for cut in CUTS:
        given[cut] = labels.values(cut)
        numbers.append(f"coalesce({cut}_label.place + {offset}, -1)::int as {cut}")
        joins.append(
            f"left join unnest(%({cut})s::text[]) with ordinality as {cut}_label(value, place) "
            f"on {cut}_label.value = r.{cut}"
        )
        offset += len(given[cut])
    responses = f"""
        select r.id, {_DAY.format("r")} as day, r.branch_id, r.touchpoint_id,
            r.survey_version_id, {", ".join(numbers)}
        from {some.responses} {" ".join(joins)}
    """
    given["metrics"] = list(metrics.codes)
    answers = f"""
        select a.response_id, {_DAY.format("a")} as day,
            array_position(%(metrics)s::text[], a.metric) - 1 as metric, a.value::int as value
        from {some.answers} where a.metric = any(%(metrics)s::text[]) and a.value is not null
    """
    return (
        copied(connection, _in_blocks(responses, _RESPONSE), given),
        copied(connection, _in_blocks(answers, _ANSWER), given),
    )


_RESPONSE = ("id", "day", "branch_id", "touchpoint_id", "survey_version_id", *CUTS)
_ANSWER = ("response_id", "day", "metric", "value")
_ROWS_PER_BLOCK = 2_000


def _in_blocks(query: str, columns: Sequence[str]) -> str:
    """The same with many rows in one, an array per column: to take each would take longer."""
    arrays = ", ".join(f"array_agg({column})" for column in columns)
    return f"""
        select {arrays} from (
            select *, row_number() over () / {_ROWS_PER_BLOCK} as block from ({query}) as q) as q
        group by block
    """


def columns_of(copied: tuple[bytes, bytes]) -> tuple[Columns, Columns]:
    """Responses and answers as `api.cells.counting.count_days` wants them."""
    responses = _columns(copied[0], ("id", "id_low", "day", *PLACE, *CUTS))
    return responses, _columns(copied[1], ("id", "id_low", "day", "metric", "value"))


def _columns(copied: bytes, names: Sequence[str]) -> Columns:
    """The first two are halves of a uuid."""
    ids, *numbers = binary.split(copied, len(names) - 1)
    high, low = binary.array_values(ids, 16)
    found = [binary.array_values(column, 4)[0] for column in numbers]
    return dict(zip(names, (high, low, *found), strict=True))


def copied(connection: Connection, query: str, given: Mapping[str, Any]) -> bytes:
    """What a query gives, as binary COPY."""
    with (
        driver(connection).cursor() as cursor,
        cursor.copy(f"copy ({query}) to stdout (format binary)", given) as copy,
    ):
        return b"".join(bytes(part) for part in copy)


def driver(connection: Connection) -> Any:
    """The psycopg connection, which has COPY."""
    found = connection.connection.driver_connection
    assert found is not None
    return found


def day_number(day: date) -> int:
    """Days since 2000-01-01."""
    return (day - EPOCH).days


def dates(days: Counts) -> list[date]:
    """Dates of days since 2000-01-01."""
    return [EPOCH + timedelta(days=day) for day in days.tolist()]


def named_days(cells: Sums, metrics: Metrics) -> set[tuple[str, date]]:
    """The metrics and days of cells."""
    days = dates(cells["day"])
    return {
        (metrics.codes[metric], day)
        for metric, day in zip(cells["metric"].tolist(), days, strict=True)
    }


def day_numbers(days: Iterable[date]) -> Counts:
    """Days since 2000-01-01, of many."""
    return np.array([day_number(day) for day in days], dtype=np.int64)
