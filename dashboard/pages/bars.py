"""Rows with a bar: a name, how much, in numbers and as a share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.numbers import count, percent


@dataclass(frozen=True)
class Bar:
    """One row; ``share`` and ``of`` say what part of what it is."""

    name: str
    number: int
    share: float | None = None
    of: str = ""
    note: str = ""
    tone: str = ""


def bar_rows(bars: Sequence[Bar], whole: int | None = None) -> Any:
    """Bars on one scale: ``whole`` fills the track, without it the longest does."""
    most = max((bar.number for bar in bars), default=0) if whole is None else whole
    return html.Div([_row(bar, most) for bar in bars], className="bp-bars")


def _row(bar: Bar, most: int) -> Any:
    width = f"{bar.number / most:.2%}" if most else "0%"
    return html.Div(
        [
            html.Span(bar.name, className="bp-name"),
            html.B(count(bar.number)),
            html.Span(
                f"{percent(bar.share)} {bar.of}".strip() if bar.share is not None else "",
                className="bp-muted bp-small",
            ),
            html.Div(
                html.Div(className="bp-fill", style={"width": width}) if bar.number else None,
                className="bp-track",
            ),
            html.Span(bar.note, className="bp-muted bp-small bp-bar-note") if bar.note else None,
        ],
        className=f"bp-bar-row {bar.tone}".strip(),
    )
