"""Units side by side as the page shows them: numbers of `api.insights.side_by_side`, with words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from api.insights.queries.asking import Funnel
from api.insights.side_by_side import FEWEST, MOST, Side, SideBySide, side_by_side
from api.security.hierarchy import Node
from dashboard.address import Page
from dashboard.data.glance import Part, Step, overview_unit
from dashboard.data.metrics import shown_metric
from dashboard.data.periods import days_text, shown_period
from dashboard.data.picks import codes, entry, lost, naming, picked, seen_units, typed_unit
from dashboard.data.sitting import Sitting
from dashboard.figures.panels import COLUMNS
from dashboard.numbers import Metric

_STEPS = ("sent", "delivered", "opened", "answered", "completed")


@dataclass(frozen=True)
class Pick:
    """A chosen unit: where it is left out, and where it stands alone."""

    name: str
    href: str
    without: str


@dataclass(frozen=True)
class Chooser:
    """What is compared, and what can be: ``entries`` are suggestions while one types."""

    picks: list[Pick]
    entries: list[str]
    lost: int
    few: bool
    full: bool
    most: int = MOST
    fewest: int = FEWEST


@dataclass(frozen=True)
class Told:
    """A score for a sentence."""

    name: str
    score: str


@dataclass(frozen=True)
class Place:
    """A touchpoint with every unit's score at it."""

    name: str
    href: str
    parts: list[Part]


@dataclass(frozen=True)
class Response:
    """How far a unit's invitations came; steps as they are counted from ``sent`` on."""

    name: str
    steps: list[Step]

    @property
    def share(self) -> float | None:
        """Whole answers of those who were sent a message."""
        first, last = self.steps[0].number, self.steps[-1].number
        return last / first if first else None


@dataclass(frozen=True)
class CompareView:
    """The page; without ``parts`` fewer than two units are chosen."""

    chooser: Chooser
    metric: Metric
    period: str
    parts: list[Part]
    best: Told | None
    clearly: list[str]
    perhaps: list[str]
    untested: bool
    trend: pd.DataFrame
    weeks: int
    places: list[Place]
    responses: list[Response]
    rows: list[dict[str, Any]]

    @property
    def is_empty(self) -> bool:
        """True when nobody answered anywhere and nobody was asked."""
        asked = any(one.steps[0].number for one in self.responses)
        return not asked and all(part.figure.n == 0 for part in self.parts)


def compare_view(sitting: Sitting) -> CompareView | None:
    """The units that the address names; None while nothing is measured."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    units = compared_units(sitting)
    chooser = _chooser(sitting, units)
    if chooser.few:
        return _nothing(chooser, metric)
    found = side_by_side(
        sitting.session,
        sitting.viewer,
        metric.code,
        shown_period(sitting),
        [unit.code for unit in units],
        now=sitting.now,
        touchpoint=sitting.address.touchpoint,
    )
    return _view(sitting, chooser, metric, found)


def with_typed(sitting: Sitting, typed: str) -> str | None:
    """The query of the page with one more unit; None when none of the viewer's is called so."""
    unit, units = typed_unit(sitting, typed), compared_units(sitting)
    if unit is None:
        return None
    more = units if unit in units else [*units, unit][:MOST]
    return naming(sitting.address, more).query


def compared_units(sitting: Sitting) -> list[Node]:
    """The units of the page: those picked, else the first ones of the viewer's own."""
    chosen = picked(sitting, sitting.address)
    return chosen if chosen or codes(sitting.address) else usual(sitting)


def usual(sitting: Sitting) -> list[Node]:
    """Where one begins: the first units below the viewer's own, or the viewer's branches."""
    viewer, start = sitting.viewer, overview_unit(sitting)
    tree = viewer.hierarchy
    below = tree.children(tree.by_code[start].id) if start is not None else []
    if len(below) < FEWEST:
        below = [unit for unit in seen_units(sitting) if unit.is_branch]
    return [unit for unit in below if viewer.sees_unit(unit.id)][:MOST]


