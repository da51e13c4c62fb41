"""Makes one league table over its whole comparison set, as values: the workers' arithmetic.

Reads the network's cells at one data version and hands them to `scoring.league`. Stores nothing and
decides nothing about who may see a row.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from sqlmodel import Session

from api.insights.case_mix.scores import AdjustedScores
from api.insights.comparison import FEWEST_PEERS, ComparisonSet, peer_groups
from api.insights.figures import plain
from api.insights.measures import (
    Measure,
    adjusted_for,
    coefficients_at,
    excluded_answers,
    measure_version,
    network_measures,
    placed,
    placed_change,
    require_measure,
    window_measures,
)
from api.insights.periods import Period
from api.insights.queries import (
    ComputedTable,
    TableName,
    database_now,
    require_touchpoint,
    structure_version,
)
from api.security.hierarchy import current_hierarchy
from scoring.arrays import Flags
from scoring.change import Change
from scoring.league import DRAWS, SET_DRAWS, League, first_known, league_seed, score_league
from scoring.measured import Measured
from scoring.tiers import DEFAULT_THRESHOLDS, Tier

HISTORY = 6  # earlier windows that the bands have come through
STEP = timedelta(weeks=4)  # between them
_READS = 3  # how often the counts are read again when they change meanwhile


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """What a table is made of: every branch that ever answered in it, in one order."""

    branches: list[int]
    raw: Measured
    before: Measured
    change: Change
    adjusted: AdjustedScores | None
    excluded: dict[int, int]
    windows: list[Measured]


def band_windows(period: Period) -> list[Period]:
    """The earlier windows of the same length that a band has come through, oldest first."""
    steps = [STEP * number for number in range(HISTORY, 0, -1)]
    return [Period(period.start - step, period.end - step) for step in steps]


def table_version(session: Session, name: TableName) -> int:
    """The data version of a table: of every day that it looks at, and of the peer groups.

    0 when nothing was counted; it looks at the period before and at the history of the bands too.
    """
    period = name.period
    first = min(period.before().start, band_windows(period)[0].start)
    measure = require_measure(session, name.metric, period)
    version = measure_version(session, measure, Period(first, period.end))
    if version and ComparisonSet.named(name.comparison_set).peers:
        return max(version, structure_version(session))
    return version


def table_seed(name: TableName) -> int:
    """The seed that a table of this name is always computed with."""
    first, end = name.period.start.isoformat(), name.period.end.isoformat()
    return league_seed(name.metric, first, end, name.comparison_set)


def make_table(session: Session, name: TableName) -> ComputedTable:
    """Computes a table from what is counted now; raises NotFound for what is not there."""
    compared = ComparisonSet.named(name.comparison_set)
    place = compared.touchpoint
    touchpoint = None if place is None else require_touchpoint(session, place)
    measure = require_measure(session, name.metric, name.period)
    version = table_version(session, name)
    for _ in range(_READS):
        as_of = database_now(session)
        counted = _count(session, measure, name.period, touchpoint)
        # Read before the counts: these are at least as new as the version they are stored under.
        read_at, version = version, table_version(session, name)
        if read_at == version:
            break
    groups = _groups(session, name, counted.branches) if compared.peers else None
    found = score_league(
        counted.raw,
        counted.before,
        counted.change,
        seed=table_seed(name),
        adjusted=None if counted.adjusted is None else counted.adjusted.measured,
        groups=groups,
        fewest=FEWEST_PEERS if compared.peers else 1,
        windows=counted.windows,
    )
    parameters = _parameters(name, counted, found)
    return ComputedTable(read_at, as_of, parameters, _columns(counted, found, groups))


def _count(session: Session, measure: Measure, period: Period, touchpoint: int | None) -> _Counted:
    now = network_measures(session, measure, period, touchpoint)
    past = [
        (window, *window_measures(session, measure, window, touchpoint))
        for window in band_windows(period)
    ]
    everyone = sorted({*now.branches, *(branch for _, at, _ in past for branch in at)})
    raw = placed(now.now, now.branches, everyone)
    by = coefficients_at(session, measure, period)

    def compared(window: Period, scores: Measured) -> Measured:
        """What branches were compared by in an earlier window: by the coefficients of this one."""
        found = adjusted_for(session, measure, (window, touchpoint), (everyone, scores), by)
        return scores if found is None else first_known(found.measured, scores)

    return _Counted(
        branches=everyone,
        raw=raw,
        before=placed(now.before, now.branches, everyone),
        change=placed_change(now.change, now.branches, everyone),
        adjusted=adjusted_for(session, measure, (period, touchpoint), (everyone, raw), by),
        excluded=excluded_answers(session, measure, period, touchpoint),
        windows=[compared(window, placed(found, at, everyone)) for window, at, found in past],
    )


def _groups(session: Session, name: TableName, branches: list[int]) -> list[str]:
    """Peer groups as they were on the period's last day."""
    last = name.period.end - timedelta(days=1)
    return peer_groups(current_hierarchy(session, last), branches)


