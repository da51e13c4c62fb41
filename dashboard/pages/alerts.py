"""Alerts: what was found, how often each rule found something, and what is muted."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.alerts import AlertItem, AlertsView, CountRow, MuteForm, MuteRow
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.parts import card, chip, icon, unfold
from dashboard.pages.voices import choice_menu


def alerts_page(view: AlertsView, say: Words) -> Any:
    """The whole page; what is muted is made anew by its callbacks."""
    muted = html.Div(mutes_inside(view, say), id=Id.MUTES, className="bp-stack bp-natural")
    beside = html.Div([_counts(view, say), muted], className="bp-stack bp-natural bp-5")
    listed = html.Div(_list(view, say), className="bp-stack bp-natural bp-7")
    return html.Div([listed, beside], className="bp-grid bp-alerts")


def mutes_inside(view: AlertsView, say: Words) -> list[Any]:
    """What is muted, and the form that mutes, folded away."""
    rows = [_mute(one, say) for one in view.mutes]
    listed: Any = html.P(say("alerted.mute.none"), className="bp-muted")
    if rows:
        listed = html.Div(rows, className="bp-letters")
    form = None
    if view.form is not None:
        form = unfold(say("alerted.mute.new"), _form(view.form, say))
    note = say("alerted.mute.note") if rows else None
    return [card(say("alerted.mute.title"), listed, form, note=note)]


def _list(view: AlertsView, say: Words) -> Any:
    title = say("alerted.list")
    menu = html.Div([choice_menu(view.choice)], className="bp-filters")
    if not view.items:
        key = "alerted.none_here" if view.narrowed else "alerted.none"
        inside = states.state("check-circle", say(key), say(f"{key}_words"))
        return card(title, inside, aside=menu)
    rows = html.Div([_item(one) for one in view.items], className="bp-tickets")
    return card(title, rows, _ways(view, say), aside=menu)


def _item(one: AlertItem) -> Any:
    chips = [
        chip(one.state) if one.state else None,
        chip(one.urgent, "bp-down") if one.urgent else None,
        chip(one.muted) if one.muted else None,
    ]
    score: Any = icon(one.symbol)
    if one.mark:
        score = html.Span([html.B(one.mark), html.Small(f"/{one.of}") if one.of else None])
    mark = html.Div(score, className=f"bp-mark-score {one.tone}".strip())
    body = html.Div(
        [
            html.Div(one.words, className=f"bp-alert-{one.manner}"),
            html.Div(
                [html.Strong(one.rule), f" · {one.facts}"],
                className="bp-muted bp-small",
            ),
            html.Div(chips, className="bp-ticket-chips") if any(chips) else None,
        ]
    )
    css = "bp-ticket-row bp-alert-row"
    if one.href is None:
        return html.Div([mark, body], className=f"{css} bp-unlinked")
    return dcc.Link([mark, body], href=one.href, className=css)


def _ways(view: AlertsView, say: Words) -> Any:
    first, older = view.first, view.older
    ways = [
        dcc.Link(say("board.first"), href=first, className="bp-button") if first else None,
        dcc.Link(say("board.older"), href=older, className="bp-button") if older else None,
    ]
    return html.Div(ways, className="bp-buttons bp-more") if any(ways) else None


def _counts(view: AlertsView, say: Words) -> Any:
    title = say("alerted.counts", days=view.days)
    if not view.counts:
        return card(title, html.P(say("alerted.counts_none"), className="bp-muted"))
    names = ("rule", "found", "tickets", "muted", "running")
    head = html.Tr([html.Th(say(f"alerted.column.{name}"), scope="col") for name in names])
    body = html.Tbody([_count(one) for one in view.counts])
    table = html.Table([html.Thead(head), body], className="bp-table")
    scroll = html.Div(table, className="bp-scroll", tabIndex=0)
    return card(title, scroll, note=say("alerted.counts_note"))


def _count(one: CountRow) -> Any:
    cells = (one.found, one.tickets, one.muted, one.running)
    return html.Tr([html.Th(one.rule, scope="row"), *(html.Td(cell) for cell in cells)])


def _mute(one: MuteRow, say: Words) -> Any:
    words = html.Div(
        [
            html.Strong(one.title),
            html.P(one.reason, className="bp-said"),
            html.Div(f"{one.facts} · {one.found}", className="bp-muted bp-small"),
        ]
    )
    end = html.Button(
        say("alerted.mute.end"), className="bp-button", **{"data-row-act": f"unmute {one.id}"}
    )
    return html.Article([words, end if one.id else None], className="bp-letter-row")


def _form(form: MuteForm, say: Words) -> Any:
    """Muting: what, where, for how long, and why."""
    reason = dcc.Textarea(
        id=Id.MUTE_REASON, value="", maxLength=300, rows=2, className="form-control"
    )
    fields = [
        _select(
            say("alerted.mute.branch"),
            Id.MUTE_UNIT,
            form.branches,
            form.branch,
            say("alerted.mute.choose"),
        ),
        _select(say("alerted.mute.rule"), Id.MUTE_RULE, form.rules, form.rules[0][0]),
        _select(say("alerted.mute.days"), Id.MUTE_DAYS, form.days, form.days[0][0]),
        html.Label([say("alerted.mute.reason"), reason]),
    ]
    button = html.Button(
        [icon("moon-stars"), say("alerted.mute.do")],
        id=Id.MUTE,
        className="bp-button bp-primary",
    )
    note = html.P(say("alerted.mute.new_note"), className="bp-muted bp-small")
    return html.Div([*fields, html.Div(button, className="bp-buttons"), note], className="bp-form")


def _select(
    words: str, name: Id, options: list[tuple[str, str]], value: str | None, hint: str = ""
) -> Any:
    listed = [{"label": label, "value": key} for key, label in options]
    return html.Label([words, dbc.Select(id=name, options=listed, value=value, placeholder=hint)])
