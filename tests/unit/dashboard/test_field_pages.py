"""The interviewer's page and the page of printed codes as component trees, without a browser."""

from dataclasses import replace

import pytest

from dashboard.actions.calls import OUTCOMES
from dashboard.data.calls import AtHand, CallsView, Waiting, agreed_moment
from dashboard.data.points import PointDetail, PointRow, PointsView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages.calls import calls_page
from dashboard.pages.points import points_page

AT_HAND = AtHand(
    id="0192", name="王小明", branch="静安店", about="Service visit · 16 Nov 2026", tries=2,
    appointment="18 Nov 2026 12:00", language="中文", clock="12:03", zone="Asia/Shanghai",
    held_until="12:33", first_day="2026-11-18", last_day="2026-11-23", answered=False,
)  # fmt: skip
WAITING = Waiting("静安店", "Service visit", "tried 1 times", appointment=False, ready=True)
NONE = CallsView(0, 0, 0, 0, 0, [], None)
ROW = PointRow(
    "abcd2345", "/app/points/abcd2345", "静安店", "Service", "QR code", "Counter 3", 7, 5, None,
    active=True,
)  # fmt: skip
PAPERS = (("A5", (("English", "/api/v1/points/1/poster?paper=A5&words=en"),)),)
DETAIL = PointDetail("1", ROW, "https://ask.example/q/abcd2345", "data:,", None, PAPERS)
ABOUTS = [("service car_service", "Service")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_call_at_hand_shows_who_it_is_but_no_number(language: str) -> None:
    page = str(calls_page(replace(NONE, at_hand=AT_HAND), OUTCOMES, Words(language)))
    assert "王小明" in page
    assert Id.CALL_REVEAL in page
    assert "tel:" not in page
    assert "/calls/0192/form" in page
    assert all(f"'{outcome}'" in page for outcome in OUTCOMES)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_says_how_many_and_when_there_is_nobody(language: str) -> None:
    say = Words(language)
    listed = replace(NONE, now=12, later=3, waiting=[WAITING])
    page = str(calls_page(listed, OUTCOMES, say))
    assert say("calls.page.lead", n="12") in page
    assert Id.CALL_NEXT in page
    assert say("calls.page.now") in page
    later = str(calls_page(replace(NONE, later=3), OUTCOMES, say))
    assert say("calls.page.none_now") in later
    assert Id.CALL_NEXT not in later
    assert say("calls.page.none_words") in str(calls_page(NONE, OUTCOMES, say))


def test_an_appointment_is_read_on_the_customers_clock() -> None:
    at = agreed_moment("2026-11-19", "10:30", "Asia/Shanghai")
    assert at is not None
    assert at.isoformat() == "2026-11-19T10:30:00+08:00"
    for wrong in (("", "10:30", "Asia/Shanghai"), ("2026-11-19", None, "UTC"),
                  ("2026-11-19", "10:30", "no/zone")):  # fmt: skip
        assert agreed_moment(*wrong) is None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_codes_are_listed_made_printed_and_closed(language: str) -> None:
    say = Words(language)
    page = str(points_page(PointsView([ROW], DETAIL, [("D1", "静安店")], ABOUTS), say))
    for wanted in ("https://ask.example/q/abcd2345", "paper=A5", Id.POINT_MAKE, Id.POINT_CLOSE):
        assert wanted in page
    assert say("points.page.lead", n="1", begun="7", finished="5") in page
    unused = str(points_page(PointsView([replace(ROW, begun=0, finished=0)], None, [], []), say))
    assert say("points.page.unused") in unused
    over = replace(DETAIL, row=replace(ROW, closed="18 Nov"), posters=())
    closed = str(points_page(PointsView([ROW], over, [("D1", "静安店")], ABOUTS), say))
    assert Id.POINT_CLOSE not in closed
    empty = str(points_page(PointsView([], None, [("D1", "静安店")], ABOUTS), say))
    assert say("points.page.none") in empty