def _parameters(name: TableName, counted: _Counted, found: League) -> dict[str, Any]:
    whole = found.groups[0] if len(found.groups) == 1 and found.groups[0].group is None else None
    return {
        "seed": table_seed(name),
        "draws": DRAWS,
        "set_draws": SET_DRAWS,
        "thresholds": asdict(DEFAULT_THRESHOLDS),
        "mu": _number(math.nan if whole is None else whole.mu),
        "tau": _number(math.nan if whole is None else whole.tau),
        "branches": int((found.n > 0).sum()),
        "groups": [
            {
                "group": fit.group,
                "branches": fit.branches,
                "mu": _number(fit.mu),
                "tau": _number(fit.tau),
            }
            for fit in found.groups
        ],
        "fewest_peers": FEWEST_PEERS,
        "windows": [[str(one.start), str(one.end)] for one in band_windows(name.period)],
        "coefficients": None if counted.adjusted is None else counted.adjusted.coefficients,
    }


def _columns(
    counted: _Counted, found: League, groups: Sequence[str] | None
) -> dict[str, Sequence[Any]]:
    before = counted.before
    shown_before = before.n >= DEFAULT_THRESHOLDS.score
    size = len(counted.branches)
    mix = counted.adjusted.mix if counted.adjusted is not None else [None] * size
    every: dict[str, Sequence[Any]] = {
        "branch_id": counted.branches,
        "n": found.n.tolist(),
        **{name: plain(getattr(found, name)) for name in _NUMBERS},
        **{name: _whole(getattr(found, name)) for name in _PLACES},
        "band": found.band,
        "previous_n": before.n.tolist(),
        "previous_score": plain(np.where(shown_before, before.score, np.nan)),
        "change_is_noise": _known(found.change_is_noise, np.isfinite(found.change)),
        "tier": [Tier(tier).name.lower() for tier in found.tier.tolist()],
        "ranked": found.ranked.tolist(),
        "tied_above": _known(found.tied_above, found.ranked),
        "peer_group": [None] * size if groups is None else groups,
        "excluded": [counted.excluded.get(branch, 0) for branch in counted.branches],
        "mix": mix,
    }
    return _of_answered(every, found.n > 0)


_NUMBERS = (
    *("score", "low", "high", "adjusted", "adjusted_low", "adjusted_high", "shrunk"),
    *("own_weight", "change", "p_top"),
)
_PLACES = (
    *("rank", "rank_low", "rank_high", "simultaneous_low", "simultaneous_high"),
    *("marginal_low", "marginal_high"),
)


def _of_answered(columns: dict[str, Sequence[Any]], answered: Flags) -> dict[str, Sequence[Any]]:
    """Only branches with answers in the period have a row; others gave the bands their past."""
    at = np.flatnonzero(answered).tolist()
    return {name: [values[place] for place in at] for name, values in columns.items()}


def _known(flags: Flags, known: Flags) -> list[bool | None]:
    return [
        flag if sure else None for flag, sure in zip(flags.tolist(), known.tolist(), strict=True)
    ]


def _whole(values: Any) -> list[int | None]:
    return [None if number is None else int(number) for number in plain(values)]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
