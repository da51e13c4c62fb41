"""How well tickets are closed: times, what was in time, what customers said, causes, by unit."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.measured import CauseRow, KeptRow, MeasuredView, Number, TimeRow, UnitRow
from dashboard.data.words import Words
from dashboard.pages import states
from dashboard.pages.parts import Ranged, card, ranged_rows


def measured_page(view: MeasuredView, say: Words) -> Any:
    """The page, or the words for why there is nothing to measure."""
    if not view.opened:
        words = say("measured.none"), say("measured.none_words", days=view.days)
        return html.Div(card(None, states.state("inbox", *words)), className="bp-grid")
    return html.Div(
        [
            _numbers(view, say),
            html.Div([_times(view.times, say), _causes(view.causes, say)],
                     className="bp-stack bp-natural bp-5"),
            html.Div([_kept(view, say), _units(view.units, say)],
                     className="bp-stack bp-natural bp-7"),
        ],
        className="bp-grid bp-measured",
    )  # fmt: skip


def _numbers(view: MeasuredView, say: Words) -> Any:
    title = say("measured.title", unit=view.unit, days=view.days)
    numbers = html.Div([_number(one) for one in view.numbers], className="bp-measures")
    return card(title, numbers)


def _number(one: Number) -> Any:
    words = html.P(one.words, className="bp-muted")
    return html.Div([html.Span(one.name), html.B(one.value), words], className="bp-measure")


def _times(rows: Sequence[TimeRow], say: Words) -> Any:
    names = ("step", "half", "most", "reached")
    head = html.Tr([html.Th(say(f"measured.column.{name}"), scope="col") for name in names])
    body = [
        html.Tr(
            [
                html.Th(row.name, scope="row"),
                *(html.Td(cell) for cell in (row.half, row.most, row.answers)),
            ]
        )
        for row in rows
    ]
    table = html.Table([html.Thead(head), html.Tbody(body)], className="bp-table")
    return card(say("measured.times"), html.Div(table, className="bp-scroll", tabIndex=0),
                note=say("measured.times_note"))  # fmt: skip


def _kept(view: MeasuredView, say: Words) -> Any:
    title = say("measured.in_time")
    if not view.kept:
        return card(title, html.P(say("measured.kept_none"), className="bp-muted"))
    rows = ranged_rows([_ranged(one) for one in view.kept], view.metric, None, ends=(0.0, 1.0))
    return card(title, rows, note=say("measured.kept_note"))


def _ranged(one: KeptRow) -> Ranged:
    return Ranged(
        name=one.name,
        score=one.share,
        low=one.low,
        high=one.high,
        answers=one.answers,
        instead=one.counts,
    )


def _causes(rows: Sequence[CauseRow], say: Words) -> Any:
    title = say("measured.causes")
    if not rows:
        return card(title, html.P(say("measured.causes_none"), className="bp-muted"))
    drawn = [_cause(row) for row in rows]
    return card(title, html.Div(drawn, className="bp-bars"), note=say("measured.causes_note"))


def _cause(row: CauseRow) -> Any:
    bar = html.Div(className="bp-fill", style={"width": f"{row.share:.2%}"})
    return html.Div(
        [
            html.Span(row.name),
            html.B(row.n),
            html.Div(row.words, className="bp-muted bp-small bp-cause-words"),
            html.Div(bar, className="bp-track"),
        ],
        className="bp-bar-row bp-cause-row",
    )


def _units(rows: Sequence[UnitRow], say: Words) -> Any:
    if not rows:
        return None
    columns = ("unit", "opened", "open", "in_time", "resolved", "recovered")
    names = [say(f"measured.column.{name}") for name in columns]
    head = html.Tr([html.Th(name, scope="col") for name in names])
    body = html.Tbody([_unit(row, names[1:]) for row in rows])
    table = html.Table([html.Thead(head), body], className="bp-table bp-roles")
    return card(say("measured.units"), html.Div(table, className="bp-scroll", tabIndex=0),
                note=say("measured.units_note"))  # fmt: skip


def _unit(row: UnitRow, names: Sequence[str]) -> Any:
    cells = (row.opened, row.open, row.in_time, row.resolved, row.recovered)
    name = html.Th(dcc.Link(row.name, href=row.href), scope="row")
    told = [
        html.Td(cell, **{"data-label": column}) for cell, column in zip(cells, names, strict=True)
    ]
    return html.Tr([name, *told])
