"""Fits the coefficients of case mix and channel and publishes them, once for a scoring year.

Decides which answers a fit is made of and which levels are common enough to be told apart. Only
what a branch does not control is adjusted for: channel, kind of customer, language and touchpoint,
never its staff, its waiting time or who advised.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

import numpy as np
from sqlmodel import Session

from api.cells.service import spans_changed
from api.core.errors import BranchpulseError, Conflict
from api.core.ids import new_id
from api.insights.case_mix.published import (
    Coefficients,
    coefficients_of,
    list_coefficients,
    stored_form,
)
from api.insights.case_mix.queries import Strata, counted_days, strata
from api.insights.case_mix.repository import insert_fit
from api.insights.metrics import MetricInfo
from api.insights.periods import Period
from api.insights.queries import list_metrics, metric_version
from api.security.audit import audit
from scoring.adjustment import NothingToFitError
from scoring.arrays import Counts, Floats
from scoring.branch_moments import known_or_own_mix, moments_of_strata
from scoring.effect_spread import fit_levels
from scoring.mix import UNKNOWN, Adjuster, dummies
from scoring.scales import point_score, scale_of

ADJUSTERS = ("channel", "segment", "language", "touchpoint")
"""What is adjusted for. Of two levels that always occur together the former's adjuster counts."""
FEWEST_ANSWERS = 300
FEWEST_OF_LEVEL = 30
"""Answers that a level needs; rarer ones are taken as not known."""


class NothingToAdjust(BranchpulseError):
    """Too few answers, or they are all alike in channel and customers: no coefficients."""

    status = 422
    key = "case_mix.errors.nothing_to_adjust"


class AlreadyPublished(Conflict):
    """Coefficients of this metric and scoring year are published and frozen."""

    key = "case_mix.errors.frozen"


def usual_period(year: int, today: date) -> Period:
    """What a year's coefficients are made of: its answers, of a year that is not over the latest
    twelve months.
    """
    end = min(date(year + 1, 1, 1), today + timedelta(days=1))
    return Period(date(end.year - 1, end.month, min(end.day, 28)), end)


def fit_metric(session: Session, metric: MetricInfo, year: int, period: Period) -> Coefficients:
    """Coefficients of ``metric`` from all its answers in ``period``; raises NothingToAdjust.

    Reads what the transaction may see: to be called for the whole network.
    """
    scale = scale_of(metric.declared_scale)
    contribution = point_score(np.eye(scale.bins, dtype=np.int64), metric.kind, scale)
    outcomes = {
        value: round(y) for value, y in zip(scale.values, contribution.tolist(), strict=True)
    }
    found = strata(session, metric.code, outcomes, period, ADJUSTERS)
    adjusters = _adjusters(found)
    answers = int(found.n.sum())
    if answers < FEWEST_ANSWERS or not adjusters:
        raise NothingToAdjust(metric=metric.code, year=year, answers=answers)
    branches, place = np.unique(found.branch, return_inverse=True)
    x = _columns(found, adjusters, place, len(branches))
    moments = moments_of_strata(x, found.n, found.y, found.yy, place, branches=len(branches))
    try:
        fit = fit_levels(moments, adjusters)
    except NothingToFitError:
        raise NothingToAdjust(metric=metric.code, year=year, answers=answers) from None
    return Coefficients(metric.code, year, period, adjusters, fit, _usual_at(found, x))


def publish(session: Session, found: Coefficients, *, now: datetime, by: str | None = None) -> None:
    """Freezes coefficients for their year and has the year's tables computed anew.

    ``by`` is the actor; None at the command line. To be called last in its transaction: folding
    waits from here until it ends. Raises AlreadyPublished.
    """
    row = {
        **stored_form(found),
        "id": new_id(),
        "data_version": metric_version(session, found.metric, found.fitted),
        "published_by": by,
        "published_at": now,
    }
    if not insert_fit(session, row):
        raise AlreadyPublished(metric=found.metric, year=found.year)
    audit(
        session,
        by or "system:command_line",
        "adjustment.publish",
        now=now,
        subject=f"metric:{found.metric}",
        detail={"year": found.year, "answers": found.fit.answers},
    )
    days = counted_days(session, found.metric, found.year)
    if days:
        spans_changed(session, {(found.metric, day) for day in days})


def publish_all(
    session: Session,
    years: Iterable[int],
    *,
    now: datetime,
    by: str,
    only: Collection[str] | None = None,
) -> list[Coefficients]:
    """Fits and publishes every metric of these years (or those of ``only``) that can be adjusted
    and is not yet.
    """
    published = []
    for year in years:
        period = usual_period(year, now.date())
        for metric in list_metrics(session):
            unwanted = only is not None and metric.code not in only
            if unwanted or coefficients_of(session, metric.code, year) is not None:
                continue
            try:
                found = fit_metric(session, metric, year, period)
            except NothingToAdjust:
                continue
            publish(session, found, now=now, by=by)
            published.append(found)
    return published


def renew(session: Session, *, now: datetime) -> list[Coefficients]:
    """Publishes this year's coefficients of metrics that had some last year: they are estimated
    anew every year, once headquarters has begun to adjust.
    """
    began = {one.coefficients.metric for one in list_coefficients(session, year=now.year - 1)}
    have = {one.coefficients.metric for one in list_coefficients(session, year=now.year)}
    if not began - have:
        return []
    return publish_all(session, [now.year], now=now, by="system:yearly", only=began)


def _adjusters(found: Strata) -> tuple[Adjuster, ...]:
    """Adjusters with at least two common levels; the most frequent level comes first."""
    usable = []
    for name, levels in found.levels.items():
        counted: dict[str, int] = {}
        for level, n in zip(levels, found.n.tolist(), strict=True):
            if level is not None:
                counted[level] = counted.get(level, 0) + n
        common = [level for level, n in counted.items() if n >= FEWEST_OF_LEVEL]
        if len(common) > 1:
            ordered = sorted(common, key=lambda level: (-counted[level], level))
            usable.append(Adjuster(name, tuple(ordered)))
    return tuple(usable)


def _columns(
    found: Strata, adjusters: tuple[Adjuster, ...], place: Counts, branches: int
) -> Floats:
    codes = []
    for adjuster in adjusters:
        number = {level: code for code, level in enumerate(adjuster.levels)}
        levels = found.levels[adjuster.name]
        codes.append([UNKNOWN if one is None else number.get(one, UNKNOWN) for one in levels])
    return known_or_own_mix(dummies(adjusters, codes), found.n, place, branches=branches)


def _usual_at(found: Strata, x: Floats) -> dict[str, Floats]:
    """The mix of each touchpoint's answers."""
    touchpoints = np.array([str(code) for code in found.levels["touchpoint"]])
    return {
        code: np.average(x[at], axis=0, weights=found.n[at])
        for code in sorted(set(touchpoints.tolist()))
        if (at := touchpoints == code).any()
    }
