"""Tickets, alerts and rules of the loop as component trees and in words."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.notices.kinds import KINDS
from api.tickets.definitions import loop_of, read_loop
from api.tickets.loop import AlertRule, AllOf, AnyOf, Calendar, Escalation, Hours, Loop

from api.tickets.loop import SaysWord, ScoreIs, TierIs  # isort: skip
from dashboard.address import Page, read_address
from dashboard.data.alerts import AlertItem, AlertsView, shortened
from dashboard.data.board import BoardView, Clock, TicketRow, Tile
from dashboard.data.clock_words import length_text
from dashboard.data.frame import Link
from dashboard.data.loop_words import (
    Names,
    calendar_lines,
    escalation_words,
    rule_words,
    span_words,
)
from dashboard.data.ticket_form import Form, read_pressed
from dashboard.data.told import GROUPS
from dashboard.data.voices import Choice
from dashboard.data.waiting import Waiting
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages.alerts import alerts_page
from dashboard.pages.board import board_page
from dashboard.pages.frame import bell_inside
from dashboard.pages.ticket import _form
from dashboard.pages.waiting import waiting_card

SAY = Words("en")
EXAMPLE = Path(__file__).parents[3] / "examples/loop.toml"
ROW = TicketRow(
    key="7", href="/app/ticket/7", mark="2", tone="bp-down", words="Nobody called back.",
    facts=["#7", "Manager"], state="new", state_tone="", urgent="", escalated="",
    clock=Clock("Take it: in 2 hours", "24 Nov 2026, 11:00", late=False), late=False,
)  # fmt: skip
LATE = replace(ROW, key="8", href="/app/ticket/8", late=True)
BOARD = BoardView(
    tiles=[Tile("Open", "not settled yet", "2", "/app/tickets", active=True)],
    further=[Tile("Taken", "", "0", "/app/tickets?state=acknowledged", active=False)],
    rows=[LATE, ROW],
)


def words(page: Any) -> str:
    """Everything that a component tree says."""
    return str(page.to_plotly_json()) + "".join(str(one) for one in page._traverse())


def ids(page: Any) -> list[str]:
    return [one.id for one in page._traverse() if getattr(one, "id", None)]


def hrefs(page: Any) -> list[str]:
    return [one.href for one in page._traverse() if getattr(one, "href", None)]


def test_the_board_puts_what_is_late_first_and_under_its_own_heading() -> None:
    page = board_page(BOARD, SAY)
    said = words(page)
    assert said.index("Late") < said.index("In time")
    assert hrefs(page).index("/app/ticket/8") < hrefs(page).index("/app/ticket/7")


def test_a_board_of_one_kind_has_no_headings() -> None:
    assert "In time" not in words(board_page(replace(BOARD, rows=[ROW]), SAY))


@pytest.mark.parametrize(
    ("nothing", "said"),
    [
        ("open", "No customer is waiting"),
        ("late", "Nothing is late"),
        ("verified", "No ticket stands here"),
        ("narrowed", "No ticket fits these filters"),
    ],
)
def test_an_empty_board_says_why(nothing: str, said: str) -> None:
    view = replace(BOARD, rows=[], nothing=nothing, clear="/app/tickets")
    assert said in words(board_page(view, SAY))


def test_every_form_of_a_ticket_holds_every_field_that_the_callback_reads() -> None:
    form = Form("acknowledge", "Take it", "words", "Take it", "acknowledge::7:1", None)
    assert {Id.TICKET_DO, Id.TICKET_NOTE, Id.TICKET_PICK, Id.TICKET_FILE} <= set(
        ids(_form(form, SAY))
    )


@pytest.mark.parametrize(
    "value",
    [None, "", "resolve", "resolve::7", "resolve::x:1", "resolve::7:1:2", "a::1:9999999999"],
)
def test_a_button_that_says_nothing_sensible_is_no_step(value: str | None) -> None:
    assert read_pressed(value) is None


def test_a_button_says_what_about_which_version_of_which_ticket() -> None:
    pressed = read_pressed("reveal:0191f20b:17:4")
    assert pressed is not None
    assert (pressed.act, pressed.subject, pressed.number, pressed.version) == (
        "reveal", "0191f20b", 17, 4,
    )  # fmt: skip


def test_the_filters_of_the_board_live_in_its_address() -> None:
    address = read_address("/app/tickets", "?state=late&owner=mine&severity=3&other=x")
    assert address.own == (("state", "late"), ("owner", "mine"), ("severity", "3"))
    assert read_address("/app/ticket", "").page is Page.MISSING
    assert read_address("/app/loop/rules", "").page is Page.LOOP_RULES
    assert read_address("/app/loop/DE01", "").unit == "DE01"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(20, "1 min"), (59 * 60, "59 min"), (-3_600, "1 hour"), (7_300, "2 hours"),
     (2 * 86_400, "2 days")],
)  # fmt: skip
def test_a_length_of_time_is_told_in_its_largest_unit(seconds: float, said: str) -> None:
    assert length_text(SAY, seconds) == said


def test_rules_are_read_as_sentences() -> None:
    names = Names(metrics={"nps": "NPS"})
    when = AllOf((TierIs(frozenset({"gold"})), AnyOf((ScoreIs("nps", at_most=6),
                                                       SaysWord(("refund",))))))  # fmt: skip
    rule = AlertRule("x", when=when)
    assert rule_words(rule, SAY, names) == (
        "a customer of value tier gold and (NPS: 6 or lower or a comment that says: refund)"
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_of_the_example_has_words(language: Any) -> None:
    say = Words(language)
    loop: Loop = loop_of(read_loop(EXAMPLE.read_text(encoding="utf-8"), "loop.toml", known=None))
    said = [rule_words(one, say, Names()) for one in loop.rules]
    said += [escalation_words(one, say) for one in loop.escalations]
    said += [line for one in loop.calendars.values() for line in calendar_lines(one, say)]
    assert not [one for one in said if "loopbook." in one or "{" in one]
    assert len(set(said[: len(loop.rules)])) == len(loop.rules)


def test_days_alike_are_told_together_in_a_calendar() -> None:
    day = (Hours(9 * 3_600, 18 * 3_600),)
    calendar = Calendar(week=dict.fromkeys(range(5), day))
    assert calendar_lines(calendar, SAY) == [
        "Mon\u2013Fri  09:00\u201318:00",
        "Sat\u2013Sun  closed",
    ]


def test_an_escalation_at_once_does_not_speak_of_later() -> None:
    at_once = Escalation("contact", "business", 0, "region")
    later = Escalation("contact", "business", 3_600, "headquarters")
    assert "at once" in escalation_words(at_once, SAY)
    assert "1 h later" in escalation_words(later, SAY)
    assert (span_words(SAY, 86_400), span_words(SAY, 5_400)) == ("1 day", "1.5 h")


def test_alerts_without_a_way_are_no_links_and_muted_ones_say_so() -> None:
    item = AlertItem(href=None, mark="", of="", tone="", symbol="moon-stars", rule="No answers",
                     words="60 visits", manner="found", facts="yesterday", state="still so",
                     urgent="", muted="muted")  # fmt: skip
    choice = Choice("Kind", [Link("Every kind", "/app/alerts", True)])
    page = alerts_page(AlertsView(items=[item], counts=[], mutes=[], form=None, choice=choice), SAY)
    assert "muted" in words(page)
    assert hrefs(page) == ["/app/alerts"]
    assert Id.MUTE not in ids(page)


def test_what_a_customer_wrote_is_cut_on_one_line_at_a_word() -> None:
    assert shortened("it\n rattles  again") == "it rattles again"
    assert shortened("never again " * 20, 20) == "never again never\u2026"
    assert shortened("\u597d" * 200) == "\u597d" * 120 + "\u2026"


def test_the_card_of_those_who_wait_leads_to_the_late_ones() -> None:
    view = Waiting(open=2, late=1, new=1, asked=0, rows=[LATE, ROW], board="/app/tickets",
                   late_board="/app/tickets?state=late")  # fmt: skip
    assert "/app/tickets?state=late" in hrefs(waiting_card(view, SAY, 5))
    quiet = waiting_card(replace(view, open=0, late=0, rows=[]), SAY, 5)
    assert "No customer is waiting" in words(quiet)
    assert waiting_card(None, SAY, 5) is None


def test_the_bell_says_its_number_aloud_too() -> None:
    said = "".join(str(part) for part in bell_inside(1_234, SAY))
    assert "99+" in said
    assert "My notices, 1" in said
    assert "bp-bell-number" not in "".join(str(part) for part in bell_inside(0, SAY))


def test_every_kind_of_notice_stands_once_on_the_page_where_one_chooses() -> None:
    shown = [kind for kinds in GROUPS.values() for kind in kinds]
    assert sorted(shown) == sorted(KINDS)
