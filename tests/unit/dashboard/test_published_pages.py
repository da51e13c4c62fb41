"""Published tables as component trees: the question before, the proof after, what replaced what."""

from datetime import date
from typing import Any

from test_dashboard_pages import EN, ZH, a_league, a_row, hrefs, nodes, text

from api.insights.periods import Period
from api.insights.queries import TableName
from dashboard.data.frame import Link
from dashboard.data.published import Asked, Entry, PublishedList, PublishedView
from dashboard.ids import Id
from dashboard.pages.published import (
    correct_question,
    list_page,
    publish_question,
    table_page,
    verified,
)

ENTRY = Entry(3, "No. 3 · NPS", "1 Aug – 31 Aug · whole network", "1 Sep 2026", True, None, True,
              "/app/published/3")  # fmt: skip
NAME = TableName("nps", Period(date(2026, 8, 1), date(2026, 9, 1)), "network")


def asked(**changes: Any) -> Asked:
    """A table that is about to be published."""
    given = {"name": NAME, "metric": "NPS", "period": "August", "compared": "whole network",
             "ranked": 52, "enough": 7, "pending": False}  # fmt: skip
    return Asked(**(given | changes))


def found(tree: Any, name: Id) -> Any:
    """The component of that id."""
    return next(node for node in nodes(tree) if getattr(node, "id", None) == name)


def a_table(**changes: Any) -> PublishedView:
    """A published table with one row."""
    given = {
        "entry": ENTRY, "facts": [("Data version", "9")], "sha256": "ab" * 32, "reason": None,
        "corrects": None, "corrected_by": None, "may_correct": True, "complete": True,
        "table": a_league([a_row("D1", tied_with=None)]), "document": "/api/v1/x",
        "everything": Link("All", "/app/published"),
    }  # fmt: skip
    return PublishedView(**(given | changes))


def test_publishing_asks_first_and_says_that_it_is_for_good() -> None:
    said = text(publish_question(asked(), EN))
    assert "It can never be changed or taken back" in said
    assert "52 branches have a place in it" in said
    assert found(publish_question(asked(), EN), Id.PUBLISH_SURE).value == asked().key
    assert "100" in found(publish_question(asked(), ZH), Id.PUBLISH_BONUS).label


def test_nothing_is_published_while_the_newest_answers_are_counted() -> None:
    waiting = publish_question(asked(pending=True), EN)
    assert found(waiting, Id.PUBLISH_SURE).disabled
    assert not found(publish_question(asked(), EN), Id.PUBLISH_SURE).disabled


def test_what_was_asked_about_is_told_apart_by_metric_days_and_comparison() -> None:
    other = TableName("nps", NAME.period, "peers")
    assert asked().key != asked(name=other).key


def test_a_correction_asks_for_its_reason() -> None:
    tree = correct_question(asked(), 3, EN)
    assert "What was wrong (everybody reads this)" in text(tree)
    assert found(tree, Id.CORRECT_REASON) is not None


def test_a_corrected_table_leads_to_its_correction_and_says_why() -> None:
    old = a_table(corrected_by=Link("Corrected by No. 4", "/app/published/4"), may_correct=False)
    assert "/app/published/4" in hrefs(table_page(old, EN))
    assert Id.CORRECT not in [getattr(node, "id", None) for node in nodes(table_page(old, EN))]
    new = a_table(corrects=Link("Corrects No. 3", "/app/published/3"), reason="one region wrong")
    assert "one region wrong" in text(table_page(new, EN))


def test_who_sees_a_part_cannot_check_the_fingerprint_and_reads_why() -> None:
    part = table_page(a_table(complete=False), EN)
    assert found(part, Id.VERIFY).disabled
    assert "You see your own branches of this table" in text(part)
    assert not found(table_page(a_table(), EN), Id.VERIFY).disabled


def test_a_changed_number_is_said_plainly() -> None:
    assert "Nothing was changed" in text(verified(True, "now", EN))
    assert "Something was changed" in text(verified(False, "now", EN))


def test_the_list_says_what_is_for_bonus_and_where_publishing_begins() -> None:
    begin = Link("Publish a table", "/app/league")
    page = list_page(PublishedList([ENTRY], begin), EN)
    assert "for bonus" in text(page)
    assert hrefs(page) == ["/app/league", "/app/published/3"]
    assert "Nothing was published yet" in text(list_page(PublishedList([], None), EN))
