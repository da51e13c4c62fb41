"""The page of warnings as a component tree, and the funnel as a figure: every state in words."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from dash import html
from test_dashboard_pages import hrefs, nodes, text

from api.insights.warnings.reading import FunnelLimits
from dashboard.address import Page, read_address
from dashboard.data.warnings import Bar, Warned, WarningsView
from dashboard.data.words import Words
from dashboard.figures.funnel import COLUMNS, FunnelShape, funnel_figure
from dashboard.numbers import Metric
from dashboard.pages.warnings import warnings_page

NPS = Metric("nps", "NPS", "nps", -100, 100)
SHARE = Metric("top", "Satisfied", "share", 0, 1)
EN, ZH = Words("en"), Words("zh")
POINTS = pd.DataFrame(
    [("One", 12, 10.0, "alert"), ("Two", 40, 47.0, "usual"), ("Three", 25, 30.0, "watch")],
    columns=list(COLUMNS),
)
FUNNEL = FunnelLimits(45.0, 5600.0, 100.0, 1.4, 40)
BARS = [Bar(0.2, "Aug 2026: 47 from 20 answers"), Bar(None, "Sep 2026: too few answers"),
        Bar(-1.0, "Oct 2026: 10 from 12 answers")]  # fmt: skip


def a_branch(**changes: Any) -> Warned:
    given = {
        "name": "One",
        "href": "/app/unit/D1",
        "level": "alert",
        "drop": 31.4,
        "n": 12,
        "since": "Sep 2026",
        "score": "10",
        "normal": "42",
        "expected": "40",
        "bars": BARS,
    }
    return Warned(**{**given, **changes})


def a_view(**changes: Any) -> WarningsView:
    given = {
        "metric": NPS,
        "month": "Oct 2026",
        "rows": [a_branch(), a_branch(name="Three", level="watch", href="/app/unit/D3")],
        "alerts": 1,
        "watches": 1,
        "more": 0,
        "judged": 40,
        "not_judged": 3,
        "pending": False,
        "running": False,
        "too_early": False,
        "computed": True,
        "compares": True,
        "points": POINTS,
        "funnel": FUNNEL,
    }
    return WarningsView(**{**given, **changes})


def page(say: Words = EN, **changes: Any) -> Any:
    return warnings_page(a_view(**changes), say, dark=False)


def test_a_branch_is_told_in_one_plain_sentence() -> None:
    said = text(page())
    assert "Clearly below their own normal in Oct 2026: 1 of 40 branches." in said
    assert "Perhaps below it: 1 more." in said
    assert "about 31 points below its own normal, which is 42." in said
    assert "In Oct 2026 it got 10; with what moved the whole network" in said
    assert "40 would have been usual." in said
    assert "listed since Sep 2026" in said
    assert "\u221231" in said
    assert "about 10\u202f% of the alerts" in said
    assert "3 branches could not be judged" in said
    assert hrefs(page()) == ["/app/unit/D1", "/app/unit/D3"]


def test_the_same_page_reads_in_chinese() -> None:
    said = text(page(ZH))
    assert "2026" in said
    assert "警报" in said
    assert "关注" in said
    assert "常态" in said


def test_shares_are_told_in_percentage_points() -> None:
    said = text(page(metric=SHARE, rows=[a_branch(drop=0.11, normal="89\u202f%")]))
    assert "about 11 percentage points below its own normal, which is 89\u202f%." in said


def test_a_month_with_too_few_answers_has_no_score() -> None:
    said = text(page(rows=[a_branch(score=None, n=7)]))
    assert "In Oct 2026 itself there were too few answers for a score." in said


def test_a_history_has_a_bar_per_month_up_or_down() -> None:
    drawn = [node for node in nodes(page(rows=[a_branch()])) if hasattr(node, "className")]
    kinds = [str(node.className) for node in drawn if str(node.className).startswith("bp-month-")]
    assert kinds == ["bp-month-up", "bp-month-none", "bp-month-down", "bp-month-own"]
    titles = [node.title for node in nodes(page(rows=[a_branch()])) if isinstance(node, html.Span)
              and getattr(node, "title", None)]  # fmt: skip
    assert titles == [bar.words for bar in BARS]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"computed": False, "pending": True}, "Being worked out"),
        ({"computed": False, "judged": 0}, "Nothing to judge in Oct 2026"),
        ({"too_early": True, "judged": 0}, "Too early to say what is normal"),
        ({"judged": 0}, "Too few answers to judge"),
        ({}, "No branch has fallen below its normal"),
    ],
)
def test_an_empty_list_says_why(changes: dict[str, Any], words: str) -> None:
    given = {"rows": [], "alerts": 0, "watches": 0, **changes}
    assert words in text(page(**given))
    assert "Clearly below" not in text(page(**given))


def test_without_a_survey_there_is_nothing_to_judge() -> None:
    assert "Nothing is measured yet" in text(warnings_page(None, EN, dark=True))


def test_a_running_month_and_newer_answers_are_said() -> None:
    said = text(page(running=True, pending=True))
    assert "Oct 2026 is still running" in said
    assert "New answers have come in" in said


def test_a_single_branch_is_told_of_itself_even_when_all_is_as_usual() -> None:
    own = a_branch(level=None, drop=-3.0, since=None)
    said = text(page(rows=[own], alerts=0, watches=0, judged=1, compares=False))
    assert "Within chance" in said
    assert ("Chance alone may explain that." in said) == ("below its own normal" in said)
    assert "about 3 points above its own normal" in said
    assert "Clearly below" not in said


def figure(points: pd.DataFrame, metric: Metric = NPS, shape: FunnelShape | None = None) -> Any:
    return funnel_figure(
        points, shape or FunnelShape(45.0, 5600.0, 100.0), metric, dark=False, hover="%{text}",
        axis="answers", names={"usual": "u", "watch": "w", "alert": "a"},
    )  # fmt: skip


def test_the_funnel_is_wider_for_fewer_answers_and_ends_at_the_scale() -> None:
    drawn = figure(POINTS)
    bands = [trace for trace in drawn.data if trace.mode == "lines"]
    assert len(bands) == 4
    outer_high, outer_low, inner_high, inner_low = (np.array(band.y) for band in bands)
    assert (np.diff(inner_low) >= 0).all()
    assert (np.diff(inner_high) <= 0).all()
    assert (outer_low <= inner_low).all()
    assert outer_high.max() <= 100
    assert inner_high[-1] - 45 == pytest.approx(1.96 * np.sqrt(5600 / 44 + 100), rel=1e-3)


def test_every_branch_is_a_point_and_levels_differ_in_more_than_colour() -> None:
    drawn = figure(POINTS)
    points = {trace.name: trace for trace in drawn.data if trace.mode == "markers"}
    assert {name: list(trace.x) for name, trace in points.items()} == {
        "u": [40], "w": [25], "a": [12],
    }  # fmt: skip
    assert len({trace.marker.size for trace in points.values()}) == 3


def test_one_branch_alone_still_sees_the_funnel_around_it() -> None:
    drawn = figure(POINTS.iloc[:1])
    low, high = drawn.layout.yaxis.range
    assert low < POINTS["score"][0] < FUNNEL.target < high
    shares = POINTS.assign(score=POINTS["score"] / 100)
    scaled = figure(shares, SHARE, FunnelShape(0.45, 0.2, 0.01))
    assert scaled.layout.yaxis.ticksuffix == "\u202f%"


def test_an_address_of_warnings_may_name_a_unit() -> None:
    found = read_address("/app/warnings/R1", "?from=2026-10-01&to=2026-10-31")
    assert (found.page, found.unit) == (Page.WARNINGS, "R1")
    assert read_address("/app/warnings", "").page is Page.WARNINGS
