"""The form by which the name, the language and the log-ins of a person are changed."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.person_change import ChangeForm
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages.parts import card
from dashboard.pages.person import asked

# Each field's id, its kind, its longest text; what is wrong with it stands below it.
_FIELDS = {
    "name": (Id.ACCOUNT_NAME, "text", 200),
    "email": (Id.ACCOUNT_EMAIL, "text", 254),
    "phone": (Id.ACCOUNT_PHONE, "tel", 40),
    "staff_number": (Id.ACCOUNT_STAFF, "text", 64),
}


def change_card(form: ChangeForm, say: Words) -> Any:
    """The form as it opens."""
    body = html.Div(change_fields(form, say), id=Id.ACCOUNT_FORM, className="bp-person-form")
    return card(say("people.step.change"), body)


def change_fields(form: ChangeForm, say: Words) -> list[Any]:
    """The fields with what is wrong in them; below, the question once nothing is."""
    name, *log_ins = (_field(one, form, say) for one in _FIELDS)
    fields = [name, _language(form, say), *log_ins]
    found = asked(form.asked, Id.ACCOUNT_SURE, say) if form.asked else form.note
    return [
        html.Div(fields, className="bp-make"),
        html.P(say("people.form.change_note"), className="bp-muted"),
        None if form.asked else _ways(form, say),
        html.Div(found, className="bp-weighed", role="status"),
    ]


def _ways(form: ChangeForm, say: Words) -> Any:
    return html.Div(
        [
            html.Button(say("people.form.next"), id=Id.ACCOUNT_WEIGH,
                        className="bp-button bp-primary"),
            dcc.Link(say("people.form.cancel"), href=form.back, className="bp-button"),
        ],
        className="bp-buttons",
    )  # fmt: skip


def _field(name: str, form: ChangeForm, say: Words) -> Any:
    id_, kind, longest = _FIELDS[name]
    wrong = form.wrong.get(name)
    control = dbc.Input(
        id=id_, type=kind, value=form.values[name], maxLength=longest, autoComplete="off",
        invalid=wrong is not None, disabled=form.asked is not None,
    )  # fmt: skip
    told = html.Span(wrong, className="bp-field-error", role="alert") if wrong else None
    words = say("people.form.name" if name == "name" else f"people.kind.{name}")
    return html.Label([words, control, told])


def _language(form: ChangeForm, say: Words) -> Any:
    options = [{"label": label, "value": value} for value, label in form.languages]
    control = dbc.Select(
        id=Id.ACCOUNT_LANGUAGE, options=options, value=form.values["language"],
        disabled=form.asked is not None,
    )  # fmt: skip
    return html.Label([say("people.language"), control])
