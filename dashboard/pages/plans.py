"""Action plans: the list, and the form of a new one."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.actions.plans import LONGEST_TITLE
from dashboard.data.plans import PlanForm, PlanLine, PlansView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.parts import card, chip


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


def plan_new(form: PlanForm, say: Words) -> Any:
    """The form of a new plan."""
    if not form.units or not form.drivers:
        words = say("plans.page.not_yours"), say("plans.page.not_yours_words")
        return card(None, states.state("info-circle", *words))
    fields = [
        select(say("plans.form.unit"), Id.PLAN_UNIT, form.units, form.unit),
        select(say("plans.form.driver"), Id.PLAN_DRIVER, form.drivers, form.driver),
        select(say("plans.form.place"), Id.PLAN_PLACE, form.places, form.place),
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


def select(words: str, name: Id, options: Sequence[tuple[str, str]], value: str | None) -> Any:
    """A list to choose from, with its label."""
    listed = [{"label": label, "value": key} for key, label in options]
    return html.Label([words, dbc.Select(id=name, options=listed, value=value)])
