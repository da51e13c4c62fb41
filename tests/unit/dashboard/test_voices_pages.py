"""Comments and one response as component trees: marked words, ways on and back."""

from datetime import date

from test_dashboard_pages import EN, hrefs, nodes, text

from dashboard.address import Page, read_address
from dashboard.data.frame import Link
from dashboard.data.one_response import AnswerLine, Fact, ResponseView
from dashboard.data.voices import Voice, VoicesView, marked, response_address
from dashboard.pages.one_response import response_page
from dashboard.pages.voices import voices_page


def a_voice(words: str, typed: str) -> Voice:
    """One comment at the service touchpoint."""
    return Voice(
        text=words,
        score=3,
        tone="bp-down",
        place="Service",
        facts=["D1", "Service"],
        day=date(2026, 11, 1),
        href="/app/response/1",
        key="1",
        marked=marked(words, typed),
    )


def test_words_that_were_looked_for_are_marked_where_they_begin() -> None:
    assert marked("Waiting and await 等待很久", "wait 等待") == (
        ("Waiting", True),
        (" and await ", False),
        ("等待", True),
        ("很久", False),
    )
    assert marked("as it is", None) == (("as it is", False),)


def test_a_list_says_how_many_and_leads_on() -> None:
    view = VoicesView(
        sentence="12 comments",
        items=[a_voice("waited long", "wait")],
        typed="wait",
        narrowed=True,
        clear="/app/voices",
        older="/app/voices?after=x",
    )
    page = voices_page(view, EN)
    assert "12 comments" in text(page)
    assert {"/app/response/1", "/app/voices?after=x", "/app/voices"} <= set(hrefs(page))
    assert [node.children for node in nodes(page) if type(node).__name__ == "Mark"] == ["waited"]


def test_where_nothing_fits_there_is_a_way_out() -> None:
    view = VoicesView(sentence="", items=[], typed="x", narrowed=True, clear="/app/voices")
    page = voices_page(view, EN)
    assert "No comment fits" in text(page)
    assert hrefs(page).count("/app/voices") == 2


def test_a_response_knows_the_way_back_to_the_list_as_it_was() -> None:
    address = read_address("/app/voices/D1", "?words=wait&score=low&metric=nps&lang=en")
    there = read_address("/app/response/7", "?" + response_address(address, "7").query)
    assert (there.page, there.subject, there.word("of")) == (Page.RESPONSE, "7", "D1")
    assert (there.word("words"), there.word("score"), there.metric) == ("wait", "low", "nps")


def test_a_response_shows_each_answer_on_its_scale_and_says_what_was_promised() -> None:
    view = ResponseView(
        lead=AnswerLine("Recommend?", "3", at=3, steps=11, ends=("Not at all", "Extremely")),
        quotes=[AnswerLine("Anything else?", "", text="slow", pieces=(("slow", False),))],
        answers=[AnswerLine("What went wrong?", "", options=("The queue",))],
        facts=[Fact("Where", "D1", "/app/unit/D1")],
        promise="This customer answered without their name.",
        back="/app/voices/D1",
        contest=Link("Contest", "/app/contests/answer-1"),
    )
    page = response_page(view, EN)
    said = text(page)
    for words in ("Recommend?", "Extremely", "slow", "The queue", "without their name"):
        assert words in said
    steps = [node for node in nodes(page) if type(node).__name__ == "I" and not node.children]
    assert sum(step.className == "bp-at" for step in steps) == 1
    assert {"/app/voices/D1", "/app/unit/D1", "/app/contests/answer-1"} <= set(hrefs(page))
