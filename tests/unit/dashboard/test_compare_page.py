"""Units side by side and last week's changes as component trees: every verdict in plain words."""

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from test_dashboard_pages import EN, FEW, NPS, SHOWN, hrefs, text

from api.insights.figures import Difference, Figure
from dashboard.address import Page, read_address
from dashboard.data.changes import Changes, IndexGlance, Mover, Warned, WarningsBrief
from dashboard.data.compare import Chooser, CompareView, Pick, Place, Response, Told
from dashboard.data.glance import Part, Step
from dashboard.data.words import Words
from dashboard.figures.panels import COLUMNS, panels_figure
from dashboard.numbers import Metric
from dashboard.pages.changes import changes, index_line, warned
from dashboard.pages.compare import compare_page

LOW = Figure(n=80, score=-12.0, low=-30.0, high=6.0, tier="ranked")
STEPS = [Step(name, n) for name, n in zip("abcde", (400, 390, 200, 130, 120), strict=True)]
CHOOSER = Chooser(
    picks=[Pick("East", "/app/unit/E", "/app/compare?units=W"),
           Pick("West", "/app/unit/W", "/app/compare?units=E")],
    entries=["South · S"], lost=0, few=False, full=False,
)  # fmt: skip


def trend() -> pd.DataFrame:
    rows = [(unit, date(2026, 8, day), score, score - 10, score + 10, 60)
            for unit, score in (("East", 40.0), ("West", -10.0)) for day in (17, 24)]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def a_view(**more: Any) -> CompareView:
    given: dict[str, Any] = {
        "chooser": CHOOSER,
        "metric": NPS,
        "period": "17 Aug 2026 – 15 Nov 2026",
        "parts": [Part("East", "/app/unit/E", SHOWN), Part("West", "/app/unit/W", LOW)],
        "best": Told("East", "41"),
        "clearly": ["West"],
        "perhaps": [],
        "untested": False,
        "trend": trend(),
        "weeks": 1,
        "places": [Place("Service", "/app/compare?touchpoint=s",
                         [Part("East", "/x", SHOWN), Part("West", "/y", FEW)])],
        "responses": [Response("East", STEPS), Response("West", [Step(x, 0) for x in "abcde"])],
        "rows": [{"unit_code": "E", "unit_name": "East", "n": 120, "change": None}],
    }  # fmt: skip
    return CompareView(**(given | more))


def a_week(**more: Any) -> Changes:
    given: dict[str, Any] = {
        "metric": NPS,
        "days": "9 Nov 2026 – 15 Nov 2026",
        "figure": SHOWN,
        "previous": LOW,
        "difference": Difference(53.2, False),
        "kind": "region",
        "compared": 8,
        "moved": [],
        "largest": Mover("North", "/app/unit/N", "+7"),
        "open_links": 0,
    }
    return Changes(**(given | more))


def test_the_chosen_units_live_in_the_address_and_stay_behind_elsewhere() -> None:
    address = read_address("/app/compare", "?units=A%7CB&metric=nps")
    assert (address.page, address.word("units")) == (Page.COMPARE, "A|B")
    assert address.with_words(units="A").query == "metric=nps&units=A"
    assert "units" not in address.to(Page.UNIT, "A").href
    assert read_address("/app/league", "?units=A").word("units") is None


def test_scores_touchpoints_and_answers_are_said_with_the_verdict() -> None:
    page = compare_page(a_view(), EN, dark=False)
    said = text(page)
    assert "East has the highest score, 41." in said
    assert "Below it by more than chance: West." in said
    assert "30\u202f% of 400 messages led to a whole answer" in said
    assert "No messages in this period" in said
    assert "Score from 10 answers on" in said
    assert {"/app/unit/E", "/app/compare?units=E", "/app/compare?touchpoint=s"} <= set(hrefs(page))


def test_what_chance_may_explain_or_cannot_be_tested_is_said_so() -> None:
    view = a_view(clearly=[], perhaps=["West", "South"], untested=True)
    said = text(compare_page(view, EN, dark=False))
    assert "May be no worse than East: West, South." in said
    assert "share answers, so their difference is not tested" in said
    none = text(compare_page(a_view(best=None, clearly=[]), EN, dark=False))
    assert "At least two units need 10 answers" in none


def test_fewer_than_two_units_say_what_to_do() -> None:
    chooser = replace(CHOOSER, few=True, picks=CHOOSER.picks[:1], lost=2)
    said = text(compare_page(a_view(chooser=chooser), EN, dark=False))
    assert "Choose at least 2 units" in said
    assert "2 of the units in this link are not shown" in said


def test_every_panel_has_the_same_axis_and_all_other_lines() -> None:
    figure = panels_figure(trend(), NPS, dark=False, tick="%d", hover="x")
    own = [trace for trace in figure.data if trace.meta == "own"]
    assert [list(trace.y) for trace in own] == [[40, 40], [-10, -10]]
    assert len(figure.data) == 2 * (2 + 1 + 1)  # band, line, and the other unit's thin line
    assert figure.layout.yaxis2.matches == "y"
    assert figure.layout.xaxis.matches == "x2"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "NPS was 41 in the week 9 Nov 2026 – 15 Nov 2026 (95 %: 33 to 49), +53 against the "
             "week before: more than chance."),
        ({"difference": Difference(2.0, True)}, "that may well be chance."),
        ({"difference": Difference(None, None)}, "the week before had too few answers"),
        ({"figure": FEW}, "has too few answers for a score (7 answers)."),
        ({}, "None of 8 regions moved by more than chance; even the largest change, North with +7"),
        ({"open_links": 31}, "31 links of that week can still be answered."),
    ],
)  # fmt: skip
def test_last_week_is_told_in_plain_sentences(more: dict[str, Any], said: str) -> None:
    assert said in text(changes(a_week(**more), EN, 7))


def test_units_that_moved_are_named_with_their_way_and_counted_when_many() -> None:
    moved = [Mover(f"U{at}", f"/app/unit/{at}", "\u22129") for at in range(6)]
    tree = changes(a_week(moved=moved, largest=None), EN, 7)
    words = " ".join(text(tree).split())
    assert "Of 8 regions with enough answers in both weeks, more than chance moved" in words
    assert "and 2 more" in words
    assert hrefs(tree) == [f"/app/unit/{at}" for at in range(4)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_index_says_its_range_and_its_target(language: str) -> None:
    say = Words("zh" if language == "zh" else "en")
    points = Metric("index", "Index", "mean", 0, 100)
    figure = Figure(n=300, score=78.24, low=76.1, high=80.4, tier="ranked")
    found = IndexGlance(points, figure, Difference(1.0, True), 80.0, "missed", "/app/indicators")
    said = text(index_line(found, say))
    assert "78.2" in said
    assert all(number in said for number in ("76.1", "80.4", "80.0", "300"))
    few = replace(found, figure=FEW)
    assert index_line(few, say) is None


def test_the_gravest_warnings_lead_to_their_branches() -> None:
    rows = [Warned("Dealer 7", "/app/unit/D7", "alert", "\u221231")]
    brief = WarningsBrief("October 2026", 1, 0, 290, rows, 0, "/app/warnings")
    tree = warned(brief, EN, 5)
    assert "On alert: 1. To be watched: 0. Judged: 290 branches." in text(tree)
    assert hrefs(tree) == ["/app/unit/D7", "/app/warnings"]
