"""An own question of the data, as its page shows it."""

from dataclasses import dataclass
from typing import Any

from api.insights.explore.dimensions import Dimension, Only, Value
from api.insights.explore.errors import TooManyCells
from api.insights.explore.service import Table, explore
from dashboard.address import Page
from dashboard.data.exploring import Question, leads, question
from dashboard.data.extent import elsewhere
from dashboard.data.frame import Link
from dashboard.data.heat import Head, Heat, heat, listed, named
from dashboard.data.metrics import shown_metric
from dashboard.data.sitting import Sitting
from dashboard.numbers import Metric, count


@dataclass(frozen=True)
class Choice:
    """A menu of dimensions."""

    label: str
    links: list[Link]


@dataclass(frozen=True)
class ExploreView:
    """The page; with ``problem`` there is no table but a sentence. ``scans``: every answer of the
    period was read for it, which is not done every 2 seconds.
    """

    metric: Metric
    ready: list[Link]
    choices: list[Choice]
    swap: Link | None
    only: Link | None
    unit: Link | None
    heads: tuple[str, str]
    lead: str = ""
    heat: Heat | None = None
    sentence: str = ""
    rows: tuple[dict[str, Any], ...] = ()
    problem: str | None = None
    elsewhere: Link | None = None
    scans: bool = False


def explore_view(sitting: Sitting) -> ExploreView | None:
    """The question of the address, answered; None when nothing is measured yet."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    asked = question(sitting, metric.code)
    try:
        found = explore(sitting.session, sitting.viewer, asked.asked)
    except TooManyCells as error:
        most = count(error.params["most"])
        return _view(sitting, asked, metric, problem=sitting.say("explore.too_many", most=most))
    if not found.rows or not found.columns or found.whole.n == 0:
        there = elsewhere(sitting, metric.code, sitting.address.unit)
        return _view(sitting, asked, metric, problem=sitting.say("explore.empty"), elsewhere=there)
    return _view(
        sitting,
        asked,
        metric,
        lead=_lead(sitting, found, metric),
        heat=_heat(sitting, found, metric),
        sentence=reading(sitting, found, "explore"),
        rows=tuple(listed(sitting, found)),
    )


def reading(sitting: Sitting, found: Table, room: str) -> str:
    """The sentence under the table: what its marks say, and how many there are."""
    if not found.compared:
        return sitting.say("explore.reading_none") + sitting.say("explore.dash")
    many = {0: "no", 1: "one"}.get(found.clear, "many")
    said = sitting.say(
        f"{room}.reading_{many}", clear=count(found.clear), compared=count(found.compared)
    )
    return said + sitting.say("explore.dash")


def _view(sitting: Sitting, asked: Question, metric: Metric, **more: Any) -> ExploreView:
    say, address = sitting.say, sitting.address
    rows, columns = asked.asked.both
    words = address.with_words(rows=columns, columns=rows)
    node = asked.node
    unit = None
    if node is not None:
        there = address.to(Page.UNIT, node.code).href
        unit = Link(say("explore.open_unit", unit=node.name(sitting.language)), there)
    return ExploreView(
        metric=metric,
        ready=[_ready(sitting, both, asked) for both in asked.ready],
        choices=[
            _choice(sitting, asked, "rows", list(asked.known)),
            _choice(sitting, asked, "columns", asked.others(rows)),
        ],
        swap=Link(say("explore.swap"), words.href),
        only=_only(sitting, asked.asked.only),
        unit=unit,
        heads=(say(f"explore.dimension.{rows}"), say(f"explore.dimension.{columns}")),
        scans=asked.asked.scans,
        **more,
    )


def _ready(sitting: Sitting, both: tuple[Dimension, Dimension], asked: Question) -> Link:
    """A question to begin with, in words that people have for it."""
    rows, columns = both
    href = sitting.address.with_words(rows=rows, columns=columns).href
    return Link(sitting.say(f"explore.ready.{rows}_{columns}"), href, both == asked.asked.both)


def _choice(sitting: Sitting, asked: Question, side: str, known: list[Dimension]) -> Choice:
    """The menu of one side; other rows keep the columns where the two go together."""
    say, now = sitting.say, dict(zip(("rows", "columns"), asked.asked.both, strict=True))
    links = []
    for one in known:
        words = {**now, side: one}
        if side == "rows" and one == now["columns"]:
            words["columns"] = now["rows"]
        href = sitting.address.with_words(**words).href
        links.append(Link(say(f"explore.dimension.{one}"), href, one == now[side]))
    return Choice(say(f"explore.{side}"), links)


def _only(sitting: Sitting, only: Only | None) -> Link | None:
    """What everything is narrowed to, and the way out of it."""
    if only is None:
        return None
    name = named(sitting, only.cut, Value(only.value, only.value, only.value))
    words = sitting.say(
        "explore.only", dimension=sitting.say(f"explore.dimension.{only.cut}"), value=name
    )
    return Link(words, sitting.address.with_words(only=None).href)


def _lead(sitting: Sitting, found: Table, metric: Metric) -> str:
    whole = found.whole
    if whole.score is None:
        return sitting.say("explore.lead_few", metric=metric.name)
    low, high = metric.range_texts(whole.low, whole.high)
    return sitting.say(
        "explore.lead",
        metric=metric.name,
        score=metric.text(whole.score),
        low=low,
        high=high,
        n=count(whole.n),
    )


def _heat(sitting: Sitting, found: Table, metric: Metric) -> Heat:
    asked, address = found.asked, sitting.address
    by_row, by_column = asked.both

    def head(dimension: Dimension, value: Value) -> Head:
        name = named(sitting, dimension, value)
        return Head(name, leads(asked, address, (dimension, value)), value.stage)

    def way(row: Value, column: Value) -> str | None:
        return leads(asked, address, (by_row, row), (by_column, column))

    return heat(
        sitting,
        found,
        metric,
        rows=lambda value: head(by_row, value),
        columns=lambda value: Head(**{**head(by_column, value).__dict__, "group": None}),
        way=way,
    )
