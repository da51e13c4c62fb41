"""Mergeable counts, what still has to be folded into them, and stored league tables."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from api.models.base import Table, id_field, moment, one_of, text

PERIODS = ("day", "week", "month", "span")


# Of each scale the first bins of passives and promoters, and the number of bins: as
# `scoring.scales` has them, which processes that only send do not load.
BANDS = {"0-10": (7, 9, 11), "1-5": (3, 4, 5), "1-7": (3, 4, 7), "nps3": (1, 2, 3)}


def band_counts(hist: str, scale: str) -> tuple[str, ...]:
    """SQL for the detractors, passives and promoters of a histogram, whatever its scale."""

    def counts(band: int) -> str:
        cases = " ".join(
            f"when '{code}'::text then "
            + "+".join(f"{hist}[{bin + 1}]" for bin in range((0, *ends)[band], ends[band]))
            for code, ends in BANDS.items()
        )
        return f"case {scale} {cases} else null::integer end"

    return tuple(counts(band) for band in range(3))


_DETRACTORS, _PASSIVES, _PROMOTERS = (
    Column(Integer, Computed(counts, persisted=True)) for counts in band_counts("hist", "scale")
)


class Cell(Table, table=True):
    """Histogram of one metric at one branch, touchpoint and survey version in one period.

    Touchpoint and survey version are 0 for imported counts that have none. Periods are half-open.
    The database keeps the bands of an NPS beside the histogram: telling them by scale for every
    cell of a table took half of its time.
    """

    __tablename__ = "cell"
    __table_args__ = (
        one_of("period", *PERIODS),
        Index("ix_cell_branch_id", "branch_id", "metric", "period", "period_from"),
    )

    metric: str = text(primary_key=True)
    period: str = text(primary_key=True)
    period_from: date = Field(primary_key=True)
    period_to: date = Field(primary_key=True)
    branch_id: int = Field(primary_key=True)
    touchpoint_id: int = Field(primary_key=True)
    survey_version_id: int = Field(primary_key=True)
    scale: str = text()
    n: int
    detractors: int | None = Field(default=None, sa_column=_DETRACTORS)
    passives: int | None = Field(default=None, sa_column=_PASSIVES)
    promoters: int | None = Field(default=None, sa_column=_PROMOTERS)
    hist: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    sealed: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=false())
    )


class CutDay(Table, table=True):
    """A day's cell cut by each of channel, segment, advisor, language: all cuts in one row.

    Most days a cut's value has one or two answers. ``hists`` has a row per entry of ``cuts`` and
    ``cut_values``, in the order of both.
    """

    __tablename__ = "cut_day"

    metric: str = text(primary_key=True)
    day: date = Field(primary_key=True)
    branch_id: int = Field(primary_key=True)
    touchpoint_id: int = Field(primary_key=True)
    survey_version_id: int = Field(primary_key=True)
    scale: str = text()
    cuts: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    cut_values: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    hists: list[list[int]] = Field(sa_column=Column(ARRAY(Integer), nullable=False))


class CutMonth(Table, table=True):
    """The sums of a month's `CutDay` rows, laid out like them."""

    __tablename__ = "cut_month"
    __table_args__ = (Index("ix_cut_month_branch_id", "branch_id", "metric", "month"),)

    metric: str = text(primary_key=True)
    month: date = Field(primary_key=True)
    branch_id: int = Field(primary_key=True)
    touchpoint_id: int = Field(primary_key=True)
    survey_version_id: int = Field(primary_key=True)
    scale: str = text()
    cuts: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    cut_values: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    hists: list[list[int]] = Field(sa_column=Column(ARRAY(Integer), nullable=False))


