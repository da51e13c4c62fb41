"""One action plan: what it brought on top, then its actions, and how it goes on."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.actions.plans import LONGEST_TEXT
from dashboard.data.plans import ANYBODY, Beyond, EffectView, PlanView, PracticeLine, StepLine
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.parts import (
    Ranged,
    answers_text,
    card,
    chip,
    drawn_range,
    icon,
    ranged_rows,
    row_act,
    unfold,
)
from dashboard.pages.plans import select

_COUNT_FROM = 5


def plan_page(view: PlanView, say: Words) -> Any:
    """One plan; callbacks make its inside anew."""
    return html.Div(plan_inside(view, say), id=Id.PLAN, className="bp-grid")


def plan_inside(view: PlanView, say: Words) -> list[Any]:
    """What it brought, the largest; then what is done, and how it goes on."""
    back = dcc.Link([icon("chevron-right"), say("plans.page.all")], href=view.back,
                    className="bp-back")  # fmt: skip
    head = html.Div(
        [
            html.H2(view.title),
            html.Div([chip(view.state), html.Span(view.facts)], className="bp-muted"),
        ],
        className="bp-12 bp-wide bp-plan-head",
    )
    first, *behind = view.effects
    beside = [
        *(_effect(one, say, "effect_outcome") for one in behind),
        _practices(view.practices, say),
        _lesson(view, say),
    ]
    return [
        html.Div(back, className="bp-back-row"),
        head,
        _effect(first, say, "effect"),
        html.Div(_steps(view, say), className="bp-7 bp-stack bp-natural"),
        html.Div(beside, className="bp-5 bp-stack bp-natural"),
        dcc.Store(id=Id.PLAN_KEY, data=f"{view.id} {view.version}"),
        dcc.Store(id=Id.PLAN_ACT),
    ]


def _effect(view: EffectView, say: Words, name: str) -> Any:
    """The number with its unit and interval, the scores behind it, and what that means.

    While there is no number, the reason stands in its place.
    """
    rows = [
        Ranged(
            one.name, one.score, one.low, one.high, answers_text(say, one.answers, _COUNT_FROM),
            instead=say("overview.row_too_few", needed=10),
        )
        for one in view.stood
    ]  # fmt: skip
    stood = html.Div(ranged_rows(rows, view.metric, None), className="bp-plan-stood")
    reading = chip(view.beyond.reading, view.beyond.tone) if view.beyond else None
    meant = html.P(view.words, className="bp-plan-verdict")
    largest, below = (_beyond(view.beyond), meant) if view.beyond else (meant, None)
    how = [html.Li(words) for words in view.how]
    return card(
        say(f"plans.page.{name}", metric=view.metric.name),
        html.Div([largest, stood], className="bp-plan-effect"),
        below,
        html.Details(
            [html.Summary(say("plans.page.how")), html.Ul(how, className="bp-plain-list")],
            className="bp-unfold",
        ),
        aside=reading,
    )


def _beyond(one: Beyond) -> Any:
    """What remains beyond others, drawn against nothing at all."""
    wide = 1.1 * max(abs(one.low), abs(one.high)) or 1.0
    row = Ranged("", one.effect, one.low, one.high, "")
    return html.Div(
        [
            html.Strong(one.headline, className=f"bp-hero {one.tone}".strip()),
            html.Div(one.unit),
            drawn_range(row, (-wide, wide), 0.0),
            html.Div(one.interval, className="bp-muted bp-small"),
        ],
        className="bp-plan-beyond",
    )


def _steps(view: PlanView, say: Words) -> Any:
    may = view.may_change and view.is_open
    listed: Any = html.Div([_step(one, say, may=may) for one in view.steps])
    if not view.steps:
        words = say("plans.page.no_steps"), say("plans.page.no_steps_words")
        listed = states.state("list-ol", *words)
    far = chip(view.progress) if view.progress else None
    form = None
    if may:
        form = unfold(say("plans.page.another"), _step_form(view, say), opened=not view.steps)
    return card(say("plans.page.steps"), listed, form, aside=far)


def _step(step: StepLine, say: Words, *, may: bool) -> Any:
    state = None
    if not step.done:
        state = chip(say(f"plans.page.{'overdue' if step.late else 'to_do'}"),
                     "bp-down" if step.late else "")  # fmt: skip
    facts = html.Div(
        [
            html.Span([icon("person-circle"), step.owner]),
            html.Span([icon("calendar-event"), step.when]),
            state,
        ],
        className="bp-plan-step-facts",
    )
    ways: list[Any] = []
    if may:
        tick = say("plans.page.undone" if step.done else "plans.page.tick")
        ways = [
            _act("undone" if step.done else "tick", tick, step.id),
            _act("drop", icon("trash3"), step.id, label=say("plans.page.drop")),
        ]  # fmt: skip
    css = "bp-plan-step bp-done" if step.done else "bp-plan-step"
    return html.Div(
        [
            icon("check-circle" if step.done else "dash-circle"),
            html.Div([html.Div(step.what, className="bp-said"), facts]),
            html.Div(ways, className="bp-buttons"),
        ],
        className=css,
    )


def _step_form(view: PlanView, say: Words) -> Any:
    owners = [(ANYBODY, say("plans.page.nobody")), *view.owners]
    return html.Div(
        [
            html.Label([say("plans.form.what"), dcc.Textarea(
                id=Id.PLAN_WHAT, value="", maxLength=LONGEST_TEXT, rows=2,
                className="form-control", placeholder=say("plans.form.what_hint"))]),
            html.Div([
                select(say("plans.form.owner"), Id.PLAN_OWNER, owners, ANYBODY),
                html.Label([say("plans.form.due"), dbc.Input(
                    id=Id.PLAN_DUE, type="date", value=view.due.isoformat())]),
            ], className="bp-make"),
            html.Div(html.Button(say("plans.form.add"), id=Id.PLAN_ADD, className="bp-button"),
                     className="bp-buttons"),
        ],
        className="bp-form",
    )  # fmt: skip


def _practices(lines: Sequence[PracticeLine], say: Words) -> Any:
    if not lines:
        return None
    rows = [
        html.Div([html.Blockquote(one.words, className="bp-quote"),
                  html.P(one.facts, className="bp-muted bp-small")])
        for one in lines
    ]  # fmt: skip
    return card(say("plans.page.practices"), *rows, note=say("plans.page.practices_note"))


def _lesson(view: PlanView, say: Words) -> Any:
    """What was learned; for who may change the plan, how it goes on."""
    said: Any = html.P(say("plans.page.not_learned"), className="bp-muted")
    if view.lesson:
        said = html.Blockquote(view.lesson, className="bp-quote")
    going_on = None
    if view.may_change:
        going_on = unfold(say("plans.page.end" if view.is_open else "plans.page.go_on"),
                           _ending(view, say))  # fmt: skip
    return card(say("plans.page.lesson"), said, going_on)


def _ending(view: PlanView, say: Words) -> Any:
    """Ending the plan, opening it again, and offering what helped."""
    words = dcc.Textarea(
        id=Id.PLAN_LESSON, value=view.lesson or "", maxLength=LONGEST_TEXT, rows=3,
        className="form-control", placeholder=say("plans.form.lesson_hint"),
    )  # fmt: skip
    named: list[tuple[str, str]] = []
    if view.is_open:
        named = [("done", "plans.form.done"), ("dropped", "plans.form.dropped")]
    else:
        named = [("open", "plans.form.reopen")]
    if view.may_share and not view.shared:
        named.append(("share", "plans.form.share"))
    if view.shared:
        named.append(("withdraw", "plans.form.withdraw"))
    buttons = [_act(act, say(words_)) for act, words_ in named]
    note = say("plans.form.share_note" if view.may_share else "plans.form.share_not_yet")
    return html.Div(
        [
            html.Label([say("plans.form.lesson"), words]),
            html.Div(buttons, className="bp-buttons"),
            html.P(note, className="bp-muted bp-small"),
        ],
        className="bp-form",
    )


def _act(act: str, inner: Any, about: str = "", *, label: str | None = None) -> Any:
    said = {} if label is None else {"aria-label": label, "title": label}
    return html.Button(inner, className="bp-button", **row_act(Id.PLAN_ACT, act, about), **said)
