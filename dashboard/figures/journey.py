"""The score along the customer's way: a point with its interval per touchpoint, stage by stage."""

from itertools import groupby

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.behind import keep
from dashboard.figures.theme import Theme, template, theme
from dashboard.numbers import Metric

COLUMNS = ("touchpoint", "stage", "score", "low", "high", "n")
HEIGHT = 300


def journey_figure(frame: pd.DataFrame, metric: Metric, answers: str, *, dark: bool) -> go.Figure:
    """One point per line of `COLUMNS`; ``answers`` is the word behind their number."""
    colours = theme(dark)
    figure = go.Figure()
    places = list(range(len(frame)))
    scores = [metric.scaled(float(one)) for one in frame["score"]]
    figure.add_scatter(
        x=places,
        y=scores,
        mode="lines",
        line={"color": colours.faint, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    for place, row in zip(places, frame.itertuples(), strict=True):
        _add_interval(figure, place, row, metric, colours)
    figure.add_scatter(
        x=places,
        y=scores,
        mode="markers+text",
        marker={"size": 14, "color": colours.accent, "line": {"color": colours.card, "width": 2}},
        text=[f"<b>{metric.text(float(one))}</b>" for one in frame["score"]],
        textposition="middle right",
        textfont={"size": 14, "color": colours.ink},
        cliponaxis=False,
        customdata=list(zip(frame["touchpoint"], frame["n"], strict=True)),
        hovertemplate=f"%{{customdata[0]}}<br>%{{customdata[1]}} {answers}<extra></extra>",
    )
    _add_stages(figure, frame, colours)
    names = [_broken(str(one)) for one in frame["touchpoint"]]
    below = 52 if any("<br>" in name for name in names) else 32
    figure.update_layout(
        template=template(dark), hovermode="closest", margin={"l": 40, "r": 24, "t": 32, "b": below}
    )
    figure.update_xaxes(
        tickvals=places,
        ticktext=names,
        range=[-0.5, max(len(places), 1) - 0.5],
        showgrid=False,
        tickfont={"size": 12, "color": colours.ink},
    )
    figure.update_yaxes(ticksuffix=metric.suffix, nticks=5)
    keep(figure, ("touchpoint", "score", "low", "high", "n"), _numbers(frame, metric))
    return figure


def _numbers(frame: pd.DataFrame, metric: Metric) -> list[list[str]]:
    scores = zip(*(frame[name].map(metric.text) for name in ("score", "low", "high")), strict=True)
    return [
        [place, *texts, n]
        for place, texts, n in zip(frame["touchpoint"], scores, frame["n"], strict=True)
    ]


def _add_interval(
    figure: go.Figure, place: int, row: object, metric: Metric, colours: Theme
) -> None:
    ends = [metric.scaled(float(row.low)), metric.scaled(float(row.high))]  # type: ignore[attr-defined]
    figure.add_scatter(
        x=[place, place],
        y=ends,
        mode="lines",
        line={"color": colours.soft(colours.accent, 0.35), "width": 8},
        hoverinfo="skip",
    )


def _add_stages(figure: go.Figure, frame: pd.DataFrame, colours: Theme) -> None:
    """A band and a name for the touchpoints of each stage."""
    start = 0
    for number, (stage, members) in enumerate(groupby(frame["stage"])):
        end = start + len(list(members))
        if number % 2 == 0:
            figure.add_vrect(
                x0=start - 0.5,
                x1=end - 0.5,
                fillcolor=colours.soft(colours.faint, 0.1),
                line_width=0,
                layer="below",
            )
        figure.add_annotation(
            x=(start + end - 1) / 2,
            y=1,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            text=stage,
            font={"size": 13, "color": colours.muted},
        )
        start = end


def _broken(name: str) -> str:
    """A long name on two lines."""
    words = name.split()
    if len(words) < 2 or len(name) < 16:
        return name
    half = (len(words) + 1) // 2
    return " ".join(words[:half]) + "<br>" + " ".join(words[half:])
