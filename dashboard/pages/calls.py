"""The interviewer's page: the call at hand with its form and outcome, the day, the list."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from dashboard.data.calls import AtHand, CallsView, Waiting
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.parts import card, chip, icon


def calls_page(view: CallsView, outcomes: Sequence[str], say: Words) -> Any:
    """The whole page; callbacks make its inside anew."""
    return html.Div(calls_inside(view, outcomes, say), id=Id.CALLS, className="bp-grid")


def calls_inside(view: CallsView, outcomes: Sequence[str], say: Words) -> list[Any]:
    """What changes with every call."""
    if view.at_hand is not None:
        return [_call(view.at_hand, outcomes, say), _day(view, say)]
    return [_next(view, say), _day(view, say), _list(view, say)]


def number_link(number: str) -> Any:
    """The number, to be dialled by a touch."""
    return html.A([icon("telephone"), html.Span(number)], href=f"tel:{number}", className="bp-dial")


def _next(view: CallsView, say: Words) -> Any:
    if not view.now:
        key = "calls.page.none_now" if view.later else "calls.page.none"
        inner = states.state("telephone", say(key), say(f"{key}_words"))
        return card(None, inner, width=8)
    lead = say("calls.page.lead", n=count(view.now))
    button = html.Button(
        [icon("telephone"), say("calls.page.next")],
        id=Id.CALL_NEXT,
        className="bp-button bp-primary bp-big",
    )
    return card(
        say("calls.page.ready"), html.P(lead), button, note=say("calls.page.next_note"), width=8
    )


def _day(view: CallsView, say: Words) -> Any:
    facts = [
        (view.calls, "calls.page.calls"),
        (view.answered, "calls.page.answered"),
        (view.appointments, "calls.page.appointments"),
    ]
    shown = [
        html.Div([html.B(count(number)), html.Span(say(key))], className="bp-fact")
        for number, key in facts
    ]
    waits = say("calls.page.waits", now=count(view.now), later=count(view.later))
    return card(say("calls.page.today"), html.Div(shown, className="bp-day"), note=waits, width=4)


def _list(view: CallsView, say: Words) -> Any:
    if not view.waiting:
        return None
    body: list[Any] = []
    for ready, key, whole in ((True, "now", view.now), (False, "later", view.later)):
        rows = [_row(one, say) for one in view.waiting if one.ready is ready]
        if rows:
            number = html.Span(count(whole), className="bp-muted")
            head = html.H3([say(f"calls.page.{key}"), " ", number], className="bp-list-head")
            body += [head, html.Div(rows, className="bp-calls")]
    return card(say("calls.page.list"), *body, note=say("calls.page.list_note"))


def _row(one: Waiting, say: Words) -> Any:
    agreed = chip(one.note, "bp-up") if one.appointment and one.note else None
    note = html.Span(one.note, className="bp-when bp-muted bp-small") if one.note else None
    return html.Div(
        [
            html.Div([html.Strong(one.branch), html.Div(one.about, className="bp-muted bp-small")]),
            None if agreed is None else html.Span(agreed, className="bp-when"),
            None if agreed is not None else note,
        ],
        className="bp-wait-row",
    )


def _call(call: AtHand, outcomes: Sequence[str], say: Words) -> Any:
    facts = [
        chip(say("calls.page.speaks", tongue=call.language)),
        chip(say("calls.page.their_time", clock=call.clock)),
        chip(say("calls.page.tries", n=call.tries)) if call.tries else None,
        chip(say("calls.page.agreed", when=call.appointment), "bp-up")
        if call.appointment
        else None,
    ]
    number = html.Div(
        html.Button(
            [icon("telephone"), say("calls.page.reveal")],
            id=Id.CALL_REVEAL,
            value=call.id,
            className="bp-button",
        ),
        id=Id.CALL_NUMBER,
        className="bp-number",
    )
    form = html.Form(
        html.Button(
            [icon("pencil-square"), say("calls.page.form")],
            type="submit",
            className="bp-button bp-primary",
        ),
        action=f"/calls/{call.id}/form",
        method="post",
        target="_blank",
    )
    return card(
        None,
        html.P(call.about, className="bp-muted"),
        html.H2(call.name, className="bp-callee"),
        html.P(call.branch, className="bp-hero-line"),
        html.Div(facts, className="bp-facts"),
        html.Div([number, form], className="bp-steps"),
        html.P(say("calls.page.form_note"), className="bp-note"),
        html.Hr(),
        _outcome(call, outcomes, say),
        width=8,
    )


def _outcome(call: AtHand, outcomes: Sequence[str], say: Words) -> Any:
    options = [{"label": _option(one, say), "value": one} for one in outcomes]
    zone = say("calls.page.zone", zone=call.zone)
    when = html.Div(
        [
            html.Label(
                [
                    say("calls.page.day"),
                    dbc.Input(id=Id.CALL_DAY, type="date", min=call.first_day, max=call.last_day,
                              value=call.first_day),
                ]
            ),
            html.Label([say("calls.page.time"), dbc.Input(id=Id.CALL_TIME, type="time")]),
            html.P(zone, className="bp-muted bp-small"),
        ],
        id=Id.CALL_WHEN,
        className="bp-dates bp-hidden",
    )  # fmt: skip
    buttons = html.Div(
        [
            html.Button(
                say("calls.page.save"), id=Id.CALL_SAVE, value=call.id,
                className="bp-button bp-primary",
            ),
            html.Button(
                say("calls.page.release"), id=Id.CALL_RELEASE, value=call.zone,
                className="bp-button",
            ),
        ],
        className="bp-buttons",
    )  # fmt: skip
    title = html.H2(say("calls.page.outcome"))
    chosen = "answered" if call.answered else None
    picker = dbc.RadioItems(
        id=Id.CALL_OUTCOME, options=options, value=chosen, className="bp-outcomes"
    )
    held = html.P(say("calls.page.held", clock=call.held_until), className="bp-note")
    return html.Div([title, picker, when, buttons, held])


def _option(outcome: str, say: Words) -> Any:
    return html.Span(
        [
            html.Span(say(f"calls.outcome.{outcome}")),
            html.Span(say(f"calls.outcome_note.{outcome}"), className="bp-muted bp-small"),
        ],
        className="bp-outcome",
    )
