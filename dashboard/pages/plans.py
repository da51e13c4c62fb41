"""Action plans: the list, one plan (what it brought on top), and the form of a new one."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.actions.plans import LONGEST_TEXT, LONGEST_TITLE
from dashboard.data.plans import (
    ANYBODY,
    EffectView,
    PlanForm,
    PlanLine,
    PlansView,
    PlanView,
    PracticeLine,
    StepLine,
)
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.parts import Ranged, answers_text, card, chip, icon, ranged_rows, row_act

_COUNT_FROM = 5


def plans_page(view: PlansView, say: Words) -> Any:
    """All plans, open ones first."""
    lead = html.P(say("plans.page.lead"), className="bp-muted bp-12 bp-lead")
    new = None
    if view.new is not None:
        new = dcc.Link(view.new.label, href=view.new.href, className="bp-button bp-primary")
    parts = [lead, card(say("plans.page.open"), _list(view.plans, say, "open"), aside=new)]
    if view.ended:
        parts.append(card(say("plans.page.ended"), _list(view.ended, say, "ended")))
    return html.Div(parts, className="bp-grid")


def plan_page(view: PlanView, say: Words) -> Any:
    """One plan; callbacks make its inside anew."""
    return html.Div(plan_inside(view, say), id=Id.PLAN, className="bp-grid")


def plan_inside(view: PlanView, say: Words) -> list[Any]:
    """What it brought, what is done, how it goes on."""
    back = dcc.Link([icon("chevron-right"), say("plans.page.all")], href=view.back,
                    className="bp-back")  # fmt: skip
    head = html.Div(
        [
            html.H2(view.title),
            html.Div([chip(view.state), html.Span(view.facts)], className="bp-muted"),
        ],
        className="bp-12 bp-wide bp-plan-head",
    )
    effects = html.Div(
        [_effect(one, say, first=not place) for place, one in enumerate(view.effects)],
        className="bp-6 bp-stack",
    )
    return [
        html.Div(back, className="bp-back-row"),
        head,
        effects,
        html.Div([_steps(view, say), _practices(view.practices, say)], className="bp-6 bp-stack"),
        _ending(view, say) if view.may_change else _lesson(view, say),
        dcc.Store(id=Id.PLAN_KEY, data=f"{view.id} {view.version}"),
        dcc.Store(id=Id.PLAN_ACT),
    ]


def plan_new(form: PlanForm, say: Words) -> Any:
    """The form of a new plan."""
    if not form.units or not form.drivers:
        words = say("plans.page.not_yours"), say("plans.page.not_yours_words")
        return card(None, states.state("info-circle", *words))
    fields = [
        _select(say("plans.form.unit"), Id.PLAN_UNIT, form.units, form.unit),
        _select(say("plans.form.driver"), Id.PLAN_DRIVER, form.drivers, form.driver),
        _select(say("plans.form.place"), Id.PLAN_PLACE, form.places, form.place),
        html.Label([say("plans.form.title"), dbc.Input(
            id=Id.PLAN_TITLE, maxLength=LONGEST_TITLE, placeholder=say("plans.form.title_hint"),
            autoComplete="off",
        )]),
        html.Label([say("plans.form.from"), dbc.Input(
            id=Id.PLAN_FROM, type="date", value=form.today.isoformat())]),
    ]  # fmt: skip
    ways = html.Div(
        [
            html.Button(say("plans.form.start"), id=Id.PLAN_START, value=form.outcome,
                        className="bp-button bp-primary"),
            dcc.Link(say("plans.form.cancel"), href=form.back, className="bp-button"),
        ],
        className="bp-buttons",
    )  # fmt: skip
    return html.Div(
        card(
            say("plans.page.new"),
            html.Div([html.Div(fields, className="bp-make"), ways], className="bp-person-form"),
            note=say("plans.form.note"),
        ),
        className="bp-grid",
    )


def _list(lines: Sequence[PlanLine], say: Words, name: str) -> Any:
    if not lines:
        words = say(f"plans.page.{name}_none"), say(f"plans.page.{name}_none_words")
        return states.state("check-circle", *words)
    return html.Div([_line(one) for one in lines], className="bp-waiting")


def _line(line: PlanLine) -> Any:
    said = html.Div(
        [
            html.Div(line.title, className="bp-said"),
            html.Div(line.facts, className="bp-muted bp-small"),
        ]
    )
    bar = html.Div(
        html.Div(className="bp-fill", style={"width": f"{line.done:.0%}"}), className="bp-track"
    )
    right = html.Div(
        [chip(line.late, "bp-down") if line.late else chip(line.state),
         html.Span(line.progress, className="bp-muted bp-small"), bar if line.done else None],
        className="bp-plan-progress",
    )  # fmt: skip
    return dcc.Link([said, right], href=line.href, className="bp-wait-row bp-plan-row")


def _effect(view: EffectView, say: Words, *, first: bool) -> Any:
    rows = [
        Ranged(
            one.name, one.score, one.low, one.high, answers_text(say, one.answers, _COUNT_FROM),
            instead=say("overview.row_too_few", needed=10),
        )
        for one in view.stood
    ]  # fmt: skip
    big = html.Strong(view.headline, className=f"bp-plan-effect {view.tone}".strip())
    return card(
        say("plans.page.effect" if first else "plans.page.effect_outcome", metric=view.metric.name),
        html.Div([big, html.P(view.words)], className="bp-plan-verdict"),
        ranged_rows(rows, view.metric, None),
        html.Details(
            [
                html.Summary(say("plans.page.how")),
                html.Ul([html.Li(words) for words in view.how], className="bp-plain-list"),
            ]
        ),
    )


def _steps(view: PlanView, say: Words) -> Any:
    rows = [_step(one, say, may=view.may_change and view.is_open) for one in view.steps]
    if rows:
        listed = html.Div(rows, className="bp-plan-steps")
    else:
        listed = states.state(
            "list-ol", say("plans.page.no_steps"), say("plans.page.no_steps_words")
        )
    form = _step_form(view, say) if view.may_change and view.is_open else None
    return card(say("plans.page.steps"), listed, form)


def _step(step: StepLine, say: Words, *, may: bool) -> Any:
    words = html.Div(
        [html.Div(step.what, className="bp-said"),
         html.Div(step.facts, className="bp-muted bp-small")]
    )  # fmt: skip
    ways: list[Any] = []
    if may:
        tick = say("plans.page.undone" if step.done else "plans.page.tick")
        ways = [
            _act("undone" if step.done else "tick", tick, step.id),
            _act("drop", icon("trash3"), step.id, label=say("plans.page.drop")),
        ]  # fmt: skip
    mark = icon("check-circle" if step.done else "dash-circle")
    css = f"bp-plan-step {'bp-done' if step.done else step.tone}".strip()
    return html.Div([mark, words, html.Div(ways, className="bp-buttons")], className=css)


def _step_form(view: PlanView, say: Words) -> Any:
    owners = [(ANYBODY, say("plans.page.nobody")), *view.owners]
    return html.Div(
        [
            html.Label([say("plans.form.what"), dcc.Textarea(
                id=Id.PLAN_WHAT, value="", maxLength=LONGEST_TEXT, rows=2,
                className="form-control", placeholder=say("plans.form.what_hint"))]),
            html.Div([
                _select(say("plans.form.owner"), Id.PLAN_OWNER, owners, ANYBODY),
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
    if not view.lesson:
        return None
    return card(say("plans.page.lesson"), html.Blockquote(view.lesson, className="bp-quote"))


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
    return card(
        say("plans.page.lesson"),
        html.Div(
            [
                html.Label([say("plans.form.lesson"), words]),
                html.Div(buttons, className="bp-buttons"),
            ],
            className="bp-form",
        ),
        note=say("plans.form.share_note" if view.may_share else "plans.form.share_not_yet"),
    )


def _act(act: str, inner: Any, about: str = "", *, label: str | None = None) -> Any:
    said = {} if label is None else {"aria-label": label, "title": label}
    return html.Button(inner, className="bp-button", **row_act(Id.PLAN_ACT, act, about), **said)


def _select(words: str, name: Id, options: Sequence[tuple[str, str]], value: str | None) -> Any:
    listed = [{"label": label, "value": key} for key, label in options]
    return html.Label([words, dbc.Select(id=name, options=listed, value=value)])
