"""The page of drivers as a component tree, and the matrix as a figure."""

from itertools import combinations
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_dashboard_pages import hrefs, nodes, text

from dashboard.address import Page, read_address
from dashboard.data.drivers import DriversView, Line, Priority
from dashboard.data.frame import Link
from dashboard.data.words import Words
from dashboard.figures.drivers import COLUMNS, MatrixWords, driver_figure
from dashboard.figures.labels import GAP, HEIGHT, LINE, WIDTH, place_labels, text_width
from dashboard.pages.drivers import drivers_page

EN, ZH = Words("en"), Words("zh")
CORNERS = {"priority": "first", "strength": "keep", "secondary": "later", "sufficient": "enough"}
POINTS = pd.DataFrame(
    [
        ("Waiting time", 0.45, 0.41, 0.49, 61, 59, 63, "priority", "Waiting time: 45 %"),
        ("Advisor", 0.33, 0.29, 0.37, 84, 83, 85, "strength", "Advisor: 33 %"),
        ("Offer", 0.22, 0.18, 0.27, 78, 77, 79, "", "Offer: 22 %"),
    ],
    columns=list(COLUMNS),
)
LEVELS = [Link("customers", "/app/drivers", True), Link("branches", "/app/drivers?level=between")]


def a_line(**changes: Any) -> Line:
    given = {
        "name": "Waiting time",
        "weight": "45\u202f%",
        "weight_range": "41\u202f% – 49\u202f%",
        "rating": "61",
        "rating_range": "59 – 63",
        "network": "60",
        "quadrant": "start here",
        "tone": "bp-down",
        "ends": "Bad: −2.1 · excellent: +0.4",
        "role": "Bad marks hurt",
        "cautions": ["Read it with care."],
    }
    return Line(**{**given, **changes})


def a_view(**changes: Any) -> DriversView:
    given = {
        "outcome": "NPS",
        "levels": LEVELS,
        "priorities": (Priority("Waiting time: start here", "It makes up 45 %.", "bp-low"),),
        "strength": "Keep it that way: Advisor.",
        "points": POINTS,
        "matrix": MatrixWords("rated", "matters", CORNERS),
        "lines": (78.0, 0.33),
        "sentence": "Each point is a question.",
        "table": (a_line(), a_line(name="Advisor", ends="", role="", cautions=[])),
        "how": ("4,000 answers of 30 branches.",),
    }
    return DriversView(**{**given, **changes})


def figure_of(tree: Any) -> Any:
    return next(node.figure for node in nodes(tree) if hasattr(node, "figure"))


@pytest.mark.parametrize("say", [EN, ZH])
def test_the_page_says_what_to_do_first_and_gives_every_number_with_its_range(say: Words) -> None:
    page = drivers_page(a_view(), say, dark=False)
    read = text(page)
    for words in (
        "Waiting time: start here",
        "It makes up 45 %.",
        "Keep it that way: Advisor.",
        "Each point is a question.",
        "41\u202f% – 49\u202f%",
        "59 – 63",
        "Bad marks hurt",
        "Read it with care.",
        "4,000 answers of 30 branches.",
        say("drivers.table.sentence"),
    ):
        assert words in read
    assert read.index("start here") < read.index("Each point") < read.rindex("41\u202f%")
    assert hrefs(page) == [link.href for link in LEVELS]


@pytest.mark.parametrize("say", [EN, ZH])
def test_without_drivers_there_is_a_sentence_and_nothing_else(say: Words) -> None:
    view = a_view(problem="100 people must have answered.", left_out=("Asked elsewhere: offer",))
    page = drivers_page(view, say, dark=False)
    assert "100 people must have answered." in text(page)
    assert "Asked elsewhere: offer" in text(page)
    assert not [node for node in nodes(page) if hasattr(node, "figure")]
    assert say("dashboard.unset.title") in text(drivers_page(None, say, dark=False))


def test_every_cell_of_the_table_says_what_it_is_on_a_phone() -> None:
    cells = cells_of(drivers_page(a_view(), EN, dark=False))
    assert len(cells) == 10
    assert len(cells_of(drivers_page(a_view(compared=True), EN, dark=False))) == 12
    assert all(getattr(cell, "data-label") for cell in cells)


def cells_of(page: Any) -> list[Any]:
    """The cells of the page's own table, not of the numbers behind its figure."""
    (table,) = [one for one in nodes(page) if getattr(one, "className", "") == "bp-driver-table"]
    return [node for node in nodes(table) if type(node).__name__ == "Td"]


@pytest.mark.parametrize("dark", [False, True])
def test_the_matrix_draws_points_with_both_intervals_and_the_dividing_lines(dark: bool) -> None:
    figure = driver_figure(
        POINTS, MatrixWords("rated", "matters", CORNERS), lines=(78.0, 0.33), dark=dark
    )
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    bars = [trace for trace in figure.data if trace.mode == "lines"]
    assert [(mark.x[0], mark.y[0]) for mark in marks] == [(61, 0.45), (84, 0.33), (78, 0.22)]
    assert (tuple(bars[0].x), tuple(bars[1].y)) == ((59, 63), (0.41, 0.49))
    assert len({mark.marker.color for mark in marks}) == 3
    assert {(line.x0, line.y0) for line in figure.layout.shapes} == {(78.0, 0), (0, 0.33)}
    words = [note.text for note in figure.layout.annotations]
    assert {"Waiting time", "Advisor", "Offer", "<b>first</b>"} <= set(words)


def test_without_lines_there_are_no_corners() -> None:
    figure = driver_figure(POINTS, MatrixWords("rated", "matters", CORNERS), lines=None, dark=False)
    assert not figure.layout.shapes
    assert "<b>first</b>" not in [note.text for note in figure.layout.annotations]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    points=st.lists(
        st.tuples(st.floats(0.2, 0.8), st.floats(0.15, 0.85)), min_size=1, max_size=6, unique=True
    )
)
def test_names_of_points_that_stand_apart_never_cover_one_another(
    points: list[tuple[float, float]],
) -> None:
    apart = [
        abs(a[0] - b[0]) * WIDTH > 90 or abs(a[1] - b[1]) * HEIGHT > 4 * LINE
        for a, b in combinations(points, 2)
    ]
    if not all(apart):
        return
    names = ["Waiting"] * len(points)
    boxes = []
    for (x, y), label in zip(points, place_labels(points, names), strict=True):
        width = text_width("Waiting")
        left = x * WIDTH + label.dx - {"left": 0, "right": width, "center": width / 2}[label.anchor]
        boxes.append((left, y * HEIGHT + label.dy - LINE / 2, width))
    for a, b in combinations(boxes, 2):
        covered = abs(a[0] - b[0]) < min(a[2], b[2]) - 1 and abs(a[1] - b[1]) < LINE - 1
        assert not covered


def test_names_stand_close_to_their_points_and_chinese_takes_more_room() -> None:
    (label,) = place_labels([(0.5, 0.5)], ["Waiting time"])
    assert abs(label.dx) <= GAP
    assert abs(label.dy) <= GAP + LINE
    assert not label.led
    assert text_width("等候") > text_width("ab")
    corner = place_labels([(0.98, 0.5)], ["A rather long name"])[0]
    assert corner.anchor == "right"


def test_the_address_says_who_is_compared() -> None:
    address = read_address("/app/drivers/EAST", "?level=between&metric=nps")
    assert (address.page, address.unit, address.between) == (Page.DRIVERS, "EAST", True)
    assert address.href == "/app/drivers/EAST?metric=nps&level=between"
    assert not read_address("/app/drivers", "?level=nonsense").between
