"""Colours and template of every figure, read from the tokens of the style sheet.

One file holds the colours (``assets/10-tokens.css``); here they become a Plotly template, one for
light and one for dark.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

TOKENS = Path(__file__).parents[1] / "assets" / "10-tokens.css"
FONT = "system-ui, -apple-system, Segoe UI, PingFang SC, Microsoft YaHei, Noto Sans CJK SC"


@dataclass(frozen=True)
class Theme:
    """The colours of one of the two looks."""

    ink: str
    muted: str
    faint: str
    line: str
    card: str
    accent: str
    low: str
    high: str
    mid: str

    def soft(self, colour: str, opacity: float) -> str:
        """A colour, let through by ``opacity`` (0…1)."""
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        return f"rgba({red}, {green}, {blue}, {opacity})"


@cache
def theme(dark: bool) -> Theme:
    """The colours of the light or the dark look."""
    css = TOKENS.read_text(encoding="utf-8")
    block = re.search(rf'\[data-bs-theme="{"dark" if dark else "light"}"\] \{{(.*?)\}}', css, re.S)
    assert block is not None
    found = dict(re.findall(r"--bp-([\w-]+): (#[0-9a-f]{6});", block.group(1)))
    return Theme(**{name: found[name] for name in Theme.__dataclass_fields__})


@cache
def template(dark: bool) -> go.layout.Template:
    """The template that every figure starts from."""
    colours = theme(dark)
    axis = {
        "gridcolor": colours.line,
        "linecolor": colours.line,
        "zeroline": False,
        "tickfont": {"color": colours.muted, "size": 12},
        "ticks": "",
        "fixedrange": True,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "color": colours.ink, "size": 13},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 40, "r": 8, "t": 8, "b": 32},
            "xaxis": {**axis, "showgrid": False},
            "yaxis": axis,
            "showlegend": False,
            "hovermode": "x unified",
            "hoverlabel": {
                "bgcolor": colours.card,
                "bordercolor": colours.line,
                "font": {"color": colours.ink},
            },
            "colorway": [colours.accent, colours.muted, colours.high, colours.low],
        }
    )


@cache
def plain_template(dark: bool) -> dict[str, Any]:
    """The template as it is written, for figures that Plotly does not look through."""
    written: dict[str, Any] = template(dark).to_plotly_json()
    return written
