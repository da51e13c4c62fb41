"""A page that is made again: what stayed the same is not touched, of tables only the rows are."""

from typing import Any

import plotly.graph_objects as go
import pytest
from dash import html

from dashboard import following
from dashboard.figures.graph import graph
from dashboard.following import fingerprints, name_parts, replace_parts
from dashboard.pages.grid import grid
from dashboard.pages.parts import card

Put = dict[str, list[str]]


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Put:
    """What is put in place, by part."""
    done: Put = {}
    monkeypatch.setattr(following, "set_props", lambda name, props: done.update({name: [*props]}))
    return done


def page(*, score: str = "41", n: int = 7, drawn: int = 1, more: bool = False) -> Any:
    rows = [{"code": "D1", "n": n}]
    table = grid("g", [{"field": "n", "headerName": "N"}], rows, language="en", row_id="code")
    cards = [
        card("Score", html.P(score)),
        None,
        html.Div([card("Table", table)], className="bp-stack"),
        card("Figure", graph(go.Figure(go.Scatter(x=[1, 2], y=[1, drawn])), "en", 200)),
        *([card("One more")] if more else []),
    ]
    made = html.Div(cards, className="bp-grid")
    name_parts(made)
    return made


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, {}),
        ({"score": "42"}, {"part-0": ["children"]}),
        ({"n": 8}, {"g": ["rowData"]}),
        ({"drawn": 2}, {"part-2": ["children"]}),
        ({"score": "42", "n": 8}, {"part-0": ["children"], "g": ["rowData"]}),
    ],
)
def test_only_what_became_another_is_put_in_place(
    put: Put, changed: dict[str, Any], expected: Put
) -> None:
    again = page(**changed)
    assert replace_parts(again, fingerprints(page()), fingerprints(again))
    assert put == expected


def test_a_page_that_is_built_otherwise_is_made_whole(put: Put) -> None:
    again = page(more=True)
    assert not replace_parts(again, fingerprints(page()), fingerprints(again))
    wider = page()
    wider.className = "bp-grid bp-wide"
    assert not replace_parts(wider, fingerprints(page()), fingerprints(wider))
    assert not replace_parts(page(), {}, fingerprints(page()))
    assert put == {}


def test_parts_of_a_page_have_names_that_no_part_of_another_id_takes() -> None:
    made = html.Div([card("a"), html.Section("b", className="bp-card", id="voices")])
    name_parts(made)
    assert made.children[0].id == "part-0"
    assert made.children[1].id == "voices"
    assert set(fingerprints(made)) == {"", "part-0"}
