"""Are the answers enough, and do they stand for all customers?"""

from typing import Any

from dash import html

from dashboard.data.enough import EnoughView, Fact
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.grid import grid
from dashboard.pages.parts import card

_SORT = {"comparator": {"function": "bpUnknownLast(valueA, valueB, nodeA, nodeB, isDescending)"}}
_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned", **_SORT}
_COUNT = {**_NUMBER, "valueFormatter": {"function": "bpCount(params)"}}
_ONE = {**_NUMBER, "valueFormatter": {"function": "bpScore(params, 'mean')"}}
_COLUMNS = (
    ("n", 62, _COUNT),
    ("needed", 62, _COUNT),
    ("lacking", 62, _COUNT),
    ("margin", 112, _ONE),
    ("effective", 112, _ONE),
    ("invited", 112, _COUNT),
    ("customers", 112, _COUNT),
)


def enough_page(view: EnoughView | None, say: Words) -> Any:
    """The page, or the words for why there is none."""
    if view is None:
        return states.unset(say)
    if view.elsewhere is not None or not view.rows:
        return states.empty(say, view.elsewhere)
    return html.Div([_whole(view, say), _branches(view, say)], className="bp-grid")


def _whole(view: EnoughView, say: Words) -> Any:
    if not view.facts:
        return card(view.unit, html.P(say("enough.too_few"), className="bp-muted"))
    facts = html.Div([_fact(one) for one in view.facts], className="bp-measures")
    title = say("enough.whole", unit=view.unit, period=view.period)
    return card(title, _verdict(view, say), facts, note=say("enough.note"))


def _verdict(view: EnoughView, say: Words) -> Any:
    """The answer to the page's question, first and in words."""
    words = say(
        "enough.lead" if view.lacking else "enough.lead_all",
        lacking=count(view.lacking),
        branches=count(len(view.rows)),
        margin=view.margin,
    )
    return html.P(words, className="bp-hero-line bp-enough-lead")


def _fact(fact: Fact) -> Any:
    return html.Div(
        [
            html.Span(fact.name, className="bp-muted bp-small"),
            html.B(fact.number),
            html.P(fact.sentence),
        ],
        className="bp-measure",
    )


def _branches(view: EnoughView, say: Words) -> Any:
    table = grid(Id.ENOUGH_GRID, _columns(say), view.rows, language=say.language,
                 row_id="unit_code")  # fmt: skip
    return card(say("enough.branches"), table, note=say("enough.branches_note"))


def _columns(say: Words) -> list[dict[str, Any]]:
    name = {"cellRenderer": "BpLink", "flex": 2, "wrapText": True, "autoHeight": True}
    return [_column(say, "unit_name", 104, **name)] + [
        _column(say, column, width, flex=1, **more) for column, width, more in _COLUMNS
    ]


def _column(say: Words, name: str, width: int, **more: Any) -> dict[str, Any]:
    return {
        "field": name,
        "headerName": say(f"enough.column.{name}"),
        "headerTooltip": say(f"enough.tooltip.{name}"),
        "width": width,
        "minWidth": width,
        **more,
    }
