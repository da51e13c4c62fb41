"""Whether the answers are enough and stand for the customers, as the page says it."""

from dataclasses import dataclass
from typing import Any

from api.insights.represented import Enough, Represented, represented
from dashboard.address import Page
from dashboard.data.extent import elsewhere
from dashboard.data.frame import Link
from dashboard.data.metrics import shown_metric
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.numbers import UNKNOWN, Metric, count

# How alike the groups answered, in words: from these values of the R-indicator on.
_ALIKE = ((0.9, "alike"), (0.8, "fairly"), (-1.0, "unevenly"))


@dataclass(frozen=True)
class Fact:
    """A number with its name and one sentence."""

    name: str
    number: str
    sentence: str


@dataclass(frozen=True)
class EnoughView:
    """The page: facts on top, a row for each branch."""

    unit: str
    period: str
    facts: list[Fact]
    rows: list[dict[str, Any]]
    lacking: int
    margin: str
    elsewhere: Link | None


def enough_view(sitting: Sitting) -> EnoughView | None:
    """The address's unit, else the viewer's home; None while nothing can be counted."""
    metric, home = shown_metric(sitting), sitting.viewer.home
    unit = sitting.address.unit or (home.code if home is not None else None)
    if metric is None or unit is None:
        return None
    found = represented(
        sitting.session,
        sitting.viewer,
        metric.code,
        shown_period(sitting),
        unit=unit,
        touchpoint=sitting.address.touchpoint,
    )
    return EnoughView(
        unit=found.unit.name(sitting.language),
        period=days_text(sitting.say, shown_period(sitting)),
        facts=_facts(sitting, metric, found),
        rows=[_row(sitting, metric, row) for row in found.branches],
        lacking=sum(row.lacking != 0 for row in found.branches),
        margin=metric.text(found.margin),
        elsewhere=elsewhere(sitting, metric.code, unit) if found.raw.n == 0 else None,
    )


def _facts(sitting: Sitting, metric: Metric, found: Represented) -> list[Fact]:
    say, raw, weighted = sitting.say, found.raw, found.weighted
    if raw.score is None or weighted is None or found.effective is None:
        return []
    low, high = metric.range_texts(raw.low, raw.high)
    heavy_low, heavy_high = metric.range_texts(weighted.low, weighted.high)
    closed = found.closed or (None, None)
    closed_low, closed_high = metric.range_texts(*closed)
    alike = next(word for least, word in _ALIKE if (found.alike or 0.0) >= least)
    return [
        Fact(
            say("enough.raw"),
            metric.text(raw.score),
            say(
                "enough.raw_words",
                n=count(raw.n),
                low=low,
                high=high,
                closed_low=closed_low,
                closed_high=closed_high,
                customers=count(found.customers),
            ),
        ),
        Fact(
            say("enough.weighted"),
            metric.text(weighted.score),
            say("enough.weighted_words", low=heavy_low, high=heavy_high),
        ),
        Fact(
            say("enough.effective"),
            count(round(found.effective)),
            say(
                "enough.effective_words",
                n=count(raw.n),
                effective=count(round(found.effective)),
                effect=f"{found.design_effect or 1:.2f}",
            ),
        ),
        Fact(
            say("enough.alike"),
            UNKNOWN if found.alike is None else f"{found.alike:.2f}",
            say(f"enough.alike_{alike}"),
        ),
    ]


def _row(sitting: Sitting, metric: Metric, row: Enough) -> dict[str, Any]:
    return {
        "unit_code": row.unit.code,
        "unit_name": row.unit.name(sitting.language),
        "href": sitting.address.to(Page.UNIT, row.unit.code).href,
        "customers": row.customers,
        "invited": row.invited,
        "n": row.answered,
        "needed": row.needed,
        "lacking": row.lacking,
        "effective": None if row.effective is None else round(row.effective, 1),
        "margin": None if row.margin is None else metric.scaled(row.margin),
    }
