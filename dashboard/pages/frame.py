"""The frame around every page: brand, navigation, breadcrumbs, filters, language, account."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.frame import Frame, Link
from dashboard.data.words import Say
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages.parts import icon, row_act
from dashboard.pages.views import views_menu


def frame_of(frame: Frame, say: Say) -> Any:
    """The top bar and the head of the page."""
    return [_top(frame, say), html.Div(_head(frame, say), className="bp-wrap bp-head")]


def _top(frame: Frame, say: Say) -> Any:
    brand = dcc.Link(
        [html.Img(src="/app/assets/mark.svg", alt="", className="bp-mark"), frame.brand],
        href="/app/",
        className="bp-brand",
    )
    links = [
        dcc.Link(
            link.label,
            href=link.href,
            className="active" if link.active else "",
        )
        for link in frame.navigation
    ]
    bar = [
        brand,
        html.Nav(links, className="bp-nav", **{"aria-label": say("dashboard.nav.label")}),
        html.Div(_tools(frame, say), className="bp-tools"),
    ]
    return html.Header(
        html.Div(html.Div(bar, className="bp-bar"), className="bp-wrap"),
        className="bp-top" if frame.takes else "bp-top bp-may-not-take",
    )


def _tools(frame: Frame, say: Say) -> list[Any]:
    theme = html.Button(
        icon("circle-half"),
        id=Id.THEME_BUTTON,
        className="bp-tool",
        title=say("dashboard.theme"),
        **{"aria-label": say("dashboard.theme")},
    )
    language = _menu(
        [icon("translate"), html.Span(_active(frame.languages), className="bp-word")],
        _entries(frame.languages),
        css="bp-tool",
        right=True,
        label=say("dashboard.language.label"),
    )
    who = html.Div(
        [html.Strong(frame.person), html.Div(frame.role, className="bp-muted bp-small")],
        className="bp-who",
    )
    out = html.Form(
        html.Button(say("dashboard.log_out"), type="submit", className="bp-entry"),
        action="/logout",
        method="post",
    )
    account = _menu(
        [icon("person-circle"), html.Span(frame.person, className="bp-word")],
        [who, html.Hr(), out],
        css="bp-tool",
        right=True,
        label=say("dashboard.account"),
    )
    bell = dcc.Link(
        bell_inside(frame.unread, say),
        id=Id.BELL,
        href=frame.notices,
        className="bp-tool bp-bell",
    )
    tools = [views_menu(frame.views, say), theme, language, account]
    return [bell, *tools] if frame.notices else tools


def bell_inside(unread: int, say: Say) -> list[Any]:
    """The bell with how many notices are new, said aloud too."""
    words = say("told.bell_new", n=count(unread)) if unread else say("told.bell")
    number = html.B(_bell_number(unread), className="bp-bell-number") if unread else None
    return [icon("bell"), number, html.Span(words, className="visually-hidden")]


def _bell_number(unread: int) -> str:
    return str(unread) if unread < 100 else "99+"


def _head(frame: Frame, say: Say) -> list[Any]:
    crumbs: list[Any] = []
    for link in frame.breadcrumbs:
        crumbs += [icon("chevron-right")] if crumbs else []
        crumbs.append(dcc.Link(link.label, href=link.href) if link.href else html.Span(link.label))
    return [
        html.Nav(
            _entries(frame.tabs), className="bp-tabs", **{"aria-label": say("dashboard.tab.label")}
        )
        if frame.tabs
        else None,
        html.Nav(crumbs, className="bp-crumbs", **{"aria-label": say("dashboard.crumbs")})
        if crumbs
        else None,
        html.Div(
            [html.H1(frame.title), _filters(frame, say)],
            className="bp-titles",
        ),
    ]


def _filters(frame: Frame, say: Say) -> Any:
    """What a page is about, where it can be chosen, and the button for a report of it."""
    report = _report(say) if frame.report else None
    if not frame.filtered:
        return html.Div(report, className="bp-filters") if report else None
    period = _menu(
        [icon("calendar3"), html.Span(frame.period), icon("chevron-down")],
        _entries(frame.periods)
        if frame.monthly
        else [*_entries(frame.periods), html.Hr(), _own_days(frame, say)],
        css="bp-filter",
        label=say("dashboard.filter.period"),
    )
    place = _menu(
        [icon("signpost-split"), html.Span(frame.touchpoint), icon("chevron-down")],
        _entries(frame.touchpoints),
        css="bp-filter",
        right=True,
        label=say("dashboard.filter.touchpoint"),
    )
    units = _menu(
        [icon("diagram-3"), html.Span(frame.unit), icon("chevron-down")],
        _entries(frame.units),
        css="bp-filter",
        label=say("dashboard.filter.unit"),
    )
    metric = _menu(
        [html.Span(frame.metric), icon("chevron-down")],
        _entries(frame.metrics),
        css="bp-filter",
        right=True,
        label=say("dashboard.filter.metric"),
    )
    shown = [
        units if len(frame.units) > 1 else None,
        metric if len(frame.metrics) > 1 else None,
        place if len(frame.touchpoints) > 1 else None,
        None if frame.timeless else period,
        report,
    ]
    return html.Div(shown, className="bp-filters")


def _report(say: Say) -> Any:
    """A report of what is shown, with one click."""
    return html.Button(
        [icon("file-earmark-text"), html.Span(say("orders.page.now"))],
        type="button",
        className="bp-filter",
        title=say("orders.page.now_words"),
        **row_act(Id.REPORT_NOW, "order"),
    )


def _own_days(frame: Frame, say: Say) -> Any:
    def day(name: Id, words: str, value: str) -> Any:
        return html.Label([words, dbc.Input(id=name, type="date", value=value)])

    return html.Div(
        [
            day(Id.PERIOD_FROM, say("dashboard.filter.first"), frame.first.isoformat()),
            day(Id.PERIOD_TO, say("dashboard.filter.last"), frame.last.isoformat()),
            html.Button(
                say("dashboard.filter.apply"), id=Id.PERIOD_APPLY, className="bp-button bp-primary"
            ),
        ],
        className="bp-dates",
    )


def _menu(
    summary: Sequence[Any], sheet: Sequence[Any], *, css: str, label: str, right: bool = False
) -> Any:
    """A menu that works without a callback."""
    return html.Details(
        [
            html.Summary(summary, className=css, title=label),
            html.Div(sheet, className="bp-sheet bp-right" if right else "bp-sheet"),
        ],
        className="bp-menu",
    )


def _entries(links: Sequence[Link]) -> list[Any]:
    return [
        dcc.Link(link.label, href=link.href, className="active" if link.active else "")
        for link in links
    ]


def _active(links: Sequence[Link]) -> str:
    return next((link.label for link in links if link.active), "")
