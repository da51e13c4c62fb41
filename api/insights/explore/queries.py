"""Histograms by weeks or months, units, touchpoints and cuts: from the cells as far as they know.

One cut is in the cells of cuts; two at once, and model lines, are counted from the answers, as the
cells would be.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Row, text
from sqlmodel import Session

from api.insights.explore.dimensions import in_cells
from api.insights.metrics import MetricInfo
from api.insights.periods import Period, cover
from api.insights.queries.cells import (
    OUTERMOST,
    Filters,
    Histograms,
    conditions,
    metric_sums,
    of_filters,
)
from scoring.arrays import Counts
from scoring.scales import Kind, scale_of, to_nps3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to count: per bucket of days, then by columns (branch, touchpoint), then by cuts."""

    metric: MetricInfo
    buckets: Sequence[Period]
    columns: Sequence[str]
    cuts: Sequence[str]
    filters: Filters

    @property
    def keys(self) -> str:
        """The columns to group by, each with a comma behind it."""
        assert {"branch_id", "touchpoint_id"}.issuperset(self.columns)
        return "".join(f"c.{column}, " for column in self.columns)


def counted(session: Session, wanted: Wanted) -> Histograms:
    """Histograms; keys are the bucket's place, the columns, the cuts."""
    if not in_cells(wanted.cuts):
        return _of_answers(session, wanted)
    return _of_cuts(session, wanted) if wanted.cuts else _of_cells(session, wanted)


_CELLS = """
    select run.place, {keys} {sums}
    from unnest(cast(:kinds as text[]), cast(:firsts as date[]), cast(:lasts as date[]),
        cast(:places as int[])) as run(kind, first, last, place)
    cross join lateral (
        select * from cell c
        where c.metric = :metric and c.period = run.kind
            and c.period_from >= run.first and c.period_from < run.last
            and c.period_to <= run.last {where} {outermost}
        offset 0) as c
    group by {keys} run.place
"""
_CUTS = """
    select run.place, {keys} part.value, {sums}
    from unnest(cast(:{time}_firsts as date[]), cast(:{time}_lasts as date[]),
        cast(:{time}_places as int[])) as run(first, last, place)
    cross join lateral (
        select * from cut_{time} c
        where c.metric = :metric and c.{time} >= run.first and c.{time} < run.last {where}
        offset 0) as c
    cross join lateral unnest(c.cuts, c.cut_values) with ordinality as part(cut, value, place)
    where part.cut = :cut
    group by {keys} part.value, run.place
"""
_ANSWERS = """
    select run.place, {keys} {cuts}, a.value as answer, count(*) as n
    from unnest(cast(:firsts as date[]), cast(:lasts as date[]), cast(:places as int[]))
        as run(first, last, place)
    cross join lateral (
        select * from response c
        where c.occurred_on >= run.first and c.occurred_on < run.last
            and c.excluded_at is null {where}
        offset 0) as c
    join answer a on a.response_id = c.id and a.occurred_on = c.occurred_on
        and a.metric = :metric and a.value is not null
    where {known}
    group by {keys} {cuts}, a.value, run.place
"""


def _of_cells(session: Session, wanted: Wanted) -> Histograms:
    """From days, weeks, months, and imported counts that lie within a bucket."""
    where, values = conditions(wanted.metric, wanted.filters)
    runs = [
        (kind, first, last, place)
        for place, bucket in enumerate(wanted.buckets)
        for kind, first, last in (
            *((run.kind, run.start, run.end) for run in cover(bucket)),
            ("span", bucket.start, bucket.end),
        )
    ]
    names = ("kinds", "firsts", "lasts", "places")
    given = dict(zip(names, map(list, zip(*runs, strict=True)), strict=True))
    sums = metric_sums(wanted.metric)
    statement = _CELLS.format(keys=wanted.keys, sums=sums, where=where, outermost=OUTERMOST)
    rows = session.execute(text(statement), {**values, **given, "metric": wanted.metric.code})
    return _gathered(rows.all(), wanted.metric)


def _of_cuts(session: Session, wanted: Wanted) -> Histograms:
    """From the cells of cuts, which are of days and months."""
    where, values = conditions(wanted.metric, wanted.filters)
    (cut,) = wanted.cuts
    given: dict[str, Any] = {**values, "metric": wanted.metric.code, "cut": cut}
    runs = [(place, run) for place, one in enumerate(wanted.buckets) for run in cover(one)]
    for name in ("month", "day"):
        those = [(place, run) for place, run in runs if (run.kind == "month") == (name == "month")]
        given[f"{name}_firsts"] = [run.start for _, run in those]
        given[f"{name}_lasts"] = [run.end for _, run in those]
        given[f"{name}_places"] = [place for place, _ in those]
    sums = metric_sums(wanted.metric, "c.hists[part.place::int]")
    both = (
        _CUTS.format(time=time, keys=wanted.keys, sums=sums, where=where)
        for time in ("month", "day")
    )
    return _gathered(session.execute(text(" union all ".join(both)), given).all(), wanted.metric)


def _of_answers(session: Session, wanted: Wanted) -> Histograms:
    """From the answers that count."""
    where, values = of_filters(wanted.filters)
    given = {
        **values,
        "metric": wanted.metric.code,
        "firsts": [one.start for one in wanted.buckets],
        "lasts": [one.end for one in wanted.buckets],
        "places": list(range(len(wanted.buckets))),
    }
    statement = _ANSWERS.format(
        keys=wanted.keys,
        cuts=", ".join(f"c.{cut}" for cut in wanted.cuts),
        known=" and ".join(f"c.{cut} is not null" for cut in wanted.cuts),
        where=where,
    )
    scale = scale_of(wanted.metric.declared_scale)
    # What is not on its metric's scale does not count, no more than in the cells.
    rows = [row for row in session.execute(text(statement), given) if row.answer in scale.values]
    counts = np.zeros((len(rows), scale.bins), dtype=np.int64)
    for line, row in enumerate(rows):
        counts[line, scale.values.index(row.answer)] = row.n
    if wanted.metric.kind is Kind.NPS:
        counts = to_nps3(counts, scale)
    return _pooled((tuple(row[:-2]) for row in rows), counts)


def _gathered(rows: Sequence[Row[Any]], metric: MetricInfo) -> Histograms:
    """Rows of keys and bins."""
    bins = metric.scale.bins
    counts = np.array([row[-bins:] for row in rows], dtype=np.int64).reshape(len(rows), bins)
    return _pooled((tuple(row[:-bins]) for row in rows), counts)


def _pooled(keys: Iterable[tuple[Any, ...]], counts: Counts) -> Histograms:
    """One histogram per key."""
    place: dict[tuple[Any, ...], int] = {}
    where = [place.setdefault(key, len(place)) for key in keys]
    found = np.zeros((len(place), counts.shape[1]), dtype=np.int64)
    np.add.at(found, where, counts)
    return Histograms(list(place), found)