class MomentCell(Table, table=True):
    """Sums over the people who answered both of two metrics, in one month: whole numbers all.

    ``metric_left <= metric_right`` (a metric with itself too). ``value_*`` are answers in the
    scale's own values; ``score_*`` as the metric's kind counts them (NPS -1, 0, 1; boxes 0, 1;
    mean: the value). ``low`` is an answer below the scale's passives, ``high`` one of its
    promoters; ``low_high`` counts people low on the left and high on the right,
    ``value_low`` sums left values of people low on the right.
    """

    __tablename__ = "moment_cell"
    __table_args__ = (Index("ix_moment_cell_branch_id", "branch_id", "month"),)

    month: date = Field(primary_key=True)
    branch_id: int = Field(primary_key=True)
    touchpoint_id: int = Field(primary_key=True)
    survey_version_id: int = Field(primary_key=True)
    metric_left: str = text(primary_key=True)
    metric_right: str = text(primary_key=True)
    n: int
    value_left: int = Field(sa_type=BigInteger)
    value_right: int = Field(sa_type=BigInteger)
    value_product: int = Field(sa_type=BigInteger)
    score_left: int = Field(sa_type=BigInteger)
    score_right: int = Field(sa_type=BigInteger)
    score_product: int = Field(sa_type=BigInteger)
    low_left: int
    low_right: int
    high_left: int
    high_right: int
    low_low: int
    low_high: int
    high_low: int
    high_high: int
    value_low: int = Field(sa_type=BigInteger)
    value_high: int = Field(sa_type=BigInteger)
    low_value: int = Field(sa_type=BigInteger)
    high_value: int = Field(sa_type=BigInteger)


class MomentDay(Table, table=True):
    """What one day adds to the moment cells of its month, so that it can be taken back again.

    ``sums`` has a row per pair of ``metrics`` (ascending, left <= right, the left one slower) with
    the sums of `MomentCell` in its order.
    """

    __tablename__ = "moment_day"

    day: date = Field(primary_key=True)
    branch_id: int = Field(primary_key=True)
    touchpoint_id: int = Field(primary_key=True)
    survey_version_id: int = Field(primary_key=True)
    metrics: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    sums: list[list[int]] = Field(sa_column=Column(ARRAY(Integer), nullable=False))


class DirtyMark(Table, table=True):
    """A response's transaction says which cell has to be counted again."""

    __tablename__ = "dirty_mark"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    branch_id: int
    occurred_on: date
    touchpoint_id: int
    survey_version_id: int


class MetricDay(Table, table=True):
    """The data version of a metric's day: what was computed from older ones is out of date."""

    __tablename__ = "metric_day"

    metric: str = text(primary_key=True)
    day: date = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger, index=True)


class BranchVersion(Table, table=True):
    """The data version of what is counted of a branch: when its open pages are out of date."""

    __tablename__ = "branch_version"

    branch_id: int = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger)


class LeagueTable(Table, table=True):
    """A league table computed over a comparison set, the same for every viewer."""

    __tablename__ = "league_table"
    __table_args__ = (
        UniqueConstraint("metric", "period_from", "period_to", "comparison_set", "data_version"),
        one_of("state", "requested", "ready"),
    )

    id: UUID = id_field()
    metric: str = text()
    period_from: date
    period_to: date
    comparison_set: str = text()
    data_version: int = Field(sa_type=BigInteger)
    state: str = Field(default="requested")
    requested_at: datetime = moment()
    computed_at: datetime | None = moment(nullable=True)
    seed: int | None = Field(default=None, sa_type=BigInteger)
    parameters: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )


class LeagueRow(Table, table=True):
    """One branch of a stored league table; what is not known is null."""

    __tablename__ = "league_row"

    table_id: UUID = Field(foreign_key="league_table.id", primary_key=True, ondelete="CASCADE")
    branch_id: int = Field(primary_key=True)
    n: int
    score: float | None = None
    low: float | None = None
    high: float | None = None
    shrunk: float | None = None
    own_weight: float | None = None  # of the distance from its group that the shrunken score keeps
    rank: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    previous_n: int | None = None
    previous_score: float | None = None
    change: float | None = None
    change_is_noise: bool | None = None
    tier: str = text()
    ranked: bool = False
    adjusted: float | None = None
    adjusted_low: float | None = None
    adjusted_high: float | None = None
    band: str | None = text(nullable=True)
    p_top: float | None = None
    tied_above: bool | None = None
    simultaneous_low: int | None = None
    simultaneous_high: int | None = None
    marginal_low: int | None = None
    marginal_high: int | None = None
    peer_group: str | None = text(nullable=True)
    excluded: int | None = None  # answers left out after they were contested
    # What of the adjustment comes from which level: [{adjuster, level, share, usual, points}].
    mix: list[dict[str, Any]] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
