"""The customer's way past the touchpoints, unit by unit, as its page shows it."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from api.insights.explore.dimensions import Asked, Dimension, Value
from api.insights.explore.errors import TooManyCells
from api.insights.explore.service import Table, explore
from dashboard.address import Page
from dashboard.data.explore import reading
from dashboard.data.exploring import where
from dashboard.data.extent import elsewhere
from dashboard.data.frame import Link
from dashboard.data.heat import Head, Heat, heads, heat, listed
from dashboard.data.metrics import shown_metric
from dashboard.data.periods import shown_period
from dashboard.data.sitting import Sitting
from dashboard.figures.journey import COLUMNS
from dashboard.numbers import Metric, count

MOST_NAMED = 3


@dataclass(frozen=True)
class Standout:
    """A cell that stands out, in a sentence, and where it leads."""

    words: str
    href: str
    tone: str


@dataclass(frozen=True)
class JourneyView:
    """The page; with ``problem`` nothing but a sentence."""

    metric: Metric
    whose: str
    levels: tuple[Link, ...] = ()
    line: pd.DataFrame | None = None
    sentence: str = ""
    standouts: tuple[Standout, ...] = ()
    heat: Heat | None = None
    reading: str = ""
    heads: tuple[str, str] = ("", "")
    rows: tuple[dict[str, Any], ...] = ()
    problem: str | None = None
    elsewhere: Link | None = None


def journey_view(sitting: Sitting) -> JourneyView | None:
    """The journey of the address's unit; None when nothing is measured yet."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    address = sitting.address
    node = where(sitting.viewer, address.unit)
    whose = sitting.say("journey.everything") if node is None else node.name(sitting.language)
    branches = address.word("rows") == Dimension.BRANCH and not (node and node.is_branch)
    rows = Dimension.BRANCH if branches else Dimension.UNIT
    asked = Asked(metric.code, shown_period(sitting), rows, Dimension.TOUCHPOINT, address.unit)
    try:
        found = explore(sitting.session, sitting.viewer, asked)
    except TooManyCells as error:
        words = sitting.say("explore.too_many", most=count(error.params["most"]))
        return JourneyView(metric, whose, problem=words)
    if not found.columns:
        there = elsewhere(sitting, metric.code, address.unit)
        return JourneyView(metric, whose, problem=sitting.say("journey.empty"), elsewhere=there)
    return JourneyView(
        metric=metric,
        whose=whose,
        levels=_levels(sitting, found),
        line=_line(sitting, found),
        sentence=f"{_sentence(sitting, found, metric)} {_left_out(sitting, found)}".strip(),
        standouts=_standouts(sitting, found, metric),
        heat=_heat(sitting, found, metric),
        reading=_reading(sitting, found),
        heads=heads(sitting, found),
        rows=tuple(listed(sitting, found)),
    )


def stage_name(sitting: Sitting, stage: str | None) -> str:
    """A stage of the journey in words."""
    return sitting.say(f"network.stage.{stage}") if stage else ""


def _levels(sitting: Sitting, found: Table) -> tuple[Link, ...]:
    """Units below, or every branch; no choice where both are the same."""
    if found.unit is not None and found.unit.is_branch:
        return ()
    by = found.asked.rows
    if by is Dimension.UNIT and all(one.unit is None or one.unit.is_branch for one in found.rows):
        return ()
    address = sitting.address
    return (
        Link(
            sitting.say("explore.dimension.unit"),
            address.with_words(rows=None).href,
            by is Dimension.UNIT,
        ),
        Link(
            sitting.say("explore.dimension.branch"),
            address.with_words(rows=Dimension.BRANCH).href,
            by is Dimension.BRANCH,
        ),
    )


