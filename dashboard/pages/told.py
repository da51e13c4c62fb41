"""My notices; how and when I am told; who is away and who stands in."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.told import (
    ROWS,
    AwayLine,
    ChoicesView,
    KindChoice,
    KindGroup,
    NoticeLine,
    NoticesView,
)
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.parts import card, chip, icon


def notices_page(view: NoticesView, say: Words) -> Any:
    """What I was told; marking it as read makes the list anew."""
    return html.Div(notices_inside(view, say), id=Id.TOLD, className="bp-grid")


def notices_inside(view: NoticesView, say: Words) -> list[Any]:
    """The list, the newest first."""
    title = say("told.list")
    if not view.lines:
        words = say("told.none"), say("told.none_words")
        return [card(title, states.state("check-circle", *words))]
    new = say("told.unread_one") if view.unread == 1 else say("told.unread", n=count(view.unread))
    button = html.Button(
        [icon("check-lg"), say("told.read_all")],
        id=Id.READ_ALL,
        className="bp-button",
        disabled=not view.unread,
    )
    head = html.Div([chip(new) if view.unread else None, button], className="bp-buttons")
    rows = html.Div([_line(one, say) for one in view.lines], className="bp-tickets")
    return [card(title, rows, _ways(view, say), aside=head)]


def _line(one: NoticeLine, say: Words) -> Any:
    new = html.Span(say("told.new"), className="bp-new") if one.new else None
    inside = [
        html.Div([new, html.Strong(one.words) if one.new else html.Span(one.words)]),
        html.Div(one.facts, className="bp-muted bp-small"),
    ]
    if one.href is None:
        return html.Div(inside, className="bp-told-row bp-unlinked")
    mark = {"data-row-act": f"read {one.id}"} if one.new else {}
    link = dcc.Link(inside, href=one.href, className="bp-told-row")
    return html.Div(link, **mark)


def _ways(view: NoticesView, say: Words) -> Any:
    first, older = view.first, view.older
    ways = [
        dcc.Link(say("board.first"), href=first, className="bp-button") if first else None,
        dcc.Link(say("board.older"), href=older, className="bp-button") if older else None,
    ]
    return html.Div(ways, className="bp-buttons bp-more") if any(ways) else None


def choices_page(view: ChoicesView, say: Words) -> Any:
    """How I am told, and when not; beside it who is away."""
    away = html.Div(away_inside(view, say), id=Id.AWAY, className="bp-stack bp-natural bp-5")
    return html.Div([_how(view, say), away], className="bp-grid")


def _how(view: ChoicesView, say: Words) -> Any:
    missing = None if view.wecom else html.P(say("told.wecom_missing"), className="bp-missing")
    fields = [
        html.Div([_group(one, view.ways, say) for one in view.groups], className="bp-told-ways"),
        missing,
        html.Label([say("told.wecom"), dbc.Input(id=Id.WECOM, value=view.wecom, maxLength=80)]),
        html.P(say("told.wecom_note"), className="bp-muted bp-small"),
        html.Hr(),
        html.H3(say("told.quiet")),
        dbc.Checkbox(id=Id.QUIET, value=view.quiet, label=say("told.quiet_on")),
        html.Div(
            [
                _time(say("told.quiet_from"), Id.QUIET_FROM, view.quiet_from),
                _time(say("told.quiet_until"), Id.QUIET_UNTIL, view.quiet_until),
            ],
            className="bp-told-hours",
        ),
        html.P(say("told.quiet_note", zone=view.zone), className="bp-muted bp-small"),
        html.Div(
            html.Button(
                [icon("check-lg"), say("told.save")],
                id=Id.CHOICES_SAVE,
                className="bp-button bp-primary",
            ),
            className="bp-buttons bp-told-save",
        ),
    ]
    lead = html.P(say("told.ways_lead"), className="bp-muted")
    return card(say("told.ways"), lead, html.Div(fields, className="bp-form bp-told"), width=7)


def _group(group: KindGroup, ways: list[tuple[str, str]], say: Words) -> Any:
    """Kinds of notices, one row each; its boxes stand under the names of the ways."""
    names = [html.Span(say("told.here")), *(html.Span(name) for _, name in ways)]
    head = html.Div(
        [
            html.H3(group.name),
            html.P(group.words, className="bp-muted bp-small"),
            html.Div(names, className="bp-told-names", **{"aria-hidden": "true"}),
        ],
        className="bp-told-head",
    )
    return html.Section([head, *(_kind(one, ways) for one in group.kinds)])


def _kind(one: KindChoice, ways: list[tuple[str, str]]) -> Any:
    """One kind: it always stands here; a box for each further way."""
    options = [
        {"label": html.Span(name, className="visually-hidden"), "value": way} for way, name in ways
    ]
    named = f"{ROWS[one.kind]}-name"
    name = html.Div(
        [
            html.Div(one.name, id=named),
            html.Div(one.hint, className="bp-muted bp-small") if one.hint else None,
        ]
    )
    boxes = dbc.Checklist(id=ROWS[one.kind], options=options, value=one.chosen)
    css = "bp-told-kind"
    return html.Div(
        [name, icon("check-lg"), boxes], className=css, role="group", **{"aria-labelledby": named}
    )


def _time(words: str, name: Id, value: str) -> Any:
    return html.Label([words, dbc.Input(id=name, type="time", value=value)])


def away_inside(view: ChoicesView, say: Words) -> list[Any]:
    """Who is away, and the form by which one says so of oneself."""
    rows = [_away(one, say) for one in view.absences]
    none = html.P(say("told.absences_none"), className="bp-muted")
    listed = html.Div(rows, className="bp-letters") if rows else none
    return [card(say("told.absences"), listed), _form(view, say)]


def _away(one: AwayLine, say: Words) -> Any:
    words = html.Div([html.Strong(one.words), html.Div(one.facts, className="bp-muted bp-small")])
    act = {"data-row-act": f"back {one.id}"}
    end = html.Button(say("told.back_now"), className="bp-button", **act)
    return html.Article([words, end if one.id else None], className="bp-letter-row")


def _form(view: ChoicesView, say: Words) -> Any:
    options = [{"label": words, "value": value} for value, words in view.deputies]
    deputy = dbc.Select(id=Id.AWAY_DEPUTY, options=options, value=view.deputies[0][0])
    button = html.Button(say("told.go"), id=Id.AWAY_GO, className="bp-button bp-primary")
    fields = [
        html.Div(
            [
                _day(say("told.first"), Id.AWAY_FROM, view.today),
                _day(say("told.last"), Id.AWAY_UNTIL, view.today),
            ],
            className="bp-told-hours",
        ),
        html.Label([say("told.deputy"), deputy]),
        html.Div(button, className="bp-buttons"),
    ]
    return card(say("told.be_away"), html.Div(fields, className="bp-form"),
                note=say("told.go_note"))  # fmt: skip


def _day(words: str, name: Id, value: str) -> Any:
    return html.Label([words, dbc.Input(id=name, type="date", value=value, min=value)])
