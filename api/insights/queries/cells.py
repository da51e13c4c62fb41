"""Histograms summed from cells, by the coarsest that fit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from sqlalchemy import TextClause, text
from sqlmodel import Session

from api.insights.metrics import MetricInfo
from api.insights.periods import Period, Run, cover
from api.models.cells import band_counts
from scoring.arrays import Counts
from scoring.scales import Kind


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cells count: of some branches (None: all visible), of one touchpoint (None: all)."""

    branches: Collection[int] | None = None
    touchpoint: int | None = None
    survey_version: int | None = None


EVERYTHING = Filters()


@dataclass(frozen=True, eq=False)
class Histograms:
    """Summed histograms, one row of ``counts`` per key; keys are tuples as they were asked for."""

    keys: list[tuple[Any, ...]]
    counts: Counts

    def at(self, wanted: Sequence[tuple[Any, ...]]) -> Counts:
        """Histograms of the wanted keys in their order; zeros where nothing was counted."""
        place = {key: index for index, key in enumerate(self.keys)}
        found = np.zeros((len(wanted), self.counts.shape[1]), dtype=np.int64)
        for index, key in enumerate(wanted):
            if key in place:
                found[index] = self.counts[place[key]]
        return found

    @property
    def total(self) -> Counts:
        """All of them pooled."""
        pooled: Counts = self.counts.sum(axis=0)
        return pooled

    @cached_property
    def firsts(self) -> dict[Any, int]:
        """The row of every key's first part, where that names one row only."""
        return {key[0]: row for row, key in enumerate(self.keys)}

    def renewed(self, firsts: Collection[Any], newer: "Histograms") -> "Histograms":
        """These, but of some first parts what ``newer`` says."""
        stays = [row for row, key in enumerate(self.keys) if key[0] not in firsts]
        return Histograms(
            [*(self.keys[row] for row in stays), *newer.keys],
            np.concatenate([self.counts[stays], newer.counts]),
        )

    def over(self, sets: Sequence[Collection[Any]]) -> Counts:
        """One histogram per set of first parts, zeros where there is none; shape (sets, bins)."""
        firsts = self.firsts
        pooled = np.zeros((len(sets), self.counts.shape[1]), dtype=np.int64)
        for place, wanted in enumerate(sets):
            rows = [firsts[one] for one in wanted if one in firsts]
            pooled[place] = self.counts[rows].sum(axis=0)
        return pooled


def histograms(
    session: Session,
    metric: MetricInfo,
    period: Period,
    by: Sequence[str] = ("branch_id",),
    filters: Filters = EVERYTHING,
) -> Histograms:
    """Histograms of ``period``, per column of ``by``, from the coarsest cells that fit.

    Imported counts are part of it when the period contains theirs.
    """
    span = ("span", period.start, period.end)
    return _summed(session, metric, [*_covering(period), span], by, filters)


def counted_histograms(
    session: Session, metric: MetricInfo, period: Period, by: Sequence[str]
) -> Histograms:
    """`histograms` of everything, less what was imported as counts."""
    return _summed(session, metric, _covering(period), by, EVERYTHING)


def imported_histograms(
    session: Session, metric: MetricInfo, period: Period, by: Sequence[str], filters: Filters
) -> Histograms:
    """The part of `histograms` that was imported as counts."""
    return _summed(session, metric, [("span", period.start, period.end)], by, filters)


def _covering(period: Period) -> list[tuple[str, date, date]]:
    return [(run.kind, run.start, run.end) for run in cover(period)]


def weekly_histograms(
    session: Session, metric: MetricInfo, period: Period, filters: Filters = EVERYTHING
) -> Histograms:
    """Histograms per Monday of the full weeks within ``period``."""
    run = Run("week", period.start, period.end)
    return _summed(session, metric, [(run.kind, run.start, run.end)], ("period_from",), filters)


def monthly_histograms(
    session: Session, metric: MetricInfo, period: Period, filters: Filters = EVERYTHING
) -> Histograms:
    """Histograms per branch and first day of the calendar months within ``period``."""
    run = Run("month", period.start, period.end)
    by = ("branch_id", "period_from")
    return _summed(session, metric, [(run.kind, run.start, run.end)], by, filters)


_COLUMNS = frozenset({"branch_id", "touchpoint_id", "period_from", "survey_version_id"})
# A span inside another wanted span of the same branch was imported twice: the longer one counts.
OUTERMOST = """
    and (c.period <> 'span' or not exists (
        select from cell o where o.metric = c.metric and o.period = 'span'
            and o.branch_id = c.branch_id and o.touchpoint_id = c.touchpoint_id
            and o.survey_version_id = c.survey_version_id
            and o.period_from >= run.first and o.period_to <= run.last
            and o.period_from <= c.period_from and o.period_to >= c.period_to
            and (o.period_from, o.period_to) <> (c.period_from, c.period_to)))
"""


