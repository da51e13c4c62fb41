"""One ticket: the next step first, then what the customer said, the clocks and what was done.

Made for a phone first: somebody stands in a workshop with it. Every field that a step could need
is in the form, those of other steps hidden, since a callback asks for all of them.
"""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.ticket import ClockLine, ContactLine, TicketView
from dashboard.data.ticket_form import Form
from dashboard.data.ticket_steps import StepLine
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages.parts import card, chip, icon

LARGEST = 2_000_000
_ACT_ICONS = {
    "acknowledge": "check-lg",
    "contacted": "telephone",
    "resolve": "check-circle",
    "verify": "patch-check",
    "reopen": "arrow-repeat",
    "reveal": "eye",
    "dial": "telephone",
    "file": "file-earmark-text",
    "note": "pencil-square",
    "assign": "people",
    "move": "signpost-split",
}


def ticket_page(view: TicketView, say: Words) -> Any:
    """The whole page; a step makes its inside anew."""
    return html.Div(ticket_inside(view, say), id=Id.TICKET, className="bp-grid bp-ticket")


def ticket_inside(view: TicketView, say: Words) -> list[Any]:
    """The cards, in the order in which a phone shows them."""
    back = dcc.Link([icon("chevron-right"), say("ticket.back")], href=view.back,
                    className="bp-back")  # fmt: skip
    wide = [_next(view, say), _said(view, say), _steps(view, say)]
    narrow = [_contact(view, say), _clocks(view, say), _files(view, say), _history(view, say)]
    return [
        html.Div(back, className="bp-back-row"),
        html.Div(wide, className="bp-stack bp-natural bp-7"),
        html.Div(narrow, className="bp-stack bp-natural bp-5"),
    ]


def _next(view: TicketView, say: Words) -> Any:
    """What to do, with the biggest button of the page."""
    chips = [
        chip(view.state, view.tone),
        chip(view.severity, "bp-down" if view.urgent else ""),
        chip(view.escalated, "bp-down") if view.escalated else None,
    ]
    head = html.Div(
        [html.H2(view.title), html.Div(chips, className="bp-ticket-chips")],
        className="bp-card-head",
    )
    body = _form(view.form, say) if view.form else html.P(view.waits, className="bp-muted")
    more = [
        dcc.Link(words, href=href, className="bp-button")
        for words, href, chosen in view.more
        if not chosen
    ]
    others = html.Nav(more, className="bp-ticket-more", **{"aria-label": say("ticket.more")})
    return html.Section([head, body, others if more else None], className="bp-card")


def _form(form: Form, say: Words) -> Any:
    """The step in words, what it asks for, and its button."""
    back = dcc.Link(say("ticket.cancel"), href=form.back, className="bp-button")
    button = html.Button(
        [icon(_ACT_ICONS.get(form.act, "check-lg")), form.button],
        id=Id.TICKET_DO,
        value=form.value,
        className="bp-button bp-primary bp-biggest",
    )
    return html.Div(
        [
            html.Div([html.H3(form.title), html.P(form.words, className="bp-muted")]),
            _pick(form, say),
            _note(form),
            _file(form, say),
            html.Div([button, back if form.back else None], className="bp-buttons"),
        ],
        className="bp-form bp-ticket-form",
    )


def _pick(form: Form, say: Words) -> Any:
    """What is chosen; nothing is before somebody does, or the first of a list would be it."""
    options = [{"label": words, "value": value} for value, words in form.options]
    field = dbc.Select(id=Id.TICKET_PICK, options=options, placeholder=say("ticket.pick.choose"))
    return html.Label([html.Span(form.pick or ""), field], hidden=form.pick is None)


def _note(form: Form) -> Any:
    field = dcc.Textarea(
        id=Id.TICKET_NOTE, value="", maxLength=2_000, rows=3, className="form-control"
    )
    return html.Label([html.Span(form.note or ""), field], hidden=form.note is None)


def _file(form: Form, say: Words) -> Any:
    drop = dcc.Upload(
        html.Div([icon("file-earmark-text"), say("ticket.file_drop")], id=Id.TICKET_FILED),
        id=Id.TICKET_FILE,
        max_size=LARGEST,
        accept=".pdf,.png,.jpg,.jpeg",
        className="bp-drop",
        className_active="bp-drop active",
    )
    said = html.P(className="bp-field-error", role="alert")
    refused = {"data-refused": say("ticket.file_refused"), "data-largest": str(LARGEST)}
    return html.Div([drop, said], hidden=not form.file, **refused)


