"""The league table: every branch with what chance leaves open."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from dashboard.data.league import LeagueView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import Metric, count
from dashboard.pages import states
from dashboard.pages.grid import grid
from dashboard.pages.parts import icon

_SORT = {"comparator": {"function": "bpUnknownLast(valueA, valueB, nodeA, nodeB, isDescending)"}}
_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned", **_SORT}


def league_page(view: LeagueView | None, say: Words) -> Any:
    """The page, or the words for why there is none."""
    if view is None:
        return states.unset(say)
    if view.is_empty:
        return states.empty(say, view.elsewhere)
    return html.Section(
        [
            html.Div(league_head(view, say), id=Id.LEAGUE_HEAD),
            _table(view, say),
            html.P(say("league.how"), className="bp-note"),
        ],
        className="bp-card",
    )


def league_head(view: LeagueView, say: Words) -> Any:
    """What the table is about, in a sentence, and whether its ranks are being computed."""
    words = say(
        "league.lead",
        ranked=count(view.ranked),
        answers=count(view.answers),
        apart=count(view.apart),
        needed=view.rank_from,
    )
    waiting = html.Div([html.I(className="bp-dot"), say("league.pending")], className="bp-pending")
    return [waiting if view.pending else None, html.P(words, className="bp-muted")]


def _table(view: LeagueView, say: Words) -> Any:
    search = html.Div(
        [
            icon("search"),
            dbc.Input(
                id=Id.SEARCH, type="search", debounce=False, placeholder=say("league.search")
            ),
        ],
        className="bp-search",
    )
    export = html.Button([icon("download"), say("league.export")], id=Id.EXPORT,
                         className="bp-button")  # fmt: skip
    return html.Div(
        [
            html.Div([search, export], className="bp-table-head"),
            grid(
                Id.LEAGUE_GRID,
                columns(view, say),
                view.rows,
                language=say.language,
                row_id="unit_code",
                options={
                    "postSortRows": {"function": "bpRankedFirst(params)"},
                    "rowClassRules": {"bp-unranked": "!params.data.ranked"},
                },
            ),
        ]
    )


def columns(view: LeagueView, say: Words) -> list[dict[str, Any]]:
    """The columns, most telling first."""
    metric = view.metric
    low, high = interval_axis(view)
    shaped = {"kind": metric.kind}
    interval = {**shaped, "low": low, "high": high, "mean": pooled(view)}
    change = {**shaped, "noise": say("league.noise"), "real": say("league.real")}
    cells = {"cellRenderer": "BpInterval", "cellRendererParams": interval}
    return [
        _column(say, "rank", 112, cellRenderer="BpRank", sort="asc", **_SORT, filter=False),
        _column(say, "unit_name", 144, cellRenderer="BpLink", flex=2),
        _column(say, "score", 76, **_NUMBER, **_formatted(metric)),
        _column(say, "interval", 200, **cells, sortable=False, filter=False, flex=2),
        _column(say, "n", 100, **_NUMBER, valueFormatter={"function": "bpCount(params)"}),
        _column(say, "change", 100, **_NUMBER, cellRenderer="BpChange", cellRendererParams=change),
        _column(say, "shrunk", 116, **_NUMBER, **_formatted(metric)),
        _column(say, "region", 148, flex=1),
        _column(say, "unit_code", 100),
    ]


def interval_axis(view: LeagueView) -> tuple[float, float]:
    """The part of the scale that every interval of the table fits into."""
    lows = [row["low"] for row in view.rows if row["low"] is not None]
    highs = [row["high"] for row in view.rows if row["high"] is not None]
    if not lows:
        return view.metric.low, view.metric.high
    margin = 0.04 * max(max(highs) - min(lows), 1e-9)
    return min(lows) - margin, max(highs) + margin


def pooled(view: LeagueView) -> float | None:
    """The mean of all shown scores, weighted by answers: the dashed line."""
    shown = [(row["score"], row["n"]) for row in view.rows if row["score"] is not None]
    answers = sum(n for _, n in shown)
    return sum(score * n for score, n in shown) / answers if answers else None


def _column(say: Words, name: str, width: int, **more: Any) -> dict[str, Any]:
    return {
        "field": name,
        "headerName": say(f"league.column.{name}"),
        "headerTooltip": say(f"league.tooltip.{name}"),
        "width": width,
        "minWidth": width,
        **more,
    }


def _formatted(metric: Metric) -> dict[str, Any]:
    return {"valueFormatter": {"function": f"bpScore(params, '{metric.kind}')"}}
