"""People: the list with its search, and the form by which a new colleague is invited."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.people import InviteView, PeopleView, Place
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.grid import grid
from dashboard.pages.grid_cards import FITTING, lines_column
from dashboard.pages.parts import card, icon

_COLUMNS = (("name", 176), ("roles", 184), ("places", 200), ("login", 216), ("state", 112),
            ("since", 116))  # fmt: skip


_LINES = (("roles", "places"), ("login", "state"))


def people_page(view: PeopleView, say: Words) -> Any:
    """The search, and who was found."""
    return html.Section([_tools(view, say), _list(view, say)], className="bp-card")


def _tools(view: PeopleView, say: Words) -> Any:
    search = html.Div(
        [
            html.Label(
                [
                    html.Span(say("people.search"), className="visually-hidden"),
                    icon("search"),
                    dbc.Input(
                        id=Id.PEOPLE_SOUGHT, type="search", value=view.sought, maxLength=80,
                        placeholder=say("people.search"),
                    ),
                ],
                className="bp-search",
            ),
            html.Button(say("people.seek"), id=Id.PEOPLE_SEEK, className="bp-button"),
        ],
        className="bp-buttons bp-people-search",
    )  # fmt: skip
    invite = dcc.Link(
        [icon("envelope"), say("people.invite")], href=view.invite,
        className="bp-button bp-primary",
    )  # fmt: skip
    return html.Div([search, invite], className="bp-table-head")


def _list(view: PeopleView, say: Words) -> Any:
    choice = html.Nav(
        [_choice(one.label, one.href, one.active) for one in view.states],
        className="bp-choice",
        **{"aria-label": say("people.states")},
    )
    if not view.rows:
        words = say("people.none"), say("people.none_words")
        return html.Div([choice, states.state("people", *words)])
    shown = grid(
        Id.PEOPLE_GRID, _columns(say), view.rows, language=say.language, row_id="id", lead=choice,
        **FITTING,
    )  # fmt: skip
    lead = say("people.lead", found=count(view.found), shown=count(len(view.rows)))
    return html.Div(
        [shown, html.P(lead, className="bp-note"), _pages(view, say)], className="bp-people-list"
    )


def _choice(label: str, href: str | None, active: bool) -> Any:
    return dcc.Link(label, href=href, className="active" if active else "")


def _pages(view: PeopleView, say: Words) -> Any:
    if not view.pages:
        return None
    links = [_choice(one.label, one.href, one.active) for one in view.pages]
    return html.Nav(links, className="bp-choice", **{"aria-label": say("people.pages")})


def _columns(say: Words) -> list[dict[str, Any]]:
    columns = [
        {"field": name, "headerName": say(f"people.column.{name}"), "minWidth": width,
         "width": width, "flex": width}
        for name, width in _COLUMNS
    ]  # fmt: skip
    columns[0] |= {"cellRenderer": "BpLink"}
    return [*columns, lines_column("name", _LINES, {}, say("people.column.name"))]


def invite_page(view: InviteView, say: Words) -> Any:
    """Who it is, how they log in, and their first role."""
    who = [
        field(say("people.form.name"), dbc.Input(id=Id.INVITE_NAME, maxLength=100,
                                                 autoComplete="off")),
        field(say("people.language"), select(Id.INVITE_LANGUAGE, view.languages)),
        field(say("people.kind.email"), dbc.Input(id=Id.INVITE_EMAIL, type="email", maxLength=254,
                                                  autoComplete="off")),
        field(say("people.kind.phone"), dbc.Input(id=Id.INVITE_PHONE, type="tel", maxLength=40,
                                                  autoComplete="off")),
        field(say("people.kind.staff_number"), dbc.Input(id=Id.INVITE_STAFF, maxLength=64,
                                                         autoComplete="off")),
    ]  # fmt: skip
    body = html.Div(
        [
            html.Div(who, className="bp-make"),
            html.P(say("people.form.login_note"), className="bp-muted"),
            html.Div(role_fields(view.roles, view.places, say), className="bp-make"),
            html.Div(
                [
                    html.Button(say("people.form.next"), id=Id.INVITE_WEIGH,
                                className="bp-button bp-primary"),
                    dcc.Link(say("people.form.cancel"), href=view.back, className="bp-button"),
                ],
                className="bp-buttons",
            ),
            html.Div(id=Id.PERSON_WEIGHED, role="status"),
        ],
        className="bp-person-form",
    )  # fmt: skip
    return card(say("people.form.title"), body)


def role_fields(roles: Sequence[tuple[str, str]], places: Sequence[Place], say: Words) -> list[Any]:
    """Role, place and days of a grant."""
    options = [html.Option(value=one.text) for one in places]
    return [
        field(say("people.form.role"), select(Id.PERSON_ROLE, roles)),
        html.Div(
            [
                field(
                    say("people.form.place"),
                    dbc.Input(id=Id.PERSON_PLACE, list="people-places", maxLength=200,
                              autoComplete="off", placeholder=say("people.form.place_hint")),
                ),
                html.Datalist(options, id="people-places"),
            ]
        ),
        field(say("people.form.since"), dbc.Input(id=Id.PERSON_FROM, type="date")),
        field(say("people.form.until"), dbc.Input(id=Id.PERSON_UNTIL, type="date")),
    ]  # fmt: skip


def field(words: str, control: Any) -> Any:
    """A control under its words."""
    return html.Label([words, control])


def select(name: Id, choices: Sequence[tuple[str, str]]) -> Any:
    """A choice of one; the first is chosen."""
    options = [{"label": label, "value": value} for value, label in choices]
    return dbc.Select(id=name, options=options, value=choices[0][0])


def invited(name: str, href: str, link: str | None, again: str, say: Words) -> Any:
    """What became of an invitation; where no letter went out, the link to hand over."""
    return html.Div(
        [
            html.P([icon("check-circle"), html.Strong(say("people.invited", name=name))]),
            handed(link, say) if link else html.P(say("people.invited_letter")),
            html.Div(
                [
                    dcc.Link(say("people.open"), href=href, className="bp-button"),
                    html.A(say("people.invite_another"), href=again, className="bp-button"),
                ],
                className="bp-buttons",
            ),
        ],
        className="bp-person-question",
    )


def handed(link: str, say: Words) -> Any:
    """A link that works once, to be handed over in person."""
    return html.Div(
        [
            html.P(say("people.hand_over")),
            html.Label(
                [
                    html.Span(say("people.link"), className="visually-hidden"),
                    dbc.Input(value=link, readonly=True),
                ]
            ),
        ],
        className="bp-handed",
    )
