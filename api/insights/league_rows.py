"""A row of a league table, whoever reads it: its columns and their order.

The first columns are a contract with those who read the JSON or CSV; further ones are only ever
appended. Computes nothing.
"""

from operator import attrgetter
from typing import Any, NamedTuple

BADGE_FROM = 0.8
"""Probability of belonging to the top tenth from which a branch is called one of the best."""

CONTRACT_COLUMNS = (
    "unit_code",
    "unit_name",
    "n",
    "score",
    "low",
    "high",
    "adjusted",
    "shrunk",
    "rank",
    "rank_low",
    "rank_high",
    "band",
    "change",
    "change_is_noise",
    "ranked",
)
FURTHER_COLUMNS = (
    "adjusted_low",
    "adjusted_high",
    "p_top",
    "badge",
    "tied_above",
    "simultaneous_low",
    "simultaneous_high",
    "marginal_low",
    "marginal_high",
    "peer_group",
    "excluded",
    "tier",
)
ROW_COLUMNS = CONTRACT_COLUMNS + FURTHER_COLUMNS
STORED_COLUMNS = (
    *("n", "score", "low", "high", "adjusted", "shrunk", "rank", "rank_low", "rank_high", "band"),
    *("change", "change_is_noise", "ranked", "tier", "adjusted_low", "adjusted_high", "p_top"),
    *("tied_above", "simultaneous_low", "simultaneous_high", "marginal_low", "marginal_high"),
    *("peer_group", "excluded"),
)
"""What is read of a stored row, in the order of a `LeagueRow` behind its names."""


class LeagueRow(NamedTuple):
    """One branch; what is not known, not shown or not computed yet is None.

    ``score``, ``low`` and ``high`` are raw and never altered; ``adjusted`` and its interval stand
    beside them where coefficients are published. ``shrunk``, ranks and ``band`` build on the
    adjusted score if there is one. ``band`` is A (top) to E. ``p_top`` is the probability of
    belonging to the top tenth, 0..1. ``tied_above`` says that chance explains the distance to the
    ranked branch one line above. ``simultaneous_*`` and ``marginal_*`` are the places that can be
    audited, without a model of the network's spread. ``excluded`` counts answers left out after
    they were contested.
    """

    branch_id: int
    unit_code: str
    unit_name: str
    n: int | None
    score: float | None
    low: float | None
    high: float | None
    adjusted: float | None
    shrunk: float | None
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    band: str | None
    change: float | None
    change_is_noise: bool | None
    ranked: bool
    tier: str
    adjusted_low: float | None = None
    adjusted_high: float | None = None
    p_top: float | None = None
    tied_above: bool | None = None
    simultaneous_low: int | None = None
    simultaneous_high: int | None = None
    marginal_low: int | None = None
    marginal_high: int | None = None
    peer_group: str | None = None
    excluded: int | None = None

    @property
    def badge(self) -> bool | None:
        """Whether the branch may be called one of the best; None while that is not known."""
        return None if self.p_top is None else self.p_top >= BADGE_FROM

    def as_dict(self) -> dict[str, Any]:
        """The contract's columns in their order, then the further ones."""
        return dict(zip(ROW_COLUMNS, _columns(self), strict=True))


_columns = attrgetter(*ROW_COLUMNS)
_ORDER = {"ranked": 0, "shown": 1, "insufficient": 2, "hidden": 3}


def in_table_order(row: LeagueRow) -> tuple[int, str, int, float, str]:
    """Ranked branches by group and rank (by score while pending), then shown ones, then others."""
    score = 0.0 if row.score is None else -row.score
    return (_ORDER[row.tier], row.peer_group or "", row.rank or 0, score, row.unit_code)
