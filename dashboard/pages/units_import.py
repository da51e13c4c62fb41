"""Importing units: the file, what it would do, the rows that are not taken, the second press."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.actions.units import SHOWN, Tried
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.parts import card, icon

LARGEST = 2_000_000
_CELLS = ("line", "column", "severity", "reason", "value")


def import_page(fields: Sequence[str], back: str, say: Words) -> Any:
    """What a file has to say, and where it is handed over."""
    body = html.Div(
        [
            html.P(say("units.import.lead")),
            html.P(say("units.import.columns", names=", ".join(fields)), className="bp-muted"),
            _drop(Id.UNITS_FILE, Id.UNITS_FILED, say("units.import.drop"), ".csv,.gz,.xlsx"),
            _drop(Id.UNITS_MAPPING, Id.UNITS_MAPPED, say("units.import.drop_mapping"), ".toml"),
            html.Div(
                [
                    html.Button(
                        [icon("play-circle"), say("units.import.check")],
                        id=Id.UNITS_TRY,
                        className="bp-button bp-primary",
                    ),
                    dcc.Link(say("units.import.back"), href=back, className="bp-button"),
                ],
                className="bp-buttons",
            ),
            html.Div(id=Id.UNITS_TRIED, role="status"),
        ],
        className="bp-person-form",
    )
    return card(say("units.import.title"), body)


def _drop(name: Id, filed: Id, words: str, accept: str) -> Any:
    return dcc.Upload(
        html.Div([icon("file-earmark-text"), words], id=filed),
        id=name,
        max_size=LARGEST,
        accept=accept,
        className="bp-drop",
        className_active="bp-drop active",
    )


def tried(found: Tried, say: Words) -> Any:
    """What the file would do; with a way on when it can be taken."""
    if found.refused is not None:
        return states.state("exclamation-triangle", say("units.import.refused"), found.refused)
    numbers = {
        name: count(getattr(found, name))
        for name in ("read", "written", "unchanged", "skipped", "errors")
    }
    return html.Div(
        [
            html.P(html.Strong(say("units.import.read", **numbers))),
            _way_on(found, say),
            _rejects(found, say),
        ]
    )


def _way_on(found: Tried, say: Words) -> Any:
    if found.errors:
        return html.P(say("units.import.wrong"))
    if not found.written:
        return html.P(say("units.import.nothing"))
    return html.Button(
        [icon("check-lg"), say("units.import.sure")],
        id=Id.UNITS_SURE,
        value=found.fingerprint,
        className="bp-button bp-primary",
    )


def taken(found: Tried, back: str, say: Words) -> Any:
    """What the file did."""
    if found.refused is not None or found.errors:
        return tried(found, say)
    numbers = {
        name: count(getattr(found, name)) for name in ("read", "written", "unchanged", "skipped")
    }
    return html.Div(
        [
            html.P([icon("check-circle"), html.Strong(say("units.import.done", **numbers))]),
            dcc.Link(say("units.import.back"), href=back, className="bp-button"),
        ],
        className="bp-person-question",
    )


def _rejects(found: Tried, say: Words) -> Any:
    if not found.rejects:
        return None
    head = html.Tr([html.Th(say(f"units.reject.{name}"), scope="col") for name in _CELLS])
    body = [html.Tr([html.Td(_cell(row, name, say)) for name in _CELLS]) for row in found.rejects]
    more = None
    if found.not_taken > len(found.rejects):
        more = html.P(
            say("units.import.more", shown=count(SHOWN), all=count(found.not_taken)),
            className="bp-note",
        )
    table = html.Table([html.Thead(head), html.Tbody(body)], className="bp-table bp-words")
    scrolled = html.Div(table, className="bp-scroll", tabIndex=0)
    return html.Div([html.H3(say("units.import.rejects")), scrolled, more])


def _cell(row: dict[str, str], name: str, say: Words) -> str:
    return say(f"units.reject.{row[name]}") if name == "severity" else row[name]