def _nothing(chooser: Chooser, metric: Metric) -> CompareView:
    return CompareView(chooser, metric, "", [], None, [], [], untested=False,
                       trend=pd.DataFrame(columns=list(COLUMNS)), weeks=1, places=[],
                       responses=[], rows=[])  # fmt: skip


def _chooser(sitting: Sitting, units: Sequence[Node]) -> Chooser:
    address = sitting.address
    return Chooser(
        picks=[
            Pick(
                unit.name(sitting.language),
                address.to(Page.UNIT, unit.code).href,
                naming(address, [one for one in units if one != unit]).href,
            )
            for unit in units
        ],
        entries=[
            entry(unit, sitting.language) for unit in seen_units(sitting) if unit not in units
        ],
        lost=lost(sitting, address),
        few=len(units) < FEWEST,
        full=len(units) >= MOST,
    )


def _view(sitting: Sitting, chooser: Chooser, metric: Metric, found: SideBySide) -> CompareView:
    named = [(one.unit.name(sitting.language), one) for one in found.sides]
    best = next((one for one in found.sides if one.unit == found.best), None)
    return CompareView(
        chooser=chooser,
        metric=metric,
        period=days_text(sitting.say, found.period),
        parts=[_part(sitting, one) for one in found.sides],
        best=None
        if best is None
        else Told(best.unit.name(sitting.language), metric.text(best.figure.score)),
        clearly=[name for name, one in named if one.below_best is True],
        perhaps=[name for name, one in named if one.below_best is False],
        untested=any(_shares_answers(one, found) for one in found.sides),
        trend=_trend(named),
        weeks=found.weeks,
        places=_places(sitting, found),
        responses=[Response(name, _steps(sitting, one.funnel)) for name, one in named],
        rows=[_row(sitting, one) for one in found.sides],
    )


def _shares_answers(one: Side, found: SideBySide) -> bool:
    """Whether a unit with a score could not be tested against the best."""
    scored = one.figure.score is not None and found.best is not None
    return scored and one.unit != found.best and one.below_best is None


def _part(sitting: Sitting, one: Side) -> Part:
    href = sitting.address.to(Page.UNIT, one.unit.code).href
    return Part(one.unit.name(sitting.language), href, one.figure)


def _trend(named: Sequence[tuple[str, Side]]) -> pd.DataFrame:
    rows = [
        (name, point.week, point.figure.score, point.figure.low, point.figure.high, point.figure.n)
        for name, one in named
        for point in one.trend
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {"score": float, "low": float, "high": float}
    )


def _places(sitting: Sitting, found: SideBySide) -> list[Place]:
    address = sitting.address
    return [
        Place(
            touchpoint.name(sitting.language),
            address.with_(touchpoint=touchpoint.code).href,
            [
                Part(
                    one.unit.name(sitting.language),
                    address.with_(touchpoint=touchpoint.code).to(Page.UNIT, one.unit.code).href,
                    one.touchpoints[at],
                )
                for one in found.sides
            ],
        )
        for at, touchpoint in enumerate(found.touchpoints)
    ]


def _steps(sitting: Sitting, found: Funnel) -> list[Step]:
    return [Step(sitting.say(f"overview.step.{name}"), getattr(found, name)) for name in _STEPS]


def _row(sitting: Sitting, one: Side) -> dict[str, Any]:
    """What the table says of a unit."""
    change, share = one.difference.change, None
    if one.funnel.sent:
        share = one.funnel.completed / one.funnel.sent
    return {
        "unit_code": one.unit.code,
        "unit_name": one.unit.name(sitting.language),
        "n": one.figure.n,
        "score": one.figure.score,
        "low": one.figure.low,
        "high": one.figure.high,
        "change": change,
        "verdict": None
        if change is None
        else sitting.say("compare.noise" if one.difference.is_noise else "compare.real"),
        "events": one.funnel.events,
        **{name: getattr(one.funnel, name) for name in _STEPS},
        "share": share,
    }
