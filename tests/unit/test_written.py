"""What a callback gives is the same text, whoever writes it."""

import json
from datetime import date
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from dash import dcc, html, no_update
from dash._utils import to_json

from dashboard.address import Address, Page
from dashboard.written import written


def page() -> Any:
    figure = go.Figure(go.Scatter(x=[date(2026, 1, 5), date(2026, 1, 12)], y=np.array([1.5, 2.5])))
    figure.add_bar(x=np.array(["甲", "b"], dtype=object), y=[1, None])
    numbers = {"n": np.int64(3), "score": float("nan"), "bare": None, 5: True}
    return html.Section(
        [
            html.H2("客户 <b>&"),
            None,
            dcc.Graph(figure=figure, config={"displaylogo": False}),
            html.Div([html.I(), "x", 3, 2.5], **{"data-numbers": numbers, "aria-label": "y"}),
        ],
        id="main",
    )


@pytest.mark.parametrize(
    "given",
    [
        page(),
        [page(), "words", no_update, {"version": 3}],
        [[page(), page()], None],
        ["a", 1],
        None,
        no_update,
    ],
)
def test_the_text_is_dashs_own(given: Any) -> None:
    plain = {"response": given if given is not no_update else None}
    mine = {"response": written(given) if given is not no_update else None}
    assert json.loads(to_json(mine)) == json.loads(to_json(plain))


def test_what_has_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        written(html.Div(object()))


def test_addresses_of_many_units_are_those_of_each() -> None:
    address = Address(Page.LEAGUE, first=date(2026, 1, 1), touchpoint="a~b")
    quick = address.each(Page.UNIT)
    for code in ("D1", "a/b", "~", "北京 1"):
        assert quick(code) == address.to(Page.UNIT, code).href
