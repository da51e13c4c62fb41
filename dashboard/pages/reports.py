"""Reports: the form, orders with how far they are, and one order with its files."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.actions.reports import FORMATS
from dashboard.data.reports import FileRow, OrderRow, OrderView, ReportForm, ReportsView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.parts import card, chip, icon, row_act


def reports_page(view: ReportsView, say: Words) -> Any:
    """The form beside what was ordered."""
    if view.form is None and not view.orders:
        return states.closed(say)
    form = None if view.form is None else _form(view.form, say)
    return html.Div(
        [dcc.Store(id=Id.REPORT_ACT), form, _orders(view.orders, say)], className="bp-grid"
    )


def order_page(view: OrderView, say: Words) -> Any:
    """One order and its files."""
    order = view.order
    back = dcc.Link(say("orders.page.back"), href=view.back, className="bp-button")
    head = card(
        order.title,
        html.P(order.facts, className="bp-muted"),
        _progress(order),
        html.Div([*_acts(order, say), back], className="bp-buttons bp-report-acts"),
        aside=chip(order.state, order.tone),
    )
    failed = html.Div([_file(one, say) for one in view.failed], className="bp-waiting")
    rows = html.Div([_file(one, say) for one in view.files], className="bp-waiting")
    more = dcc.Link(say("orders.page.more"), href=view.more, className="bp-button")
    files = card(say("orders.page.files"), rows, more if view.more else None)
    not_made = card(say("orders.page.not_made"), failed) if view.failed else None
    return html.Div([dcc.Store(id=Id.REPORT_ACT), head, not_made, files], className="bp-grid")


def _form(form: ReportForm, say: Words) -> Any:
    formats = [{"label": say(f"orders.format_long.{one}"), "value": one} for one in FORMATS]
    languages = [{"label": say(f"dashboard.language.{one}"), "value": one} for one in ("zh", "en")]
    fields = [
        html.Fieldset(
            [
                html.Legend(say("orders.page.formats")),
                dbc.Checklist(id=Id.REPORT_FORMATS, options=formats, value=["pdf"]),
            ]
        ),
        html.Label(
            [
                say("orders.page.language"),
                dbc.Select(id=Id.REPORT_LANGUAGE, options=languages, value=form.language),
            ]
        ),
        _which(form, say),
        html.Button(
            [icon("file-earmark-text"), say("orders.page.make")],
            id=Id.REPORT_MAKE,
            className="bp-button bp-primary",
        ),
    ]
    about = "orders.page.about" if form.several else "orders.page.about_one"
    lead = html.P(say(about, unit=form.unit, days=form.period))
    inner = html.Div(fields, className="bp-form bp-report-form")
    return card(say("orders.page.new"), lead, inner, note=say("orders.page.new_note"), width=5)


def _which(form: ReportForm, say: Words) -> Any:
    """One report, or one for each branch; a branch itself has no choice."""
    options = [{"label": say("orders.page.one", unit=form.unit), "value": "one"}]
    if form.branches:
        words = say("orders.page.pack", n=count(form.branches))
        options.append({"label": words, "value": "pack"})
    select = dbc.Select(id=Id.REPORT_PACK, options=options, value="one")
    return html.Label(
        [say("orders.page.which"), select], className=None if form.branches else "bp-gone"
    )


def _orders(orders: Sequence[OrderRow], say: Words) -> Any:
    title = say("orders.page.list")
    if not orders:
        words = say("orders.page.none"), say("orders.page.none_words")
        return card(title, states.state("file-earmark-text", *words), width=7)
    rows = html.Div([_order(one, say) for one in orders], className="bp-waiting")
    return card(title, rows, note=say("orders.page.kept"), width=7)


def _order(order: OrderRow, say: Words) -> Any:
    said = html.Div(
        [
            dcc.Link(html.Strong(order.title), href=order.href),
            html.Div(order.facts, className="bp-muted bp-small"),
            _progress(order),
        ]
    )
    acts = html.Div(_acts(order, say), className="bp-buttons")
    right = html.Div([chip(order.state, order.tone), acts], className="bp-report-right")
    return html.Div([said, right], className="bp-wait-row bp-report-row")


def _progress(order: OrderRow) -> Any:
    fill = html.Div(className="bp-fill", style={"width": f"{order.share:.1%}"})
    track = html.Div(fill, className="bp-track", **{"aria-hidden": "true"})
    words = html.Div(order.progress, className="bp-muted bp-small")
    return html.Div([track if order.may_cancel else None, words], className="bp-report-progress")


def _acts(order: OrderRow, say: Words) -> list[Any]:
    found: list[Any] = []
    if order.download is not None:
        found.append(_download(order.download.label, str(order.download.href)))
    if order.may_cancel:
        found.append(_button(say("orders.page.cancel"), "cancel", order.id))
    if order.may_resume:
        found.append(_button(say("orders.page.resume"), "resume", order.id))
    return found


def _button(words: str, act: str, about: str) -> Any:
    told = row_act(Id.REPORT_ACT, act, about)
    return html.Button(words, className="bp-button", type="button", **told)


def _download(words: str, href: str, name: str = "") -> Any:
    label = {"aria-label": f"{words}: {name}"} if name else {}
    return html.A([icon("download"), words], href=href, download="", className="bp-button", **label)


def _file(file: FileRow, say: Words) -> Any:
    said = html.Div([html.Strong(file.name), html.Div(file.facts, className="bp-muted bp-small")])
    there = (
        _download(say("orders.page.file"), file.href, file.name) if file.href else chip(file.state)
    )
    return html.Div([said, there], className="bp-wait-row bp-report-row")