def _said(view: TicketView, say: Words) -> Any:
    """The answer or complaint, and where and when that was."""
    mark = html.Div(view.mark, className=f"bp-mark-score {view.mark_tone}".strip())
    quote = (
        html.Blockquote(view.words, className="bp-quote")
        if view.quoted
        else html.P(view.words, className="bp-muted bp-unsaid")
    )
    facts = [
        html.Div([html.Dt(one.name), html.Dd(_fact(one.words, one.href))]) for one in view.facts
    ]
    return card(
        say("ticket.said"),
        html.Div([mark, quote] if view.mark else quote, className="bp-ticket-said"),
        html.Dl(facts, className="bp-person-facts"),
        note=view.promise,
    )


def _fact(words: str, href: str | None) -> Any:
    return dcc.Link(words, href=href) if href else words


def _clocks(view: TicketView, say: Words) -> Any:
    title = say("ticket.clocks")
    if not view.clocks:
        return card(title, html.P(say("ticket.no_clocks"), className="bp-muted"))
    rows = [_clock(one) for one in view.clocks]
    return card(title, html.Div(rows, className="bp-clocks"), note=say("ticket.clocks_note"))


def _clock(one: ClockLine) -> Any:
    symbol = {"met": "check-circle", "late": "exclamation-triangle"}.get(one.tone, "clock-history")
    return html.Div(
        [
            icon(symbol),
            html.Div([html.Strong(one.name), html.Span(one.calendar, className="bp-small")]),
            html.Div([html.Strong(one.words), html.Span(one.when, className="bp-small")]),
        ],
        className=f"bp-clock-row bp-clock-{one.tone}",
    )


def _contact(view: TicketView, say: Words) -> Any:
    """How to reach the customer; in clear only what was just asked for."""
    rows = [_way(one, say) for one in view.contacts]
    shown = None
    if view.shown is not None:
        link = html.A(view.shown, href=f"tel:{view.shown.replace(' ', '')}",
                      className="bp-shown-number")  # fmt: skip
        shown = html.Div([html.Span(say("ticket.shown")), link], role="status",
                         className="bp-shown")  # fmt: skip
    return card(
        view.name or say("ticket.contact"),
        shown,
        html.Div(rows, className="bp-ways-to") if rows else None,
        note=view.contact_note,
    )


def _way(one: ContactLine, say: Words) -> Any:
    buttons = [
        dcc.Link([icon("telephone"), say("ticket.dial")], href=one.dial, className="bp-button")
        if one.dial
        else None,
        dcc.Link([icon("eye"), say("ticket.show")], href=one.show, className="bp-button")
        if one.show
        else None,
    ]
    words = html.Div([html.Span(one.kind, className="bp-muted bp-small"), html.B(one.masked)])
    return html.Div([words, html.Div(buttons, className="bp-buttons")], className="bp-way-to")


def _steps(view: TicketView, say: Words) -> Any:
    rows = [_step(one) for one in view.steps]
    return card(say("ticket.steps"), html.Ol(rows, className="bp-steps"))


def _step(one: StepLine) -> Any:
    return html.Li(
        [
            html.Div([html.Strong(one.words), html.Span(f"{one.who} · {one.when}",
                                                        className="bp-muted bp-small")]),
            html.P(one.note) if one.note else None,
        ],
        className=f"bp-step-{one.kind}",
    )  # fmt: skip


def _files(view: TicketView, say: Words) -> Any:
    title = say("ticket.files")
    if not view.files:
        return card(title, html.P(say("ticket.no_files"), className="bp-muted"))
    rows = [
        html.Div(
            [
                html.A([icon("file-earmark-text"), name], href=href, target="_blank"),
                html.Span(facts, className="bp-muted bp-small"),
            ]
        )
        for name, href, facts in view.files
    ]
    return card(title, html.Div(rows, className="bp-ticket-files"))


def _history(view: TicketView, say: Words) -> Any:
    title = say("ticket.history")
    if not view.history:
        return card(title, html.P(say("ticket.no_history"), className="bp-muted"))
    rows = [
        html.Li(
            [
                html.Span(one.when, className="bp-muted bp-small"),
                dcc.Link(one.words, href=one.href) if one.href else html.Span(one.words),
            ]
        )
        for one in view.history
    ]
    return card(title, html.Ul(rows, className="bp-person-log bp-met"))
