"""The menu of saved views: open, save the page, rename, delete with a way back."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.views import Saved
from dashboard.data.words import Say
from dashboard.ids import Id
from dashboard.pages.parts import icon

LONGEST_NAME = 60


def views_menu(saved: Sequence[Saved], say: Say) -> Any:
    """The menu in the top bar; what is done in it changes the list within it alone."""
    words = say("views.label")
    return html.Details(
        [
            html.Summary(
                icon("bookmark"), className="bp-tool", title=words, **{"aria-label": words}
            ),
            html.Div(
                [
                    html.Div(view_list(saved, say), id=Id.VIEWS, role="status"),
                    html.Hr(),
                    _form(say),
                ],
                className="bp-sheet bp-right bp-views",
            ),
        ],
        className="bp-menu",
    )


def view_list(saved: Sequence[Saved], say: Say, *, edited: str | None = None,
              said: Any = None) -> list[Any]:  # fmt: skip
    """The views, the one that is being renamed as a field; ``said`` is what was just done."""
    rows = [_renamed(one, say) if one.id == edited else _row(one, say) for one in saved]
    none = html.P(say("views.none"), className="bp-muted bp-small") if not rows else None
    return [*rows, none, said]


def _row(one: Saved, say: Say) -> Any:
    def button(what: str, name: str, words: str) -> Any:
        return html.Button(
            icon(name), className="bp-tool bp-view-act", title=words,
            **{"aria-label": words, "data-act": what, "data-view": one.id},
        )  # fmt: skip

    return html.Div(
        [
            dcc.Link(one.name, href=one.href, className="active" if one.here else ""),
            button("edit", "pencil-square", say("views.rename", name=one.name)),
            button("delete", "trash3", say("views.delete", name=one.name)),
        ],
        className="bp-view",
    )


def _renamed(one: Saved, say: Say) -> Any:
    field = dbc.Input(id=Id.VIEW_RENAME, value=one.name, maxLength=LONGEST_NAME, autofocus=True)
    return html.Div(
        [
            html.Label(
                [html.Span(say("views.renamed"), className="visually-hidden"), field],
                className="bp-view-field",
            ),
            html.Button(
                say("views.apply"), id=Id.VIEW_RENAMED, value=one.id, className="bp-button"
            ),
        ],
        className="bp-view",
    )


def _form(say: Say) -> Any:
    words = say("views.name")
    field = dbc.Input(id=Id.VIEW_NAME, value="", placeholder=words, maxLength=LONGEST_NAME)
    return html.Div(
        [
            html.Label(
                [html.Span(say("views.save"), className="bp-muted bp-small"), field],
                className="bp-view-field",
            ),
            html.Button(
                [icon("bookmark-plus"), say("views.keep")],
                id=Id.VIEW_SAVE,
                className="bp-button bp-primary",
            ),
        ],
        className="bp-view bp-view-form",
    )


def deleted(name: str, href: str, say: Say) -> Any:
    """That a view is gone, with the button that brings it back."""
    undo = html.Button(
        say("views.undo"),
        className="bp-button bp-view-act",
        **{"data-act": "undo", "data-view": href, "data-name": name},
    )
    return html.Div([html.Span(say("views.deleted", name=name)), undo], className="bp-view-said")


def told(words: str) -> Any:
    """What was done, or why not."""
    return html.P(words, className="bp-view-said")
