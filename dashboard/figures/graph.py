"""The one place that makes a graph: nothing may be sent anywhere, words in the page's language.

Below every graph one takes it along as an image, made in the browser (`assets/15-tables.js`), and
reads the numbers behind it as a table.
"""

from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

from dashboard.data.words import Words
from dashboard.figures.behind import Behind, Drawing, taken_out

_LOCALES = {"zh": "zh-CN", "en": "en"}
_FORMATS = ("png", "svg")
_MOST_ROWS = 300


def config(language: str) -> dict[str, Any]:
    """How every graph behaves; Plotly would otherwise offer to share it with a cloud service."""
    return {
        "showSendToCloud": False,
        "plotlyServerURL": "",
        "displaylogo": False,
        "displayModeBar": False,
        "responsive": True,
        "locale": _LOCALES[language],
        "scrollZoom": False,
        "doubleClick": False,
    }


def graph(figure: go.Figure | Drawing, language: str, height: int) -> Any:
    """A graph of a figure, its images and the numbers behind it."""
    say = Words("zh" if language == "zh" else "en")
    behind = taken_out(figure)
    if isinstance(figure, dict):
        figure["layout"]["height"] = height
    else:
        figure.update_layout(height=height)
    drawn = dcc.Graph(
        figure=figure,
        config=config(language),
        style={"height": f"{height}px"},
        responsive=True,
    )
    # The place is kept while it loads.
    place = html.Div(drawn, style={"minHeight": f"{height}px"})
    return html.Div([place, _below(behind, say)], className="bp-figure")


def _below(behind: Behind, say: Words) -> Any:
    images = [
        html.Button(
            say(f"figures.{kind}"),
            className="bp-figure-tool bp-save",
            title=say(f"figures.{kind}_long"),
            **{"data-format": kind},
        )
        for kind in _FORMATS
    ]
    return html.Div(
        [_numbers(behind, say), html.Div(images, className="bp-figure-images")],
        className="bp-figure-tools",
    )


def _numbers(behind: Behind, say: Words) -> Any:
    """The table behind; on a page it is closed until somebody asks for it."""
    if not behind.rows:
        return None
    heads = [say(f"behind.{name}") for name in behind.heads] if behind.named else behind.heads
    table = html.Table(
        [
            html.Caption(say("figures.behind"), className="visually-hidden"),
            html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
            html.Tbody([_row(row) for row in behind.rows[:_MOST_ROWS]]),
        ],
        className="bp-table",
    )
    left = len(behind.rows) - _MOST_ROWS
    more = html.P(say("figures.more", n=left), className="bp-muted bp-small") if left > 0 else None
    inside = html.Div([table, more], className="bp-scroll bp-behind", tabIndex="0")
    return html.Details(
        [html.Summary(say("figures.behind"), className="bp-figure-tool"), inside],
        className="bp-figure-numbers",
    )


def _row(cells: list[str]) -> Any:
    first, *others = cells
    return html.Tr([html.Th(first, scope="row"), *map(html.Td, others)])
