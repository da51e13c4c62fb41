"""Figures draw what the frame says: gaps stay gaps, bands never span them, nothing is shared."""

from datetime import date, timedelta

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.figures.behind import Behind, taken_out
from dashboard.figures.comparison import COLUMNS as COMPARED
from dashboard.figures.comparison import comparison_figure
from dashboard.figures.graph import config, graph
from dashboard.figures.reasons import COLUMNS as REASONS
from dashboard.figures.reasons import reasons_figure, reasons_height
from dashboard.figures.theme import TOKENS, Theme, template, theme
from dashboard.figures.trend import COLUMNS, trend_figure
from dashboard.numbers import Metric

NPS = Metric("nps", "NPS", "nps", -100, 100)
SHARE = Metric("top", "Satisfied", "share", 0, 1)
MONDAY = date(2026, 8, 3)


def _trend(scores: list[float | None]) -> pd.DataFrame:
    rows = [
        (
            MONDAY + timedelta(weeks=place),
            score,
            None if score is None else score - 5,
            None if score is None else score + 5,
            40,
        )
        for place, score in enumerate(scores)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"score": float, "low": float, "high": float})


def _drawn(figure: go.Figure) -> go.Scatter:
    return next(trace for trace in figure.data if trace.mode == "lines+markers")


def test_a_trend_has_a_point_per_week_and_a_gap_where_there_is_no_score() -> None:
    figure = go.Figure(
        trend_figure(_trend([40, 42, None, 39]), NPS, dark=False, tick="%d", hover="x")
    )
    assert list(_drawn(figure).y) == [40, 42, None, 39]
    assert _drawn(figure).connectgaps is False


def test_a_band_never_spans_a_gap() -> None:
    figure = go.Figure(
        trend_figure(_trend([40, 42, None, 39, 38]), NPS, dark=False, tick="%d", hover="x")
    )
    bands = [trace for trace in figure.data if trace.fill == "tonexty"]
    assert [len(band.x) for band in bands] == [2, 2]
    assert [list(band.y) for band in bands] == [[35, 37], [34, 33]]


def test_shares_are_drawn_in_percent() -> None:
    frame = _trend([0.5, 0.6]).assign(low=0.4, high=0.7)
    figure = go.Figure(trend_figure(frame, SHARE, dark=False, tick="%d", hover="x", mean=0.55))
    assert list(_drawn(figure).y) == [50, 60]
    assert figure.layout.shapes[0].y0 == pytest.approx(55)
    assert figure.layout.yaxis.ticksuffix == "\u202f%"


def test_hovering_says_score_interval_and_answers() -> None:
    figure = go.Figure(
        trend_figure(_trend([-4.0]), NPS, dark=False, tick="%d", hover="%{customdata[0]}")
    )
    assert list(_drawn(figure).customdata[0]) == ["\u22124", "\u22129", "1", 40]


def test_an_empty_trend_is_a_figure_without_points() -> None:
    figure = go.Figure(trend_figure(_trend([]), NPS, dark=True, tick="%d", hover="x"))
    assert list(_drawn(figure).y or ()) == []


def test_a_comparison_draws_everyone_with_their_interval_and_marks_the_own() -> None:
    rows = [("Here", 41.0, 33.0, 49.0, True), ("East", 44.0, 42.0, 46.0, False)]
    figure = go.Figure(
        comparison_figure(pd.DataFrame(rows, columns=list(COMPARED)), NPS, dark=False)
    )
    points = {trace.y[0]: trace for trace in figure.data if trace.mode == "markers+text"}
    assert {name: trace.x[0] for name, trace in points.items()} == {"Here": 41, "East": 44}
    assert points["Here"].marker.color == theme(False).accent
    assert points["East"].marker.color == theme(False).muted
    lines = {trace.y[0]: list(trace.x) for trace in figure.data if trace.mode == "lines"}
    assert lines == {"Here": [33, 49], "East": [42, 46]}
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (33, 49)


