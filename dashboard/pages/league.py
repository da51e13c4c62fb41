"""The league table: every branch with what chance leaves open."""

from typing import Any

from dash import dcc, html

from dashboard.data.league import LeagueView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.grid import grid
from dashboard.pages.league_columns import axis, columns
from dashboard.pages.parts import icon


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
            _how(view, say),
            html.Div(id=Id.PUBLISH_PLACE),
        ],
        className="bp-card",
    )


def league_head(view: LeagueView, say: Words) -> Any:
    """What the table is about, in a sentence, and whether its ranks are being computed."""
    words = say(
        "league.lead_peers" if view.by_peers else "league.lead",
        ranked=count(view.ranked),
        answers=count(view.answers),
        apart=count(view.apart),
        needed=view.rank_from,
        fewest=view.fewest_peers,
    )
    waiting = html.Div([html.I(className="bp-dot"), say("league.pending")], className="bp-pending")
    of = None
    if view.as_of is not None:
        of = html.P(say("league.as_of", moment=view.as_of), className="bp-muted bp-small")
    return [
        waiting if view.pending else None,
        _reading(view, say),
        html.P(words, className="bp-muted"),
        of,
    ]


def league_fill(view: LeagueView, say: Words) -> dict[str, Any]:
    """What becomes another when other numbers are to stand in a table that is there."""
    return {
        "rows": view.rows,
        "axis": axis(view),
        "head": league_head(view, say),
        "sets": _sets(view),
    }


def _reading(view: LeagueView, say: Words) -> Any:
    """What the table says at once: how many stand apart, and how much of the order is chance."""
    stands = view.stands
    if stands is None:
        return None
    told = {name: count(number) for name, number in stands.items()}
    words = say("league.reading", ranked=count(view.ranked), **told)
    return html.P(words, className="bp-hero-line bp-league-lead")


def _table(view: LeagueView, say: Words) -> Any:
    return grid(
        Id.LEAGUE_GRID,
        columns(view, say),
        view.rows,
        language=say.language,
        row_id="unit_code",
        options={
            "postSortRows": {"function": "bpRankedFirst(params)"},
            "rowClassRules": {"bp-unranked": "!params.data.ranked"},
            "rowHeight": 60,
            # What no screen shows follows once the first rows stand (bpWhole in 15-tables.js).
            "paginationPageSize": 10,
            "paginationPageSizeSelector": False,
            "suppressColumnVirtualisation": True,
            "includeHiddenColumnsInQuickFilter": True,
        },
        listeners={"gridSizeChanged": ["bpFit(params)"]},
        lead=_choice(view, say),
        buttons=_buttons(view, say),
        legend=legend(view, say),
    )


def _choice(view: LeagueView, say: Words) -> Any:
    """With whom each branch is compared; the choice stands in the address."""
    return html.Nav(
        _sets(view),
        id=Id.LEAGUE_SETS,
        className="bp-choice",
        **{"aria-label": say("league.set.label")},
    )


def _sets(view: LeagueView) -> list[Any]:
    return [
        dcc.Link(one.label, href=one.href, className="active" if one.active else "")
        for one in view.sets
    ]


def _buttons(view: LeagueView, say: Words) -> list[Any]:
    if not view.may_publish:
        return []
    return [
        html.Button([icon("lock"), say("publishing.publish")], id=Id.PUBLISH, className="bp-button")
    ]


def legend(view: LeagueView, say: Words) -> Any:
    """What is drawn in a row."""
    drawn = ["point", "line", *(["fair"] if view.is_adjusted else []), "mean", "tie"]
    keys = [
        html.Span([html.I(className=f"bp-key bp-key-{name}"), say(f"league.legend.{name}")])
        for name in drawn
    ]
    return html.Div(keys, className="bp-keys")


def _how(view: LeagueView, say: Words) -> Any:
    """How to read the table, one sentence for each thing that is drawn or named."""
    said = ["rank", "bands", "change", "badge"]
    said += ["adjusted" if view.is_adjusted else "not_adjusted"]
    said += ["peers"] if view.by_peers else []
    lines = [html.Li(say(f"league.how.{name}")) for name in said]
    return html.Ul(lines, className="bp-note bp-how")
