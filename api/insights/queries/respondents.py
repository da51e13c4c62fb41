"""How many people answered any of several questions, as far as counts can tell.

Within one touchpoint and survey version at least as many people answered as answered the question
that most of them did; that number is added up, and exact wherever one question is answered by all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from api.insights.periods import Period, cover
from api.insights.queries.cells import EVERYTHING, OUTERMOST, Filters

Groups = Mapping[str, Sequence[str]]


def respondents(
    session: Session, groups: Groups, period: Period, filters: Filters = EVERYTHING
) -> dict[str, dict[int, int]]:
    """People per branch who answered any of each group's metrics in ``period``."""
    runs = [(run.kind, run.start, run.end) for run in cover(period)]
    rows = _read(session, groups, [*runs, ("span", period.start, period.end)], filters, "branch_id")
    return _by_group(groups, rows)


def weekly_respondents(
    session: Session, groups: Groups, period: Period, filters: Filters = EVERYTHING
) -> dict[str, dict[Any, int]]:
    """The same per Monday of the full weeks within ``period``, all branches together."""
    runs = [("week", period.start, period.end)]
    return _by_group(groups, _read(session, groups, runs, filters, "period_from"))


def _by_group(groups: Groups, rows: Sequence[Any]) -> dict[str, dict[Any, int]]:
    found: dict[str, dict[Any, int]] = {name: {} for name in groups}
    for name, key, people in rows:
        found[name][key] = people
    return found


def _read(
    session: Session, groups: Groups, runs: Sequence[tuple[Any, ...]], filters: Filters, by: str
) -> Sequence[Any]:
    members = [(name, metric) for name, metrics in groups.items() for metric in metrics]
    where, values = _conditions(filters)
    place = ", ".join(dict.fromkeys(("branch_id", by, "touchpoint_id", "survey_version_id")))
    # The offset makes the server look up each run by index, however badly it guesses the policy.
    statement = f"""
        with counted as (
            select c.metric, {", ".join(f"c.{name}" for name in place.split(", "))}, sum(c.n) as n
            from unnest(cast(:kinds as text[]), cast(:firsts as date[]), cast(:lasts as date[]))
                as run(kind, first, last)
            cross join unnest(cast(:wanted as text[])) as wanted(metric)
            cross join lateral (
                select * from cell c
                where c.metric = wanted.metric and c.period = run.kind
                    and c.period_from >= run.first and c.period_from < run.last
                    and c.period_to <= run.last {where} {OUTERMOST}
                offset 0) as c
            group by c.metric, {place}),
        most as (
            select m.name, {place}, max(c.n) as n
            from counted c
            join unnest(cast(:names as text[]), cast(:metrics as text[])) as m(name, metric)
                on m.metric = c.metric
            group by m.name, {place})
        select name, {by}, sum(n)::bigint from most group by name, {by}
    """
    kinds, firsts, lasts = (list(column) for column in zip(*runs, strict=True))
    names, metrics = (list(column) for column in zip(*members, strict=True))
    values |= {"kinds": kinds, "firsts": firsts, "lasts": lasts}
    values |= {"names": names, "metrics": metrics, "wanted": sorted(set(metrics))}
    return session.execute(text(statement), values).all()


def _conditions(filters: Filters) -> tuple[str, dict[str, Any]]:
    where = ""
    values: dict[str, Any] = {}
    if filters.branches is not None:
        where += " and c.branch_id = any(cast(:branches as int[]))"
        values["branches"] = sorted(filters.branches)
    if filters.touchpoint is not None:
        where += " and c.touchpoint_id = :touchpoint"
        values["touchpoint"] = filters.touchpoint
    return where, values