def test_no_graph_offers_to_send_anything_anywhere() -> None:
    for language in ("zh", "en"):
        settings = config(language)
        assert settings["showSendToCloud"] is False
        assert settings["displaylogo"] is False
    assert config("zh")["locale"] == "zh-CN"
    drawn = graph(go.Figure(), "en", 200).children[0].children
    assert drawn.config["showSendToCloud"] is False


def test_a_figure_gives_its_numbers_to_the_page_and_not_to_the_browser() -> None:
    drawn = trend_figure(_trend([40.0, None]), NPS, dark=False, tick="%d", hover="")
    _, below = graph(drawn, "en", 200).children
    assert "meta" not in drawn["layout"]
    table = below.children[0].children[1].children[0]
    _, head, body = table.children
    assert [cell.children for cell in head.children.children] == [
        *("From", "Score", "From about", "To about", "Answers")
    ]
    rows = [[cell.children for cell in row.children] for row in body.children]
    assert rows == [
        ["2026-08-03", "40", "35", "45", "40"],
        ["2026-08-10", "\u2013", "\u2013", "\u2013", "40"],
    ]


def test_of_a_figure_that_keeps_nothing_the_traces_are_read() -> None:
    figure = go.Figure(go.Heatmap(x=["a", "b"], y=["one"], z=[[1.5, None]]))
    assert taken_out(figure) == Behind(["", "a", "b"], [["one", "1.5", "\u2013"]])
    points = go.Figure(
        [go.Scatter(x=[1, 2], y=[3.25, 4]), go.Scatter(x=[1], y=[1], hoverinfo="skip")]
    )
    assert taken_out(points) == Behind(["x", "y"], [["1", "3.25"], ["2", "4"]])


def test_figures_take_their_colours_from_the_style_sheet() -> None:
    css = TOKENS.read_text(encoding="utf-8")
    for dark in (False, True):
        for name in Theme.__dataclass_fields__:
            colour = getattr(theme(dark), name)
            assert f"--bp-{name}: {colour};" in css
    assert theme(False) != theme(True)


def _contrast(first: str, second: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(first), light(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_words_and_signals_stand_out_from_the_card(dark: bool) -> None:
    colours = theme(dark)
    for name in ("ink", "muted", "accent", "low", "high"):
        assert _contrast(getattr(colours, name), colours.card) >= 4.5, name


def test_both_looks_have_a_template() -> None:
    assert template(False).layout.font.color == theme(False).ink
    assert template(True).layout.font.color == theme(True).ink


def test_reasons_stand_in_panels_of_one_scale() -> None:
    rows = [(date(2026, 8, 17), "Capped", 50, 100), (date(2026, 8, 17), "Too old", 5, 100)]
    frame = pd.DataFrame(rows, columns=list(REASONS))
    figure = reasons_figure(frame, dark=False, tick="%d", hover="", by_week=True)
    assert [list(bar.y) for bar in figure.data] == [[50.0], [5.0]]
    assert figure.layout.yaxis2.matches == "y" or figure.layout.yaxis.matches


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        ("Capped", ["Capped"]),
        (
            "The customer has been asked as often as the cap allows",
            ["The customer has been asked as often as the cap", "allows"],
        ),
        ("客" * 30, ["客" * 24, "客" * 6]),
    ],
)
def test_a_long_reason_stands_whole_over_its_panel(reason: str, lines: list[str]) -> None:
    rows = [(date(2026, 8, 17), reason, 50, 100), (date(2026, 8, 17), "Too old", 5, 100)]
    frame = pd.DataFrame(rows, columns=list(REASONS))
    figure = reasons_figure(frame, dark=False, tick="%d", hover="", by_week=True)
    assert figure.layout.annotations[0].text == "<br>".join(lines)
    assert reasons_height(frame) > reasons_height(frame.tail(1))
