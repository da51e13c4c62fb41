"""Pages as component trees, without a browser: every state in words, every number with its n."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest

from api.insights.bands import Bands
from api.insights.figures import Difference, Figure
from api.insights.league_rows import LeagueRow
from dashboard.data.frame import Frame, Link
from dashboard.data.glance import Glance, Part, Step
from dashboard.data.league import LeagueView, tied_with
from dashboard.data.unit import UnitView
from dashboard.data.voices import Voice, Voices
from dashboard.data.words import Words
from dashboard.figures.comparison import COLUMNS as COMPARED
from dashboard.figures.trend import COLUMNS as TREND
from dashboard.ids import Id
from dashboard.numbers import Metric
from dashboard.pages import states
from dashboard.pages.frame import frame_of
from dashboard.pages.grid import locale_text
from dashboard.pages.league import league_fill, league_page
from dashboard.pages.league_columns import columns, interval_axis, pooled
from dashboard.pages.overview import overview_page
from dashboard.pages.parts import Ranged, axis
from dashboard.pages.shell import shell
from dashboard.pages.unit import unit_page

NPS = Metric("nps", "NPS", "nps", -100, 100)
EN, ZH = Words("en"), Words("zh")
SHOWN = Figure(n=120, score=41.2, low=33.1, high=49.4, tier="ranked")
FEW = Figure(n=7, score=None, low=None, high=None, tier="insufficient")


def nodes(tree: Any) -> Iterator[Any]:
    """Every component and text of a tree."""
    if isinstance(tree, list | tuple):
        for part in tree:
            yield from nodes(part)
    elif tree is not None:
        yield tree
        yield from nodes(getattr(tree, "children", None))


def text(tree: Any) -> str:
    """What one reads."""
    return " ".join(str(node) for node in nodes(tree) if isinstance(node, str))


def hrefs(tree: Any) -> list[str]:
    """Where one can go."""
    return [node.href for node in nodes(tree) if getattr(node, "href", None)]


def a_glance(**changes: Any) -> Glance:
    """A region with two branches."""
    given = {
        "name": "East",
        "is_branch": False,
        "own": False,
        "metric": NPS,
        "period": "17 Aug 2026 – 15 Nov 2026",
        "figure": SHOWN,
        "difference": Difference(5.2, False),
        "bands": Bands(20, 30, 70),
        "trend": pd.DataFrame([(date(2026, 8, 17), 40.0, 30.0, 50.0, 60),
                               (date(2026, 8, 24), 42.0, 32.0, 52.0, 60)], columns=list(TREND)),
        "trend_weeks": 1,
        "parts": [Part("One", "/app/unit/D1", SHOWN), Part("Two", "/app/unit/D2", FEW)],
        "parts_kind": "branch",
        "compared": pd.DataFrame([], columns=list(COMPARED)),
        "above": [],
        "funnel": [Step(name, n) for name, n in zip("abcdefg", (900, 500, 400, 390, 200, 130, 120),
                                                    strict=True)],
        "provisional": False,
        "league": "/app/league",
    }  # fmt: skip
    return Glance(**(given | changes))


def test_the_overview_says_the_score_with_its_interval_and_answers() -> None:
    page = overview_page(a_glance(), EN, dark=False)
    said = text(page)
    assert "NPS 41; with 95 % confidence between 33 and 49." in said
    assert "120 answers" in said
    assert "+5 against the period before: more than chance" in said
    assert "Promoters 58\u202f%" in said


def test_a_change_within_chance_is_said_to_be_so() -> None:
    view = a_glance(difference=Difference(-3.0, True))
    assert "\u22123 against the period before: may well be chance" in text(
        overview_page(view, EN, dark=False)
    )


def test_the_funnel_says_how_many_messages_led_to_a_whole_answer() -> None:
    said = text(overview_page(a_glance(), EN, dark=False))
    assert "30\u202f% of 400 messages sent led to a complete answer: 120." in said


def test_rows_lead_down_and_say_what_is_missing() -> None:
    page = overview_page(a_glance(), EN, dark=False)
    assert {"/app/unit/D1", "/app/unit/D2"} <= set(hrefs(page))
    assert "Score from 10 answers on" in text(page)


def test_of_very_many_parts_the_best_and_the_last_are_shown() -> None:
    many = [Part(f"P{place}", f"/app/unit/P{place}", SHOWN) for place in range(100)]
    page = overview_page(a_glance(parts=many), EN, dark=False)
    links = [href for href in hrefs(page) if href.startswith("/app/unit/")]
    assert (len(links), links[0], links[-1]) == (30, "/app/unit/P0", "/app/unit/P99")
    assert "70 more between them, in the league table" in text(page)
    assert "/app/league" in hrefs(page)


def test_an_interval_that_is_very_narrow_is_said_more_finely() -> None:
    narrow = Figure(n=2_000_000, score=64.1, low=64.0, high=64.2, tier="ranked")
    said = text(overview_page(a_glance(figure=narrow), EN, dark=False))
    assert "NPS 64; with 95 % confidence between 64.0 and 64.2." in said


def test_without_answers_there_are_words_instead_of_numbers() -> None:
    nothing = a_glance(figure=Figure(0, None, None, None, "hidden"), funnel=[Step("a", 0)])
    assert "No answers in this period" in text(overview_page(nothing, EN, dark=False))
    assert "Nothing is measured yet" in text(overview_page(None, EN, dark=False))


def test_an_empty_page_leads_to_the_days_that_have_answers() -> None:
    nothing = Figure(0, None, None, None, "hidden")
    there = Link("July 2015", "/app/overview?from=2015-07-01&to=2015-07-31")
    view = a_glance(figure=nothing, funnel=[], elsewhere=there)
    page = overview_page(view, EN, dark=False)
    assert "There are answers from July 2015" in text(page)
    assert hrefs(page) == [there.href]
    rows = [a_row("D1", n=0, score=None, low=None, high=None, ranked=False, lacks="x")]
    assert hrefs(league_page(a_league(rows, elsewhere=there), EN)) == [there.href]


def test_too_few_answers_are_said_without_a_score() -> None:
    said = text(overview_page(a_glance(figure=FEW, bands=None), EN, dark=False))
    assert "Too few answers for a score" in said
    assert "7 answers" in said


def test_counts_of_one_to_four_are_never_said() -> None:
    hidden = Figure(None, None, None, None, "hidden")
    said = text(overview_page(a_glance(figure=hidden, bands=None), EN, dark=False))
    assert "under 5 answers" in said


def a_branch(**changes: Any) -> UnitView:
    """A branch beside its region."""
    compared = pd.DataFrame(
        [("Here", 41.2, 33.1, 49.4, True), ("East", 44.0, 42.0, 46.0, False)],
        columns=list(COMPARED),
    )
    glance = a_glance(
        name="Here", is_branch=True, own=True, parts=[], compared=compared, rank=(12, 5, 20),
        above=[Part("East", "", Figure(900, 44.0, 42.0, 46.0, "ranked"))],
    )  # fmt: skip
    voice = Voice("好", 3, "bp-down", "Service", ["Service", "1 Nov 2026"], date(2026, 11, 1))
    given = {
        "glance": glance,
        "touchpoints": [Part("Service", "/app/unit/D1?touchpoint=service", SHOWN)],
        "voices": Voices([voice], "next"),
    }
    return UnitView(**(given | changes))


def test_a_branch_sees_its_score_its_rank_and_the_region_in_words() -> None:
    said = text(unit_page(a_branch(), EN, dark=False))
    assert "Your NPS is 41, with 95 % confidence between 33 and 49." in said
    assert "Rank 12 in the network (by chance 5 to 20)" in said
    assert "East stands at 44, within your range." in said


def test_comments_are_shown_with_their_score_and_the_way_to_older_ones() -> None:
    page = unit_page(a_branch(), EN, dark=False)
    assert "好" in text(page)
    more = next(node for node in nodes(page) if getattr(node, "id", None) == Id.MORE)
    assert more.value == "next"


def test_a_role_without_comments_sees_none_and_no_heading() -> None:
    said = text(unit_page(a_branch(voices=None), EN, dark=False))
    assert "What customers wrote" not in said


def test_a_touchpoint_leads_to_its_own_view() -> None:
    assert "/app/unit/D1?touchpoint=service" in hrefs(unit_page(a_branch(), EN, dark=False))


def a_row(code: str, **changes: Any) -> dict[str, Any]:
    """One line of a league table."""
    given = {
        "unit_code": code, "unit_name": code, "n": 40, "score": 40.0, "low": 30.0, "high": 50.0,
        "adjusted": None, "shrunk": 39.0, "rank": 1, "rank_low": 1, "rank_high": 4, "band": None,
        "change": 3.0, "change_is_noise": True, "ranked": True, "region": "East", "tier": "ranked",
        "href": f"/app/unit/{code}", "lacks": None,
    }  # fmt: skip
    return given | changes


def a_league(rows: list[dict[str, Any]], **changes: Any) -> LeagueView:
    """A league table."""
    given = {"metric": NPS, "period": "", "rows": rows, "ranked": 1, "apart": 1, "answers": 60,
             "pending": False, "version": 1}  # fmt: skip
    return LeagueView(**(given | changes))


APART = a_row("D2", n=20, score=60.0, low=40.0, high=70.0, ranked=False, rank=None, lacks="x")


def test_the_league_says_how_many_are_ranked_and_how_many_stand_apart() -> None:
    said = text(league_page(a_league([a_row("D1"), APART]), EN))
    assert "Ranked: 1. Below the ranking tier of 30 answers: 1. Answers in all: 60." in said


def test_a_league_whose_ranks_are_computed_says_so() -> None:
    waiting = league_page(a_league([a_row("D1")], pending=True), EN)
    assert "Ranks are being computed" in text(waiting)
    assert "Ranks are being computed" not in text(league_page(a_league([a_row("D1")]), EN))


def test_the_interval_axis_holds_every_ranked_interval() -> None:
    low, high = interval_axis(a_league([a_row("D1"), APART]))
    assert low < 30
    assert 50 < high < 70
    wide = interval_axis(a_league([APART]))
    assert wide[0] < 40
    assert wide[1] > 70


def test_other_numbers_come_with_the_axis_they_are_drawn_on() -> None:
    first, other = a_league([a_row("D1")]), a_league([a_row("D1", score=70.0, low=60.0, high=80.0)])
    assert first.shape == other.shape
    filled, (low, high) = league_fill(other, EN), interval_axis(other)
    assert filled["rows"] == other.rows
    assert filled["axis"] == {"low": low, "high": high, "mean": 70.0}
    assert filled["axis"] != league_fill(first, EN)["axis"]


def test_a_table_that_is_built_otherwise_is_made_anew() -> None:
    table = a_league([a_row("D1")])
    adjusted, more = a_league([a_row("D1", adjusted=41.0)]), a_league([a_row("D1"), a_row("D3")])
    among = a_league([a_row("D1")], by_peers=True)
    assert len({table.shape, adjusted.shape, more.shape, among.shape}) == 4
    assert a_league([a_row("D1", n=0)]).shape == ""


def test_the_mean_weighs_by_answers() -> None:
    assert pooled(a_league([a_row("D1"), APART])) == pytest.approx((40 * 40 + 60 * 20) / 60)
    assert pooled(a_league([])) is None


def test_every_column_has_words_in_both_languages() -> None:
    for say in (EN, ZH):
        for column in columns(a_league([a_row("D1")]), say):
            assert not column["headerName"].startswith("league.")
            assert not column["headerTooltip"].startswith("league.")


def test_the_grid_speaks_chinese() -> None:
    assert locale_text("zh")["noRowsToShow"]
    assert locale_text("en") == {}


def test_rows_share_an_axis_in_round_numbers() -> None:
    rows = [Ranged("a", 41, 33, 49, ""), Ranged("b", None, None, None, "")]
    assert axis(rows, NPS, 12) == (10, 50)
    assert axis([], NPS, None) == (-100, 100)


def test_every_failure_has_words() -> None:
    assert "There is nothing here" in text(states.failed(EN, "errors.not_found"))
    assert "The database does not answer" in text(states.failed(EN, "errors.unavailable"))
    assert text(states.failed(ZH, "errors.internal"))


def test_the_shell_holds_no_words_and_no_numbers() -> None:
    assert text(shell()).strip() == ""


def test_no_id_is_used_twice_on_a_page() -> None:
    link = Link("x", "/app/")
    days = (date(2026, 8, 17), date(2026, 11, 15))
    menus = ([link], "t", [link, link], "m", [link, link])
    frame = Frame("t", "p", "r", "b", [link], [link], [link], "p", *days, *menus, filtered=True)
    trees = [shell(), frame_of(frame, EN), league_page(a_league([a_row("D1")]), EN)]
    ids = [str(node.id) for tree in trees for node in nodes(tree) if getattr(node, "id", None)]
    assert len(ids) == len(set(ids))
    tools = ("search", "seek", "plain", "columns", "csv", "xlsx")
    of_a_table = {f"{one}-{part}" for one in Id for part in tools}
    assert set(ids) <= {*map(str, Id), *of_a_table}


def tied(code: str, rank: int | None, *, group: str | None = None, above: bool = True) -> LeagueRow:
    """A ranked row that chance may have put below the one above it."""
    numbers = {"n": 40, "score": 40.0, "low": 30.0, "high": 50.0, "adjusted": None, "shrunk": 39.0,
               "rank_low": 1, "rank_high": 9, "band": "C", "change": None,
               "change_is_noise": None, "ranked": rank is not None, "tier": "ranked"}  # fmt: skip
    return LeagueRow(branch_id=1, unit_code=code, unit_name=code, rank=rank, tied_above=above,
                     peer_group=group, **numbers)  # type: ignore[arg-type]  # fmt: skip


def test_a_tie_is_bracketed_with_the_branch_directly_above() -> None:
    rows = [tied("D1", 1, above=False), tied("D2", 2), tied("D3", 3, above=False), tied("D4", 4)]
    assert tied_with(rows) == {"D2": "D1", "D4": "D3"}


def test_no_bracket_leads_to_a_branch_that_does_not_follow_in_the_network() -> None:
    """Who sees a part of the network sees rows together that have others between them."""
    assert tied_with([tied("D2", 2), tied("D9", 9)]) == {}
    assert tied_with([tied("D2", 2), tied("D3", 2), tied("D4", 4)]) == {"D3": "D2", "D4": "D3"}


def test_no_bracket_joins_two_peer_groups() -> None:
    rows = [tied("D1", 1, group="a"), tied("D2", 1, group="b"), tied("D3", 2, group="b")]
    assert tied_with(rows) == {"D3": "D2"}
