"""Who answered and through what: strata of answers, the mix of branches, published coefficients."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Row, text
from sqlmodel import Session

from api.insights.periods import Period, cover, next_month
from scoring.arrays import Counts, Floats, floats


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """Answers of one branch that are alike in every adjuster, counted; columns in step.

    ``branch`` is a unit id; ``levels`` holds a level per adjuster and row, None: not known; ``y``
    and ``yy`` are sums of the outcome and of its square.
    """

    branch: Counts
    levels: dict[str, list[str | None]]
    n: Counts
    y: Floats
    yy: Floats


_STRATA = """
    select r.branch_id, r.channel, r.segment, r.language, t.code as touchpoint,
        count(*) as n, sum(o.y) as y, sum(o.y * o.y) as yy
    from answer a
    join response r on r.id = a.response_id and r.occurred_on = a.occurred_on
    join touchpoint t on t.id = r.touchpoint_id
    cross join lateral (select {outcome} as y) o
    where a.metric = :metric and a.occurred_on >= :start and a.occurred_on < :end
        and r.excluded_at is null and o.y is not null
    group by r.branch_id, r.channel, r.segment, r.language, t.code
"""


def strata(
    session: Session,
    metric: str,
    outcomes: Mapping[int, int],
    period: Period,
    adjusters: Sequence[str],
) -> Strata:
    """All answers to ``metric`` in ``period`` by what the branch does not control.

    ``outcomes`` is what an answer of each value counts as; values without one do not count. One
    scan of the period's answers.
    """
    cases = " ".join(f"when {int(value)} then {int(y)}" for value, y in outcomes.items())
    # Right after an import the server expects a handful of rows and would loop over all pairs.
    session.execute(text("set local enable_nestloop = off"))
    rows = session.execute(
        text(_STRATA.format(outcome=f"case a.value {cases} end")),
        {"metric": metric, "start": period.start, "end": period.end},
    ).all()
    session.execute(text("set local enable_nestloop = on"))
    return Strata(
        branch=np.array([row.branch_id for row in rows], dtype=np.int64),
        levels={name: [getattr(row, name) for row in rows] for name in adjusters},
        n=np.array([row.n for row in rows], dtype=np.int64),
        y=floats(np.array([int(row.y) for row in rows], dtype=np.float64)),
        yy=floats(np.array([int(row.yy) for row in rows], dtype=np.float64)),
    )


_MIX = """
    with counted as (
        select d.branch_id, d.cuts[i] as adjuster, d.cut_values[i] as level,
            (select sum(count) from unnest(d.hists[i:i]) as count) as n
        from (
            select branch_id, touchpoint_id, cuts, cut_values, hists from cut_month
            where metric = :metric and month >= :first_month and month < :last_month
            union all
            select branch_id, touchpoint_id, cuts, cut_values, hists from cut_day
            where metric = :metric and (day >= :start and day < least(:first_month, :end)
                or day >= greatest(:last_month, :start) and day < :end)) as d
        cross join lateral generate_subscripts(d.cuts, 1) as i
        where d.cuts[i] = any(:adjusters)
            and (cast(:touchpoint as int) is null or d.touchpoint_id = :touchpoint)
        union all
        select c.branch_id, 'touchpoint', t.code, c.n
        from unnest(cast(:kinds as text[]), cast(:firsts as date[]), cast(:lasts as date[]))
            as run(kind, first, last)
        cross join lateral (
            select * from cell c
            where c.metric = :metric and c.period = run.kind and c.period_from >= run.first
                and c.period_from < run.last and c.period_to <= run.last
            offset 0) as c
        join touchpoint t on t.id = c.touchpoint_id
        where 'touchpoint' = any(:adjusters)
    )
    select branch_id, adjuster, level, sum(n)::bigint as n from counted
    group by branch_id, adjuster, level
"""


def level_counts(
    session: Session,
    metric: str,
    period: Period,
    adjusters: Sequence[str],
    touchpoint: int | None = None,
) -> list[Row[Any]]:
    """Answers per branch and level (``branch_id, adjuster, level, n``): touchpoints from cells, the
    rest from cuts of months and of the days that no whole month holds.

    Answers whose level is not known are in none. ``touchpoint`` narrows the cuts.
    """
    runs = [(run.kind, run.start, run.end) for run in cover(period)]
    kinds, firsts, lasts = (list(column) for column in zip(*runs, strict=True))
    first_month, last_month = _whole_months(period)
    values = {
        **{"metric": metric, "adjusters": list(adjusters), "touchpoint": touchpoint},
        **{"start": period.start, "end": period.end},
        **{"first_month": first_month, "last_month": last_month},
        **{"kinds": kinds, "firsts": firsts, "lasts": lasts},
    }
    return list(session.execute(text(_MIX), values).all())


def _whole_months(period: Period) -> tuple[date, date]:
    """From where up to before where a period holds whole months; without any, twice its end."""
    first = period.start if period.start.day == 1 else next_month(period.start)
    last = period.end.replace(day=1)
    return (first, last) if first < last else (period.end, period.end)


_FITS = "select * from adjustment_fit"


def fit_row(session: Session, metric: str, year: int) -> Row[Any] | None:
    """The published coefficients of a metric and scoring year."""
    values = {"metric": metric, "year": year}
    return session.execute(
        text(f"{_FITS} where metric = :metric and year = :year"), values
    ).one_or_none()


def fit_rows(session: Session, metric: str | None, year: int | None) -> list[Row[Any]]:
    """All published coefficients, the newest year first."""
    return list(
        session.execute(
            text(
                f"{_FITS} where (cast(:metric as text) is null or metric = :metric) "
                "and (cast(:year as int) is null or year = :year) "
                'order by year desc, metric collate "C"'
            ),
            {"metric": metric, "year": year},
        ).all()
    )


def counted_days(session: Session, metric: str, year: int) -> Collection[date]:
    """The days of a year that have a data version of their own for ``metric``."""
    rows = session.execute(
        text(
            "select day from metric_day where metric = :metric "
            "and day >= make_date(:year, 1, 1) and day < make_date(:year + 1, 1, 1)"
        ),
        {"metric": metric, "year": year},
    )
    return [row.day for row in rows]


def touchpoint_code(session: Session, touchpoint: int) -> str:
    """The code of a touchpoint."""
    found = session.execute(text("select code from touchpoint where id = :id"), {"id": touchpoint})
    return str(found.scalar_one())
