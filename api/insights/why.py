"""Why a branch ranks where it does: from its answers to its range of places, step by step.

For the branch itself and whoever stands above it. Every figure is one of the stored table; nothing
is computed here. What a crowd of fewer than five branches would give away of the others is left
out.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Row
from sqlmodel import Session

from api.core.errors import NotFound
from api.insights.league import League, LeagueRow, league
from api.insights.network_stats import PUBLISHED_FROM, own_branches
from api.insights.periods import Period
from api.insights.queries import stored_row
from api.security.viewer import Viewer
from scoring.shrinkage import top_places
from scoring.tiers import DEFAULT_THRESHOLDS, answers_lacking

_READS = 2  # a newer table may take a table's place between two reads


@dataclass(frozen=True, slots=True)
class MixPart:
    """What one level of channel or customers adds: ``points`` of the adjusted less the raw score.

    ``share`` is the branch's share of answers of that level, ``usual`` the network's.
    """

    adjuster: str
    level: str
    share: float
    usual: float
    points: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """The branches that one is compared with: the ranked ones of its group.

    ``mean`` and ``spread`` are those of their true scores; None where they would tell too much.
    """

    group: str | None
    ranked: int
    mean: float | None
    spread: float | None


@dataclass(frozen=True, slots=True)
class Why:
    """One branch's way through a league table.

    ``row`` holds the scores, places, band and ties. ``mix`` says how the adjusted score comes
    about, the weightiest level first, and is None where nothing was adjusted; ``coefficients`` says
    by which. ``own_weight`` (0..1) is how much of its distance from the crowd's mean the shrunken
    score keeps. ``lacking`` are the answers that a place still needs.
    """

    league: League
    row: LeagueRow
    mix: list[MixPart] | None
    coefficients: Mapping[str, Any] | None
    own_weight: float | None
    crowd: Crowd | None
    lacking: int

    @property
    def as_of(self) -> datetime:
        """Of when the counts are."""
        return self.league.as_of

    def as_dict(self) -> dict[str, Any]:
        """The document: one object per step, None for a step that does not exist."""
        row = self.row
        return {
            "metric": self.league.metric,
            "from": self.league.start.isoformat(),
            "to": (self.league.end - timedelta(days=1)).isoformat(),
            "unit_code": row.unit_code,
            "unit_name": row.unit_name,
            "as_of": self.as_of.isoformat(),
            "comparison_set": self.league.comparison_set,
            "ranks_pending": self.league.ranks_pending,
            "tier": row.tier,
            "ranked": row.ranked,
            "lacking": self.lacking,
            "n": row.n,
            "excluded": row.excluded,
            "raw": {"score": row.score, "low": row.low, "high": row.high},
            "adjusted": self._adjusted(),
            "shrunk": self._shrunk(),
            "place": self._place(),
            "audited": self._audited(),
            "band": row.band,
            "change": {"points": row.change, "is_noise": row.change_is_noise},
        }

    def _adjusted(self) -> dict[str, Any] | None:
        row = self.row
        if row.adjusted is None or row.score is None:
            return None
        return {
            "score": row.adjusted,
            "low": row.adjusted_low,
            "high": row.adjusted_high,
            "points": row.adjusted - row.score,
            "parts": [asdict(part) for part in self.mix or ()],
            "coefficients": self.coefficients,
        }

    def _shrunk(self) -> dict[str, Any] | None:
        if self.row.shrunk is None:
            return None
        crowd = None if self.crowd is None else asdict(self.crowd)
        return {"score": self.row.shrunk, "own_weight": self.own_weight, "crowd": crowd}

    def _place(self) -> dict[str, Any] | None:
        row = self.row
        if row.rank is None or self.crowd is None:
            return None
        return {
            "rank": row.rank,
            "low": row.rank_low,
            "high": row.rank_high,
            "of": self.crowd.ranked,
            "p_top": row.p_top,
            "badge": row.badge,
            "tied_above": row.tied_above,
        }

    def _audited(self) -> dict[str, Any] | None:
        row = self.row
        if row.marginal_low is None or row.simultaneous_low is None or self.crowd is None:
            return None
        top = top_places(self.crowd.ranked)
        return {
            "simultaneous": {"low": row.simultaneous_low, "high": row.simultaneous_high},
            "marginal": {"low": row.marginal_low, "high": row.marginal_high},
            "top": {"places": top, "possible": row.simultaneous_low <= top},
        }


def why(
    session: Session,
    viewer: Viewer,
    metric: str,
    period: Period,
    *,
    now: datetime,
    unit: str,
    touchpoint: str | None = None,
    peers: bool = False,
) -> Why:
    """Why the branch called ``unit`` ranks where it does in the table of ``metric`` and ``period``.

    Raises NotFound for what is no branch, or not the viewer's to see; NotAllowed without scores.
    """
    if not viewer.require_unit_code(unit).is_branch:
        raise NotFound(unit=unit)
    for _ in range(_READS):
        found = league(
            session, viewer, metric, period, now=now, unit=unit, touchpoint=touchpoint, peers=peers
        )
        if not found.rows:  # it was not open then
            raise NotFound(unit=unit)
        (row,) = found.rows
        stored = None if found.table is None else stored_row(session, found.table.id, row.branch_id)
        if found.table is None or stored is not None or row.n == 0:
            break
    return _told(found, row, stored, tellable=_may_know(session, viewer))


def _told(found: League, row: LeagueRow, stored: Row[Any] | None, *, tellable: bool) -> Why:
    parameters = {} if found.table is None else found.table.parameters
    crowd = _crowd(parameters, row) if row.rank is not None else None
    shown = crowd is not None and (tellable or crowd.ranked >= PUBLISHED_FROM)
    if crowd is not None and not shown:
        crowd = Crowd(crowd.group, crowd.ranked, None, None)
    mix = stored.mix if stored is not None and row.adjusted is not None else None
    return Why(
        league=found,
        row=row,
        mix=None if mix is None else [MixPart(**part) for part in mix],
        coefficients=None if mix is None else parameters.get("coefficients"),
        # With the mean and the raw score it would tell the mean.
        own_weight=stored.own_weight if stored is not None and shown else None,
        crowd=crowd,
        lacking=_lacking(row),
    )


def _lacking(row: LeagueRow) -> int:
    """Answers still missing for a place; of a hidden count as if there were none."""
    return int(answers_lacking(np.array(row.n or 0), DEFAULT_THRESHOLDS))


def _crowd(parameters: Mapping[str, Any], row: LeagueRow) -> Crowd | None:
    for one in parameters.get("groups", ()):
        if one["group"] == row.peer_group:
            return Crowd(one["group"], one["branches"], one["mu"], one["tau"])
    return None


def _may_know(session: Session, viewer: Viewer) -> bool:
    """Whether the transaction sees the whole network anyway."""
    opened = own_branches(session)
    return opened is None or opened >= viewer.hierarchy.branch_ids
