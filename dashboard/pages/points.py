"""Printed codes and kiosks: the list, a new one, and the one that is looked at with its posters."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.actions.points import KINDS
from dashboard.data.points import PointDetail, PointRow, PointsView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.parts import card, chip, icon


def points_page(view: PointsView, say: Words) -> Any:
    """The whole page; callbacks make its inside anew."""
    return html.Div(points_inside(view, say), id=Id.POINTS, className="bp-grid")


def points_inside(view: PointsView, say: Words) -> list[Any]:
    """The code that is looked at, all codes, the form for a new one."""
    detail = _detail(view.detail, say) if view.detail else None
    return [detail, _list(view, say), _make(view, say)]


def _list(view: PointsView, say: Words) -> Any:
    """The codes branch by branch; where they stand at one branch only, its name is left out."""
    title = say("points.page.list")
    if not view.rows:
        inner = states.state("qr-code", say("points.page.none"), say("points.page.none_words"))
        return card(title, inner, width=7)
    several = len({row.branch for row in view.rows}) > 1
    rows = html.Div(
        [_row(one, say, several=several) for one in view.rows],
        className="bp-waiting bp-point-rows",
    )
    begun, finished = (sum(getattr(one, of) for one in view.rows) for of in ("begun", "finished"))
    lead = say(
        "points.page.lead", n=count(len(view.rows)), begun=count(begun), finished=count(finished)
    )
    return card(title, html.P(lead), rows, note=say("points.page.list_note"), width=7)


def _row(row: PointRow, say: Words, *, several: bool) -> Any:
    name = row.branch if several else row.label
    facts = " · ".join((row.label, row.about, row.kind) if several else (row.about, row.kind))
    css = " ".join(("bp-wait-row", "active" if row.active else "", "bp-over" if row.closed else ""))
    said = [html.Strong(name), html.Div(facts, className="bp-muted bp-small")]
    return dcc.Link(
        [html.Div(said), _use(row, say)],
        href=row.href,
        className=css.strip(),
    )


def _use(row: PointRow, say: Words) -> Any:
    if row.closed:
        return chip(say("points.page.closed"))
    if not row.begun:
        return html.Span(say("points.page.unused"), className="bp-muted bp-small")
    return chip(say("points.page.used", begun=count(row.begun), finished=count(row.finished)))


def _detail(detail: PointDetail, say: Words) -> Any:
    row = detail.row
    papers = [
        html.Div(
            [
                html.Strong(paper),
                *(
                    html.A(
                        [icon("download"), name],
                        href=href,
                        target="_blank",
                        className="bp-button",
                    )
                    for name, href in links
                ),
            ]
        )
        for paper, links in detail.posters
    ]
    used = say("points.page.used", begun=count(row.begun), finished=count(row.finished))
    last = say("points.page.last", when=detail.last) if detail.last else say("points.page.unused")
    over = say("points.page.closed_at", when=row.closed) if row.closed else None
    close = html.Button(
        say("points.page.close"), id=Id.POINT_CLOSE, value=detail.id, className="bp-button"
    )
    return card(
        row.label,
        html.Img(src=detail.picture, className="bp-code", alt=say("points.page.picture"))
        if detail.picture
        else states.state("hourglass-split", say("points.page.not_yet"), say("points.page.wait")),
        html.P(detail.url, className="bp-address") if detail.url else None,
        html.P(f"{used} · {last}", className="bp-muted"),
        html.Div(papers, className="bp-posters") if papers else None,
        html.P(over) if over else close,
        note=None if over else say("points.page.close_note"),
        width=5,
    )


def _make(view: PointsView, say: Words) -> Any:
    if not view.branches or not view.abouts:
        return None
    kinds = [{"label": say(f"points.kind.{kind}"), "value": kind} for kind in KINDS]
    form = html.Div(
        [
            _field(say("points.page.branch"), Id.POINT_UNIT, view.branches),
            _field(say("points.page.about"), Id.POINT_ABOUT, view.abouts),
            html.Label(
                [
                    say("points.page.kind"),
                    dbc.Select(id=Id.POINT_KIND, options=kinds, value=KINDS[0]),
                ]
            ),
            html.Label(
                [
                    say("points.page.label"),
                    dbc.Input(
                        id=Id.POINT_LABEL, maxLength=60, placeholder=say("points.page.label_hint")
                    ),
                ]
            ),
            html.Button(
                [icon("qr-code"), say("points.page.make")],
                id=Id.POINT_MAKE,
                className="bp-button bp-primary",
            ),
        ],
        className="bp-make",
    )
    return card(say("points.page.new"), form, note=say("points.page.kinds_note"), width=5)


def _field(words: str, name: Id, choices: list[tuple[str, str]]) -> Any:
    options = [{"label": label, "value": value} for value, label in choices]
    return html.Label([words, dbc.Select(id=name, options=options, value=choices[0][0])])