def _summed(
    session: Session,
    metric: MetricInfo,
    runs: Sequence[tuple[str, date, date]],
    by: Sequence[str],
    filters: Filters,
) -> Histograms:
    assert _COLUMNS.issuperset(by)
    where, values = conditions(metric, filters)
    kinds, firsts, lasts = (list(column) for column in zip(*runs, strict=True))
    values |= {"metric": metric.code, "kinds": kinds, "firsts": firsts, "lasts": lasts}
    rows = session.execute(_sums(tuple(by), metric_sums(metric), where), values).all()
    counts = np.array([row[len(by) :] for row in rows], dtype=np.int64)
    return Histograms(
        [tuple(row[: len(by)]) for row in rows], counts.reshape(len(rows), metric.scale.bins)
    )


@lru_cache(maxsize=64)
def _sums(by: tuple[str, ...], sums: str, where: str) -> TextClause:
    """The statement that sums cells; kept, since each page of each reader asks it several times."""
    keys = ", ".join(f"c.{column}" for column in by)
    # The offset makes the server look up each run by index, however badly it guesses the policy.
    return text(f"""
        select {keys}, {sums}
        from unnest(cast(:kinds as text[]), cast(:firsts as date[]), cast(:lasts as date[]))
            as run(kind, first, last)
        cross join lateral (
            select * from cell c
            where c.metric = :metric and c.period = run.kind
                and c.period_from >= run.first and c.period_from < run.last
                and c.period_to <= run.last {where} {OUTERMOST}
            offset 0) as c
        group by {keys}
    """)


def conditions(metric: MetricInfo, filters: Filters) -> tuple[str, dict[str, Any]]:
    """Which rows called ``c`` count, and what the statement is given for it."""
    where, values = of_filters(filters)
    if metric.kind is not Kind.NPS:
        return f"{where} and c.scale = :scale", {**values, "scale": metric.declared_scale}
    return where, values


def of_filters(filters: Filters) -> tuple[str, dict[str, Any]]:
    """The part of the conditions that holds for responses too."""
    where = ""
    values: dict[str, Any] = {}
    if filters.branches is not None:
        where += " and c.branch_id = any(cast(:branches as int[]))"
        values["branches"] = sorted(filters.branches)
    if filters.touchpoint is not None:
        where += " and c.touchpoint_id = :touchpoint"
        values["touchpoint"] = filters.touchpoint
    if filters.survey_version is not None:
        where += " and c.survey_version_id = :survey_version"
        values["survey_version"] = filters.survey_version
    return where, values


def metric_sums(metric: MetricInfo, hists: str | None = None) -> str:
    """The sums that a metric's histograms are read as: of cells, or of arrays called ``hists``."""
    if metric.kind is Kind.NPS:
        return _CELL_BANDS if hists is None else _band_sums(hists)
    return _bin_sums(metric.scale.bins, hists or "c.hist")


_CELL_BANDS = "sum(c.detractors), sum(c.passives), sum(c.promoters)"


@lru_cache
def _band_sums(hists: str) -> str:
    return ", ".join(f"sum({counts})" for counts in band_counts(hists, "c.scale"))


@lru_cache
def _bin_sums(bins: int, hist: str) -> str:
    return ", ".join(f"sum({hist}[{place}])" for place in range(1, bins + 1))


_CUTS = """
    select {keys} part.value, {sums}
    from unnest(cast(:{time}_firsts as date[]), cast(:{time}_lasts as date[])) as run(first, last)
    cross join lateral (
        select * from cut_{time} c
        where c.metric = :metric and c.{time} >= run.first and c.{time} < run.last {where}
        offset 0) as c
    cross join lateral unnest(c.cuts, c.cut_values) with ordinality as part(cut, value, place)
    where part.cut = :cut
    group by {keys} part.value
"""


def cut_histograms(
    session: Session,
    metric: MetricInfo,
    period: Period,
    cut: str,
    filters: Filters = EVERYTHING,
    *,
    by: Sequence[str] = (),
) -> Histograms:
    """Histograms per value of a cut (channel, segment, advisor, language), from days and months.

    Keys are the columns of ``by`` (branch_id, touchpoint_id, survey_version_id), then the value.
    """
    assert _COLUMNS.issuperset(by)
    keys = "".join(f"c.{column}, " for column in by)
    where, values = conditions(metric, filters)
    months = [run for run in cover(period) if run.kind == "month"]
    days = [run for run in cover(period) if run.kind != "month"]
    given: dict[str, Any] = {**values, "metric": metric.code, "cut": cut}
    for name, runs in (("month", months), ("day", days)):
        given[f"{name}_firsts"] = [run.start for run in runs]
        given[f"{name}_lasts"] = [run.end for run in runs]
    sums = metric_sums(metric, "c.hists[part.place::int]")
    both = (_CUTS.format(time=time, keys=keys, where=where, sums=sums) for time in ("month", "day"))
    rows = session.execute(text(" union all ".join(both)), given).all()
    found: dict[tuple[Any, ...], Counts] = {}
    for row in rows:
        key = tuple(row[: len(by) + 1])
        found[key] = found.get(key, 0) + np.array(row[len(by) + 1 :], dtype=np.int64)
    counts = np.array(list(found.values()), dtype=np.int64)
    return Histograms(list(found), counts.reshape(len(found), metric.scale.bins))