def _line(sitting: Sitting, found: Table) -> pd.DataFrame:
    """The whole's score at each touchpoint that has one."""
    rows = [
        (
            value.name(sitting.language),
            stage_name(sitting, value.stage),
            figure.score,
            figure.low,
            figure.high,
            count(figure.n),
        )
        for value, figure in zip(found.columns, found.column_totals, strict=True)
        if figure.score is not None
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _sentence(sitting: Sitting, found: Table, metric: Metric) -> str:
    scored = [
        (figure.score, value.name(sitting.language), figure)
        for value, figure in zip(found.columns, found.column_totals, strict=True)
        if figure.score is not None
    ]
    if len(scored) < 2:
        told = {"place": scored[0][1], "score": metric.text(scored[0][0])} if scored else {}
        return sitting.say("journey.sentence_one", **told) if told else ""
    (_, low, weakest), (_, high, best) = min(scored)[:3], max(scored)[:3]
    # Ranges that overlap leave open which of the two is really ahead.
    apart = weakest.high is not None and best.low is not None and weakest.high < best.low
    return sitting.say(
        "journey.sentence" if apart else "journey.sentence_close",
        best=high,
        best_score=metric.text(best.score),
        weakest=low,
        weakest_score=metric.text(weakest.score),
    )


def _left_out(sitting: Sitting, found: Table) -> str:
    """Touchpoints that the drawing leaves out, since too few answered there."""
    names = [
        value.name(sitting.language)
        for value, figure in zip(found.columns, found.column_totals, strict=True)
        if figure.score is None
    ]
    if not names:
        return ""
    return sitting.say("journey.left_out", places=sitting.say("drivers.between_names").join(names))


def _standouts(sitting: Sitting, found: Table, metric: Metric) -> tuple[Standout, ...]:
    """The cells furthest from the rest of their touchpoint, of those that chance does not explain.

    The weakest first: these are to be worked on.
    """
    clear = [
        (cell.apart, row, column)
        for row, cells in zip(found.rows, found.cells, strict=True)
        for column, cell in zip(found.columns, cells, strict=True)
        if cell.clear and cell.apart is not None
    ]
    below = sorted((one for one in clear if one[0] < 0), key=lambda one: one[0])
    above = sorted((one for one in clear if one[0] > 0), key=lambda one: -one[0])
    picked = [*below[:MOST_NAMED], *above[:MOST_NAMED]]
    return tuple(_standout(sitting, metric, *one) for one in picked)


def _standout(
    sitting: Sitting, metric: Metric, apart: float, row: Value, column: Value
) -> Standout:
    tone = "up" if apart > 0 else "down"
    words = sitting.say(
        f"journey.standout_{tone}",
        unit=row.name(sitting.language),
        touchpoint=column.name(sitting.language),
        points=metric.text(abs(apart)),
    )
    return Standout(words, _cell_way(sitting, row, column), tone)


def _reading(sitting: Sitting, found: Table) -> str:
    if len(found.rows) < 2:
        return sitting.say("journey.reading_alone") + sitting.say("explore.dash")
    return reading(sitting, found, "journey")


def _cell_way(sitting: Sitting, row: Value, column: Value) -> str:
    """A unit at a touchpoint: its page, for that touchpoint alone."""
    return sitting.address.with_(touchpoint=column.key).to(Page.UNIT, row.key).href


def _heat(sitting: Sitting, found: Table, metric: Metric) -> Heat:
    address = sitting.address

    def unit(value: Value) -> Head:
        below = value.unit is not None and not value.unit.is_branch
        there = address.to(Page.JOURNEY if below else Page.UNIT, value.key)
        return Head(value.name(sitting.language), there.href)

    def place(value: Value) -> Head:
        there = address.to(Page.EXPLORE, address.unit).with_(touchpoint=value.key)
        return Head(
            value.name(sitting.language),
            there.with_words(rows=found.asked.rows, columns=Dimension.MONTH).href
            if found.unit is None or not found.unit.is_branch
            else there.href,
            stage_name(sitting, value.stage),
        )

    return heat(
        sitting,
        found,
        metric,
        rows=unit,
        columns=place,
        way=lambda row, column: _cell_way(sitting, row, column),
    )
