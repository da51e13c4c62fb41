"""The driver matrix: how much a question matters by how it is rated, with both intervals."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.behind import keep
from dashboard.figures.labels import place_labels
from dashboard.figures.theme import Theme, template, theme
from dashboard.numbers import percent

COLUMNS = ("name", "weight", "low", "high", "score", "score_low", "score_high", "quadrant", "hover")
HEIGHT = 460
_BEHIND = ("name", "weight", "low", "high", "rating", "low", "high")


@dataclass(frozen=True)
class MatrixWords:
    """What stands around the points; ``corners`` by quadrant."""

    x: str
    y: str
    corners: dict[str, str]


_CORNERS = {
    "priority": (0.0, 1.0, "left", "top"),
    "strength": (1.0, 1.0, "right", "top"),
    "secondary": (0.0, 0.0, "left", "bottom"),
    "sufficient": (1.0, 0.0, "right", "bottom"),
}


def driver_figure(
    frame: pd.DataFrame, words: MatrixWords, *, lines: tuple[float, float] | None, dark: bool
) -> go.Figure:
    """One point per line of `COLUMNS`; shares are 0..1, ratings 0..100.

    ``lines`` are the rating and the share that corners are divided by; without them there are no
    corners.
    """
    colours = theme(dark)
    figure = go.Figure()
    across, up = _ranges(frame, lines)
    if lines is not None:
        _divide(figure, lines, words, colours)
    for row in frame.itertuples():
        _add_point(figure, row, colours)
    _add_names(figure, frame, (across, up), colours)
    figure.update_layout(
        template=template(dark), hovermode="closest", margin={"l": 56, "r": 12, "t": 16, "b": 48}
    )
    figure.update_xaxes(range=across, title=_title(words.x, colours), nticks=6, showgrid=True)
    figure.update_yaxes(
        range=up, title=_title(words.y, colours), nticks=6, tickformat=".0%", showgrid=True
    )
    keep(figure, _BEHIND, [_texts(row) for row in frame.itertuples()])
    return figure


def _texts(row: object) -> list[str]:
    """A row in words: name, share with its ends, rating with its ends."""
    shares = [percent(float(getattr(row, name))) for name in COLUMNS[1:4]]
    ratings = [f"{getattr(row, name):.0f}" for name in COLUMNS[4:7]]
    return [str(row.name), *shares, *ratings]  # type: ignore[attr-defined]


def _title(words: str, colours: Theme) -> dict[str, object]:
    return {"text": words, "font": {"size": 13, "color": colours.muted}, "standoff": 8}


def _ranges(
    frame: pd.DataFrame, lines: tuple[float, float] | None
) -> tuple[list[float], list[float]]:
    """All intervals and lines with some air around them."""
    line = list(lines) if lines is not None else []
    left = min([float(frame["score_low"].min()), *line[:1]])
    right = max([float(frame["score_high"].max()), *line[:1]])
    bottom = min([float(frame["low"].min()), *line[1:]])
    top = max([float(frame["high"].max()), *line[1:]])
    wide, tall = 0.18 * max(right - left, 8.0), 0.16 * max(top - bottom, 0.06)
    return [left - wide, right + wide], [bottom - tall, top + tall]


def _divide(
    figure: go.Figure, lines: tuple[float, float], words: MatrixWords, colours: Theme
) -> None:
    rating, share = lines
    dashed = {"color": colours.faint, "dash": "dash", "width": 1.5}
    figure.add_vline(x=rating, line=dashed, layer="below")
    figure.add_hline(y=share, line=dashed, layer="below")
    for quadrant, (x, y, side, end) in _CORNERS.items():
        figure.add_annotation(
            x=x,
            y=y,
            xref="paper",
            yref="paper",
            xanchor=side,
            yanchor=end,
            xshift=8 if side == "left" else -8,
            yshift=-8 if end == "top" else 8,
            showarrow=False,
            text=f"<b>{words.corners[quadrant]}</b>",
            font={"size": 12, "color": _colour(quadrant, colours)},
        )


def _colour(quadrant: str, colours: Theme) -> str:
    named = {"priority": colours.low, "strength": colours.high}
    return named.get(quadrant, colours.muted if quadrant else colours.accent)


def _add_point(figure: go.Figure, row: object, colours: Theme) -> None:
    colour = _colour(str(row.quadrant), colours)  # type: ignore[attr-defined]
    x, y = float(row.score), float(row.weight)  # type: ignore[attr-defined]
    across = [float(row.score_low), float(row.score_high)]  # type: ignore[attr-defined]
    along = [float(row.low), float(row.high)]  # type: ignore[attr-defined]
    bar = {"color": colours.soft(colour, 0.45), "width": 4}
    figure.add_scatter(x=across, y=[y, y], mode="lines", line=bar, hoverinfo="skip")
    figure.add_scatter(x=[x, x], y=along, mode="lines", line=bar, hoverinfo="skip")
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={"size": 14, "color": colour, "line": {"color": colours.card, "width": 2}},
        hovertemplate=f"{row.hover}<extra></extra>",  # type: ignore[attr-defined]
    )


def _add_names(
    figure: go.Figure, frame: pd.DataFrame, ranges: tuple[list[float], list[float]], colours: Theme
) -> None:
    (left, right), (bottom, top) = ranges
    points = [
        ((score - left) / (right - left), (weight - bottom) / (top - bottom))
        for score, weight in zip(frame["score"], frame["weight"], strict=True)
    ]
    names = [str(name) for name in frame["name"]]
    for row, label in zip(frame.itertuples(), place_labels(points, names), strict=True):
        figure.add_annotation(
            x=row.score,
            y=row.weight,
            text=row.name,
            showarrow=True,
            ax=label.dx,
            ay=-label.dy,
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=colours.faint if label.led else "rgba(0,0,0,0)",
            xanchor=label.anchor,
            yanchor="middle",
            bgcolor=colours.soft(colours.card, 0.8),
            font={"size": 13, "color": colours.ink},
        )
