"""What I get regularly: a list with what can be done, and a form for one more."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.subscriptions import (
    Choice,
    SubscriptionForm,
    SubscriptionRow,
    SubscriptionsView,
)
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.parts import card, chip, icon, row_act


def subscriptions_page(view: SubscriptionsView, say: Words) -> Any:
    """The list beside the form; what is done makes both anew."""
    inside = subscriptions_inside(view, say)
    return html.Div(
        [
            dcc.Store(id=Id.SUBSCRIPTION_ACT),
            html.Div(inside, id=Id.SUBSCRIPTIONS, className="bp-grid"),
        ]
    )


def subscriptions_inside(view: SubscriptionsView, say: Words) -> list[Any]:
    """The two cards."""
    form = None if view.form is None else _form(view.form, say)
    return [_list(view.rows, say), form]


def _list(rows: Sequence[SubscriptionRow], say: Words) -> Any:
    title = say("subscriptions.page.mine")
    if not rows:
        words = say("subscriptions.page.none"), say("subscriptions.page.none_words")
        return card(title, states.state("envelope", *words), width=7)
    listed = html.Div([_row(one, say) for one in rows], className="bp-waiting")
    return card(title, listed, note=say("subscriptions.page.mine_note"), width=7)


def _row(one: SubscriptionRow, say: Words) -> Any:
    said = html.Div([html.Strong(one.title), html.Div(one.facts, className="bp-muted bp-small")])
    right = html.Div(
        [chip(one.state, one.tone), html.Div(_acts(one, say), className="bp-buttons")],
        className="bp-report-right",
    )
    return html.Div([said, right], className="bp-wait-row bp-report-row")


def _acts(one: SubscriptionRow, say: Words) -> list[Any]:
    turn = "off" if one.active else "on"
    acts = [dcc.Link(say("subscriptions.page.edit"), href=one.edit, className="bp-button")]
    if one.preview is not None:
        words = say("subscriptions.page.preview")
        acts.append(html.A(words, href=one.preview, target="_blank", className="bp-button"))
        acts.append(_button(say("subscriptions.page.send"), "send", one))
    acts.append(_button(say(f"subscriptions.page.turn_{turn}"), turn, one))
    if not one.usual:
        acts.append(_button(say("subscriptions.page.forget"), "forget", one))
    return acts


def _button(words: str, act: str, one: SubscriptionRow) -> Any:
    told = row_act(Id.SUBSCRIPTION_ACT, act, one.about)
    label = {"aria-label": f"{words}: {one.title}"}
    return html.Button(words, className="bp-button", type="button", **told, **label)


def undo_button(kept: str, say: Words) -> Any:
    """What brings back a subscription that was just taken away."""
    told = row_act(Id.SUBSCRIPTION_ACT, "undo", kept)
    return html.Button(say("subscriptions.page.undo"), className="bp-button", type="button", **told)


def _form(form: SubscriptionForm, say: Words) -> Any:
    def words(name: str) -> str:
        return say(f"subscriptions.page.{name}")

    fields = [
        _select(words("kind"), Id.SUBSCRIPTION_KIND, form.kinds, form.kind),
        _select(words("unit"), Id.SUBSCRIPTION_UNIT, form.units, form.unit),
        _select(words("language"), Id.SUBSCRIPTION_LANGUAGE, form.languages, form.language),
        html.Div(
            [
                _select(words("weekday"), Id.SUBSCRIPTION_DAY, form.weekdays, form.weekday),
                html.Label(
                    [words("at"), dbc.Input(id=Id.SUBSCRIPTION_AT, type="time", value=form.at)]
                ),
            ],
            className="bp-told-hours",
        ),
        _select(words("zone"), Id.SUBSCRIPTION_ZONE, form.zones, form.timezone),
        _several(words("ways"), Id.SUBSCRIPTION_WAYS, form.ways, form.chosen_ways),
        html.P(form.no_ways, className="bp-muted bp-small") if form.no_ways else None,
        _several(words("formats"), Id.SUBSCRIPTION_FORMATS, form.formats, form.chosen_formats),
        html.Label(
            [
                words("weeks"),
                dbc.Input(
                    id=Id.SUBSCRIPTION_WEEKS, type="number", min=1, max=104, value=form.weeks
                ),
            ]
        ),
        html.Button(
            [icon("check-lg"), words("save")],
            id=Id.SUBSCRIPTION_SAVE,
            className="bp-button bp-primary",
        ),
    ]
    inner = html.Div(fields, className="bp-form bp-report-form")
    return card(words("new"), inner, note=words("new_note"), width=5)


def _select(words: str, name: Id, options: Sequence[Choice], value: str) -> Any:
    listed = [{"label": said, "value": one} for one, said in options]
    return html.Label([words, dbc.Select(id=name, options=listed, value=value)])


def _several(words: str, name: Id, options: Sequence[Choice], chosen: Sequence[str]) -> Any:
    listed = [{"label": said, "value": one} for one, said in options]
    box = dbc.Checklist(id=name, options=listed, value=list(chosen))
    return html.Fieldset([html.Legend(words), box])
