"""What is counted of a branch of the two regions: cells, cuts, moments, a league row, a plan."""

from datetime import date, timedelta
from typing import Any, Protocol
from uuid import UUID

from conftest import NOW
from sqlmodel import Session

from api.cells.counting import SUMS
from api.models import (
    BranchVersion,
    Cell,
    CutDay,
    CutMonth,
    LeagueRow,
    MomentCell,
    MomentDay,
    SamplingPlan,
)

OCCURRED_ON = date(2026, 11, 10)
PERIODS = (
    ("day", OCCURRED_ON, OCCURRED_ON + timedelta(1)),
    ("week", date(2026, 11, 9), date(2026, 11, 16)),
    ("month", date(2026, 11, 1), date(2026, 12, 1)),
)


class Place(Protocol):
    """Where the rows belong."""

    @property
    def unit_id(self) -> int:
        """The branch."""

    @property
    def touchpoint_id(self) -> int:
        """What it was about."""

    @property
    def version_id(self) -> int:
        """The survey's version."""

    @property
    def table_id(self) -> UUID:
        """The stored league table."""

    @property
    def number(self) -> int:
        """Tells branches apart."""


def add_all(session: Session, *rows: object) -> None:
    """Stores rows one after the other."""
    for row in rows:
        session.add(row)
        session.flush()


def _moments(count: int, at: Place) -> list[MomentCell]:
    """What drivers and indices are made of: everybody answered two questions alike."""
    sums = "value_left value_right value_product score_left score_right score_product"
    marks = "low_left low_right high_left high_right low_low low_high high_low high_high"
    crossed = "value_low value_high low_value high_value"
    return [
        MomentCell(
            month=OCCURRED_ON.replace(day=1),
            branch_id=at.unit_id,
            touchpoint_id=at.touchpoint_id,
            survey_version_id=at.version_id,
            metric_left=left,
            metric_right=right,
            n=count,
            **dict.fromkeys(f"{sums} {marks} {crossed}".split(), count),
        )
        for left, right in (("nps", "nps"), ("nps", "overall"), ("overall", "overall"))
    ]


def add_counts(session: Session, mark: str, count: int, at: Place) -> None:
    """Every count of a branch, ``count`` answers in each."""
    hist = [0, 0, count - 2, 0, 0, 0, 0, 0, 1, 0, 1]
    shared: dict[str, Any] = {
        "metric": "nps",
        "branch_id": at.unit_id,
        "touchpoint_id": at.touchpoint_id,
        "survey_version_id": at.version_id,
        "scale": "0-10",
        "n": count,
        "hist": hist,
    }
    for period, first, last in PERIODS:
        add_all(session, Cell(**shared, period=period, period_from=first, period_to=last))
    place = {name: shared[name] for name in ("branch_id", "touchpoint_id", "survey_version_id")}
    cuts: dict[str, Any] = {
        **place,
        "metric": "nps",
        "scale": "0-10",
        "cuts": ["advisor"],
        "cut_values": [mark],
        "hists": [hist],
    }
    add_all(
        session,
        BranchVersion(branch_id=at.unit_id, version=1),
        CutDay(**cuts, day=OCCURRED_ON),
        CutMonth(**cuts, month=PERIODS[-1][1]),
        MomentDay(**place, day=OCCURRED_ON, metrics=["nps"], sums=[[count] * len(SUMS)]),
    )
    add_all(session, *_moments(count, at))
    add_all(
        session,
        LeagueRow(
            table_id=at.table_id,
            branch_id=at.unit_id,
            n=count,
            score=-99.0,
            low=-99.5,
            high=-98.5,
            rank=at.number,
            tier="ranked",
            ranked=True,
            adjusted=-97.0,
            peer_group=mark,
            mix=[{"adjuster": "segment", "level": mark, "share": 1, "usual": 0.5, "points": 2}],
        ),
        SamplingPlan(
            day=OCCURRED_ON,
            branch_id=at.unit_id,
            touchpoint_id=at.touchpoint_id,
            needed=count,
            answered=count,
            expected=1.0,
            response_rate=0.2,
            probability=1.0,
            deficit=0.0,
            computed_at=NOW,
        ),
    )
