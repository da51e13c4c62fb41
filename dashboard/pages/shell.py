"""The page before anything is known of its viewer: no words, no numbers, no database."""

from typing import Any

from dash import dcc, html

from dashboard.ids import Id
from dashboard.pages.states import skeleton

PULSE_MS = 2_000  # how often the browser asks whether anything changed


def shell() -> Any:
    """The frame of all pages, with a skeleton where numbers will be."""
    return html.Div(
        [
            dcc.Location(id=Id.ADDRESS, refresh="callback-nav"),
            dcc.Interval(id=Id.PULSE, interval=PULSE_MS),
            dcc.Store(id=Id.VERSION),
            dcc.Store(id=Id.SHOWN),
            dcc.Store(id=Id.THEME),
            dcc.Store(id=Id.TITLE),
            dcc.Store(id=Id.TITLED),
            dcc.Store(id=Id.PERIOD_WANTED),
            dcc.Store(id=Id.LEAGUE_FILL),
            dcc.Store(id=Id.TABLE_WANTED),
            dcc.Store(id=Id.VIEW_ACT),
            dcc.Store(id=Id.LETTER),
            dcc.Store(id=Id.ROW_ACT),
            dcc.Store(id=Id.REPORT_NOW),
            dcc.Download(id=Id.DOWNLOAD),
            html.Div(id=Id.FRAME, children=_waiting_frame()),
            html.Main(
                html.Div(id=Id.MAIN, children=skeleton(), className="bp-main"), className="bp-wrap"
            ),
            html.Div(id=Id.NOTICES, role="status"),
        ]
    )


def _waiting_frame() -> Any:
    bar = html.Div(html.Div(className="bp-bar"), className="bp-wrap")
    line = {"height": "32px", "width": "240px"}
    head = html.Div(html.Div(className="bp-skeleton", style=line), className="bp-wrap bp-head")
    return [html.Header(bar, className="bp-top"), head]
