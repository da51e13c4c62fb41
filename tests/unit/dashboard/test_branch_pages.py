"""The pages of a branch as component trees: every state in words, every number with its n."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from test_dashboard_pages import EN, FEW, NPS, SHOWN, ZH, hrefs, text

from api.insights.bands import Bands
from api.insights.figures import Difference, Figure
from api.insights.metrics import MetricInfo
from api.insights.own_branch.day import BranchDay, moments
from api.insights.own_branch.improve import peers_of
from api.insights.own_branch.queries import Incoming, Outgoing
from api.insights.own_branch.score import BranchScore
from api.insights.own_branch.verdicts import Verdict, verdict
from api.insights.periods import Period
from api.security.hierarchy import Hierarchy, Node
from dashboard.data.frame import Link
from dashboard.data.improve import ImproveView, LeverLine, NextStep
from dashboard.data.own_branch import Choices, Fresh, mark_tone
from dashboard.data.standing import ComparedLine, Ladder, StandingView
from dashboard.data.team import Mate, TeamView
from dashboard.data.today import Line, TodayView, Way
from dashboard.data.why import Others, Place
from dashboard.pages.beside import BesideRow, common_ends
from dashboard.pages.improve import improve_page
from dashboard.pages.standing import standing_page
from dashboard.pages.team import team_page
from dashboard.pages.today import choose_branch, today_page
from scoring.scales import Kind

INFO = MetricInfo("nps", Kind.NPS, "0-10", "净推荐值", "NPS")
PERIOD = Period(date(2026, 8, 17), date(2026, 11, 16))


def a_node(number: int, tier: str | None = "1") -> Node:
    code = f"D{number}"
    return Node(
        number,
        code,
        "branch",
        "branch",
        code,
        code,
        code,
        None,
        None,
        None,
        None,
        None,
        tier,
        "large",
        None,
        None,
    )


def a_day(**changes: Any) -> TodayView:
    score = BranchScore(a_node(1), INFO, PERIOD, SHOWN, SHOWN, Difference(5.2, False), [])
    given = {
        "name": "D1",
        "own": True,
        "day": "Wednesday, 18 Nov 2026",
        "metric": NPS,
        "period": "17 Aug 2026 – 15 Nov 2026",
        "score": score,
        "bands": Bands(20, 30, 70),
        "changed": "NPS rose",
        "way": "up",
        "lines": [Line("D1", SHOWN, own=True), Line("Region", replace(SHOWN, n=900))],
        "compared": "You are above Region (38).",
        "place": "Rank 3 of 30",
        "pending": False,
        "branch_day": BranchDay(
            a_node(1), date(2026, 11, 18), Outgoing(3, 2, 4, 9, 27), Incoming(1, 6, 4)
        ),
        "voices": [Fresh("Kind people", 10, "bp-up", ["Today"], True, "/app/response/7")],
        "all_voices": "/app/voices/D1",
        "ways": [Way(Link("My team", "/app/team/D1"), "Scores by advisor", "people")],
        "elsewhere": None,
    }
    return TodayView(**{**given, **changes})


def test_a_day_reads_as_one_page() -> None:
    said = text(today_page(a_day(), EN))
    for words in (
        "Your NPS is 41, with 95 % confidence between 33 and 49.",
        "120 answers",
        "900 answers",
        "NPS rose",
        "You are above Region (38).",
        "Kind people",
        "New",
        "4 by this time last week",
        "4 of them today",
        "3 waiting in all",
        "27",
    ):
        assert words in said.replace("\u202f", " ")
    there = ["/app/voices/D1", "/app/response/7", "/app/team/D1"]
    assert hrefs(today_page(a_day(), ZH)) == there


def test_a_day_of_few_answers_says_so_and_shows_no_number() -> None:
    few = replace(a_day().score, figure=FEW)
    view = a_day(score=few, bands=None, lines=[Line("D1", FEW, own=True)], place=None, voices=None)
    said = text(today_page(view, EN))
    assert "Too few answers for a score" in said
    assert "Kind people" not in said
    assert "7 answers" in said


def test_who_has_several_branches_chooses_one() -> None:
    found = Choices([Link("D1", "/app/today/D1")], 12)
    assert hrefs(choose_branch(found, EN)) == ["/app/today/D1"]
    assert "12 more" in text(choose_branch(found, EN))
    assert "nothing here" in text(choose_branch(Choices([], 0), EN))


def a_standing(**changes: Any) -> StandingView:
    ladder = Ladder(
        "network",
        "In the whole network",
        None,
        Place(41, 30, 52, 300),
        "Rank 41",
        Others(38, 250, 11),
        False,
        None,
        "/app/why/D1",
    )
    line = ComparedLine("Service", NPS, SHOWN, 30.0, "Network", "above", "/app/standing/D1")
    few = ComparedLine("Sales", NPS, FEW, 28.0, "Network", None, None)
    given = {
        "name": "D1",
        "own": True,
        "metric": NPS,
        "period": "",
        "figure": SHOWN,
        "ladders": [ladder],
        "compared": "",
        "touchpoints": [line, few],
        "metrics": [line],
        "pending": False,
    }
    return StandingView(**{**given, **changes})


def test_standing_says_how_many_are_clearly_better() -> None:
    said = text(standing_page(a_standing(), EN))
    assert "38 of 300 are clearly better." in said
    assert "Cannot be told apart: 250" in said
    assert "Network 30" in said
    assert "above" in said
    assert "Score from 10 answers on" in said


def test_without_a_place_standing_says_what_is_lacking() -> None:
    ladder = replace(a_standing().ladders[0], place=None, others=None, lacks="12 answers more")
    said = text(standing_page(a_standing(ladders=[ladder]), EN))
    assert "12 answers more" in said
    assert "clearly better" not in said


def test_a_team_is_read_with_its_chance() -> None:
    mate = Mate("Li", SHOWN, Difference(-3.0, True), "level")
    view = TeamView("D1", NPS, "last weeks", replace(SHOWN, score=38.0), [mate], 2, 0)
    said = text(team_page(view, EN))
    for words in (
        "Advisor Li",
        "120 answers",
        "may be chance",
        "2 more with fewer than 10",
        "No advisor is clearly above or below",
    ):
        assert words in said
    nobody = text(team_page(replace(view, mates=[]), EN))
    assert "No advisor has enough answers yet" in nobody
    assert "Li" not in nobody


def test_what_to_improve_is_one_step_with_its_reasons() -> None:
    step = NextStep(
        "Waiting: start here",
        "rated 52",
        ["Read", "Agree", "Look"],
        "bp-low",
        [Fresh("Too slow", 2, "bp-down", ["Service"], new=False)],
        "Low marks",
    )
    lever = LeverLine("Waiting", 0.4, "matters 40 %", 52.0, 45.0, 58.0, 65.0, "below", 130)
    view = ImproveView("D1", "NPS", [], None, step, (lever,), "59 branches", "network", ("How",))
    said = text(improve_page(view, EN))
    told = ("Waiting: start here", "Too slow", "130 answers · matters 40 %", "network 65", "below")
    for words in told:
        assert words in said
    assert "No next step" in text(improve_page(ImproveView("D1", "NPS", [], "why not"), EN))


@pytest.mark.parametrize(
    ("low", "high", "usual", "told"),
    [
        (33.0, 49.0, 50.0, Verdict.BELOW),
        (33.0, 49.0, 49.0, Verdict.LEVEL),
        (33.0, 49.0, 32.9, Verdict.ABOVE),
        (None, None, 40.0, None),
        (33.0, 49.0, None, None),
    ],
)
def test_a_score_is_apart_only_where_its_whole_range_is(
    low: float | None, high: float | None, usual: float | None, told: Verdict | None
) -> None:
    assert verdict(low, high, usual) is told


def test_days_and_weeks_begin_on_the_clock_of_the_branch() -> None:
    at = moments(datetime(2026, 11, 15, 17, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    assert at.today.date() == date(2026, 11, 16)  # one in the morning there, a Monday
    assert at.week == at.today
    assert (at.week - at.week_before).days == 7
    assert at.week_before_until.hour == 1


def test_peers_are_of_the_same_city_size_and_brand() -> None:
    tree = Hierarchy([a_node(1), a_node(2), a_node(3, tier="2"), a_node(4, tier=None)])
    assert peers_of(tree, 1, {1, 2, 3, 4}) == {1, 2}
    assert peers_of(tree, 4, {1, 2, 3}) == set()


def test_marks_have_the_tone_of_their_own_scale() -> None:
    assert [mark_tone(value, "0-10") for value in (6, 7, 9)] == ["bp-down", "", "bp-up"]
    assert [mark_tone(value, "1-5") for value in (3, 4, 5)] == ["bp-down", "", "bp-up"]
    assert mark_tone(None, "1-5") == ""


def test_an_axis_holds_everything_that_is_drawn_on_it() -> None:
    low, high = common_ends([33.1, 49.4, 12.0, None], NPS)
    assert low <= 12
    assert high >= 49.4
    assert common_ends([], NPS) == (-100, 100)
    assert BesideRow("a", NPS, 1.0, 0.0, 2.0, (0.0, 2.0)).usual is None
    assert Figure(0, None, None, None, "hidden").score is None
