"""One person: what they may do where, what was done to the account, and what is about to be."""

from typing import Any

from dash import dcc, html

from dashboard.data.person import Asked, GrantForm, GrantRow, PersonView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages.parts import card, chip, icon
from dashboard.pages.people import role_fields


def person_page(view: PersonView, say: Words, top: Any = None) -> Any:
    """The question or another form on top, then roles, facts and what was done."""
    return html.Div(
        [
            top,
            _asked_card(view, say),
            _form(view.form, say) if view.form else None,
            _who(view, say),
            _grants(view, say),
            _changes(view, say),
        ],
        className="bp-grid",
    )


def _who(view: PersonView, say: Words) -> Any:
    facts = html.Dl(
        [html.Div([html.Dt(name), html.Dd(value)]) for name, value in view.facts],
        className="bp-person-facts",
    )
    steps = html.Div(
        [dcc.Link(words, href=href, className="bp-button") for words, href in view.steps],
        className="bp-buttons",
    )
    return card(
        view.name,
        facts,
        html.P(say("people.own"), className="bp-note") if view.own else steps,
        html.P(dcc.Link(say("people.back"), href=view.back), className="bp-back"),
        aside=chip(view.state),
        width=5,
    )


def _grants(view: PersonView, say: Words) -> Any:
    title = say("people.roles")
    if not view.grants:
        return card(title, html.P(say("people.no_roles"), className="bp-muted"), width=7)
    names = ("role", "place", "since", "until", "state")
    head = [html.Th(say(f"people.grant_column.{name}"), scope="col") for name in names]
    head.append(html.Th(html.Span(say("people.do"), className="visually-hidden"), scope="col"))
    body = [_grant(row, say) for row in view.grants]
    table = html.Table(
        [html.Thead(html.Tr(head)), html.Tbody(body)],
        className="bp-table bp-words bp-roles",
    )
    return card(title, html.Div(table, className="bp-scroll", tabIndex=0), note=view.sees, width=7)


def _grant(row: GrantRow, say: Words) -> Any:
    cells = {"place": row.place, "since": row.since, "until": row.until, "state": row.state}
    end = None
    if row.end is not None:
        named = say("people.end_named", role=row.role, place=row.place)
        end = dcc.Link(
            [say("people.end"), html.Span(f" {named}", className="visually-hidden")],
            href=row.end,
            className="bp-button",
        )
    return html.Tr(
        [
            html.Th(row.role, scope="row"),
            *(
                html.Td(words, **{"data-label": say(f"people.grant_column.{name}")})
                for name, words in cells.items()
            ),
            html.Td(end),
        ],
        className="bp-over" if row.over else "",
    )


def _changes(view: PersonView, say: Words) -> Any:
    title = say("people.changes")
    if not view.changes:
        return card(title, html.P(say("people.no_changes"), className="bp-muted"))
    rows = [
        html.Li([html.Span(when, className="bp-muted bp-small"), html.Span(words)])
        for when, words in view.changes
    ]
    return card(title, html.Ul(rows, className="bp-person-log"), note=say("people.changes_note"))


def _asked_card(view: PersonView, say: Words) -> Any:
    if view.asked is None:
        return None
    name = Id.PERSON_LINK if view.asked.sure == "link" else Id.PERSON_SURE
    return html.Section(
        [asked(view.asked, name, say), html.Div(id=Id.PERSON_MADE, role="status")],
        className="bp-card bp-12",
    )


def asked(one: Asked, button: Id, say: Words) -> Any:
    """What is about to be done, in words, with a way on and a way back."""
    return html.Div(
        [
            html.H2(one.title),
            *(html.P(words) for words in one.words),
            html.Div(
                [
                    html.Button(
                        [icon("check-lg"), one.button], id=button, value=one.sure,
                        className="bp-button bp-primary",
                    ),
                    dcc.Link(say("people.form.cancel"), href=one.back, className="bp-button"),
                ],
                className="bp-buttons",
            ),
        ],
        className="bp-person-question",
    )  # fmt: skip


def _form(form: GrantForm, say: Words) -> Any:
    body = html.Div(
        [
            html.Div(role_fields(form.roles, form.places, say), className="bp-make"),
            html.P(say("people.form.except_note"), className="bp-muted"),
            html.Div(
                [
                    html.Button(say("people.form.next"), id=Id.PERSON_WEIGH,
                                className="bp-button bp-primary"),
                    dcc.Link(say("people.form.cancel"), href=form.back, className="bp-button"),
                ],
                className="bp-buttons",
            ),
            html.Div(id=Id.PERSON_WEIGHED, role="status"),
        ],
        className="bp-person-form",
    )  # fmt: skip
    return card(say("people.step.grant"), body)
