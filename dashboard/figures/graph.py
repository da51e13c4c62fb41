"""The one place that makes a graph: nothing may be sent anywhere, words in the page's language."""

from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

_LOCALES = {"zh": "zh-CN", "en": "en"}


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


def graph(figure: go.Figure, language: str, height: int) -> Any:
    """A graph of a figure."""
    figure.update_layout(height=height)
    drawn = dcc.Graph(
        figure=figure,
        config=config(language),
        style={"height": f"{height}px"},
        responsive=True,
    )
    return html.Div(drawn, style={"minHeight": f"{height}px"})  # the place is kept while it loads
