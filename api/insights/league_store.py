"""Computing the league tables that requests have asked for: the workers' part.

Over the whole comparison set, once per data version, stored with seed and parameters so that the
same table comes out again.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
from sqlmodel import Session

from api.core.database import Database
from api.core.errors import NotFound
from api.insights.figures import plain
from api.insights.league import comparison_set, table_version
from api.insights.metrics import MetricInfo
from api.insights.network_stats import network_histograms
from api.insights.queries import (
    Histograms,
    TableName,
    next_requested,
    require_metric,
    require_touchpoint,
    stored_table,
)
from api.insights.repository import drop_table, drop_tables, lock_computing, store_table
from scoring.league import League, league_seed, score_league
from scoring.scales import Kind, point_score
from scoring.tiers import DEFAULT_THRESHOLDS, Tier
from scoring.variances import pooled_variance

DRAWS = 2_000


def compute_requested(database: Database) -> int:
    """Computes every table that is asked for, a transaction each; how many."""
    computed = 0
    while True:
        with database.transaction() as session:
            lock_computing(session)
            requested = next_requested(session)
            if requested is None:
                return computed
            try:
                _compute(session, requested.name)
            except NotFound:
                drop_table(session, requested.id)
        computed += 1


def compute_table(database: Database, name: TableName) -> None:
    """Computes one table now, unless it is ready for the present data."""
    with database.transaction() as session:
        lock_computing(session)
        version = table_version(session, name.metric, name.period)
        stored = stored_table(session, name, version)
        if version and (stored is None or stored.state != "ready"):
            _compute(session, name)


def forget_tables(session: Session, before: datetime) -> int:
    """Deletes tables asked for before ``before``; who asks again has them computed again."""
    return drop_tables(session, before)


def _compute(session: Session, name: TableName) -> None:
    info = require_metric(session, name.metric)
    version, now, before = _counts(session, info, name)
    branches = [(key[0],) for key in now.keys if key[0] is not None]
    histograms, previous = now.at(branches), before.at(branches)
    seed = league_seed(
        name.metric,
        name.period.start.isoformat(),
        name.period.end.isoformat(),
        name.comparison_set,
    )
    found = score_league(histograms, previous, info.kind, info.scale, seed=seed, draws=DRAWS)
    pooled = pooled_variance(histograms, info.scale) if info.kind is Kind.MEAN else math.nan
    parameters = {
        "seed": seed,
        "draws": DRAWS,
        "thresholds": asdict(DEFAULT_THRESHOLDS),
        "mu": _number(found.scores.mu),
        "tau": _number(found.scores.tau),
        "pooled": _number(pooled),
        "branches": len(branches),
    }
    rows = _columns([key[0] for key in branches], found, previous, info)
    store_table(session, name, version, parameters, rows)


def _counts(
    session: Session, info: MetricInfo, name: TableName
) -> tuple[int, Histograms, Histograms]:
    """Histograms of both periods and the data version they belong to."""
    _, _, code = name.comparison_set.partition("/")
    assert comparison_set(code or None) == name.comparison_set
    touchpoint = require_touchpoint(session, code) if code else None
    while True:
        version = table_version(session, info.code, name.period)
        now = network_histograms(session, info, name.period, touchpoint)
        before = network_histograms(session, info, name.period.before(), touchpoint)
        if version == table_version(session, info.code, name.period):
            return version, now, before


def _columns(
    branches: Sequence[int], found: League, previous: Any, info: MetricInfo
) -> dict[str, Sequence[Any]]:
    scores, ranks = found.scores, found.ranks
    shown_before = previous.sum(axis=1) >= DEFAULT_THRESHOLDS.score
    score_before = np.where(shown_before, point_score(previous, info.kind, info.scale), np.nan)
    noise = zip(scores.change.tolist(), scores.change_is_noise.tolist(), strict=True)
    return {
        "branch_id": branches,
        "n": scores.n.tolist(),
        "score": plain(scores.score),
        "low": plain(scores.low),
        "high": plain(scores.high),
        "shrunk": plain(scores.shrunk),
        "rank": _whole(ranks.rank),
        "rank_low": _whole(ranks.rank_low),
        "rank_high": _whole(ranks.rank_high),
        "previous_n": previous.sum(axis=1).tolist(),
        "previous_score": plain(score_before),
        "change": plain(scores.change),
        "change_is_noise": [None if math.isnan(change) else flag for change, flag in noise],
        "tier": [Tier(tier).name.lower() for tier in scores.tier.tolist()],
        "ranked": scores.ranked.tolist(),
    }


def _whole(values: Any) -> list[int | None]:
    return [None if number is None else int(number) for number in plain(values)]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
