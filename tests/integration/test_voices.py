"""Comments are found by their words, in both languages, and only within the viewer's branches."""

import random
import re
from datetime import timedelta

import pytest
from answered import LAST, MONDAY, Given, World, days_of, made_up, make_world, write
from conftest import NOW, Office
from sqlalchemy import text
from two_regions import make_two_regions
from viewers import looking

from api.core.errors import NotAllowed, NotFound
from api.insights.comments import MOST_COUNTED, Wanted, count_comments, list_comments
from api.insights.one_response import OneResponse, one_response
from api.insights.periods import Period

PERIOD = Period(LAST - timedelta(weeks=7), LAST)
PIECES = (
    *("Waiting time", "等待时间太长", "等了很久，待遇一般", "Friendly advisor!"),
    *("4S店，服务good", "good-service", "No WAIT at all", "不用等", "await", "价格10.5万"),
)
TYPED = ("wait", "WAITING", "等待", "等", "good", "4S店", "friendly wait", "10.5", "tea")


@pytest.fixture
def said(office: Office) -> tuple[World, list[tuple[Given, str]]]:
    """Comments of a word or two from each of eight branches."""
    world, dice = make_world(office.owner, sizes=(5, 3)), random.Random(5)
    given = made_up(world, dice, days_of(PERIOD.start, LAST), 300)
    written = [(one, " ".join(dice.sample(PIECES, 2))) for one in given]
    statement = text(
        "insert into answer (response_id, question, occurred_on, branch_id, text) "
        "values (:id, 'why', :day, :branch, :words)"
    )
    with office.owner.connection() as connection:
        write(connection, given)
        for one, words in written:
            values = {"id": one.id, "day": one.day, "branch": one.branch, "words": words}
            connection.execute(statement, values)
    return world, written


def parts(words: str) -> list[str]:
    return re.findall(r"[\u4e00-\u9fff]|[a-z0-9]+", words.lower())


def holds(comment: str, typed: str) -> bool:
    """Whether all words are in a comment, read one after the other: another way than the index."""
    found = parts(comment)
    return all(
        any(
            found[at : at + len(wanted) - 1] == wanted[:-1]
            and len(found) >= at + len(wanted)
            and (
                found[at + len(wanted) - 1].startswith(wanted[-1])
                if wanted[-1].isascii()
                else found[at + len(wanted) - 1] == wanted[-1]
            )
            for at in range(len(found))
        )
        for wanted in map(parts, typed.split())
    )


def test_words_are_found_as_reading_finds_them_within_the_own_branches(
    office: Office, said: tuple[World, list[tuple[Given, str]]]
) -> None:
    world, written = said
    homes = (
        (world.network, "hq_analyst", world.branches),
        (world.branches[0], "branch_staff", world.branches[:1]),
    )
    for home, role, branches in homes:
        with looking(office, home, role) as (session, viewer):
            for typed in TYPED:
                wanted = Wanted(PERIOD, words=typed)
                truth = {one.id for one, w in written if one.branch in branches and holds(w, typed)}
                found = list_comments(session, viewer, wanted, limit=50)
                assert {item.response_id for item in found.items} <= truth, typed
                assert count_comments(session, viewer, wanted) == len(truth) <= MOST_COUNTED, typed
                assert len(found.items) == min(len(truth), 50)
    assert any(holds(words, "等待") for _, words in written)


@pytest.mark.parametrize("few", [20, 0], ids=["branch after branch", "all at once"])
def test_paging_skips_nothing_where_many_answered_at_the_same_moment(
    office: Office,
    said: tuple[World, list[tuple[Given, str]]],
    monkeypatch: pytest.MonkeyPatch,
    few: int,
) -> None:
    world, written = said  # all of them at one moment, as imports of whole days are
    monkeypatch.setattr("api.insights.queries.comments._ROWS", (30, 60))
    monkeypatch.setattr("api.insights.queries.comments._FEW", few)
    for role, home, branches in (
        ("hq_admin", world.network, set(world.branches)),
        ("branch_manager", world.branches[0], {world.branches[0]}),
    ):
        seen, cursor = [], None
        with looking(office, home, role) as (session, viewer):
            while cursor or not seen:
                found = list_comments(session, viewer, Wanted(PERIOD), cursor=cursor, limit=7)
                seen += [one.response_id for one in found.items]
                cursor = found.next
        wanted = [one.id for one, _ in written if one.branch in branches]
        assert seen == sorted(wanted, reverse=True)


def test_search_goes_together_with_unit_touchpoint_and_score(
    office: Office, said: tuple[World, list[tuple[Given, str]]]
) -> None:
    world, written = said
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        wanted = Wanted(PERIOD, unit="R1", touchpoint="touch1", highest=6, words="等")
        found = list_comments(session, viewer, wanted, limit=50)
    truth = {
        one.id
        for one, words in written
        if one.branch in world.branches[:5]
        and one.touchpoint == world.touchpoints[0]
        and one.values["nps"] <= 6
        and holds(words, "等")
    }
    assert truth
    assert {item.response_id for item in found.items} == truth


def test_the_database_finds_nothing_of_another_branch_by_itself(
    office: Office, said: tuple[World, list[tuple[Given, str]]]
) -> None:
    world, written = said
    with looking(office, world.branches[2], "branch_staff") as (session, _):
        rows = session.execute(
            text("select response_id from bp_find_comments('''等''', :start, :end, null)"),
            {"start": MONDAY, "end": LAST},
        ).scalars()
        own = {one.id for one, w in written if one.branch == world.branches[2] and holds(w, "等")}
        assert set(rows) == own


def test_one_response_tells_who_it_was_only_if_the_customer_agreed(office: Office) -> None:
    world = make_two_regions(office)
    branch = world.branches["north1"]

    def read(role: str, unit: int) -> OneResponse:
        with looking(office, unit, role) as (session, viewer):
            return one_response(session, viewer, branch.response, office.web.vault, now=NOW)

    mark = branch.data_marks[0]
    found = read("branch_staff", branch.unit_id)
    assert (found.name, found.advisor, found.person_id) == (
        f"{mark} customer", mark, branch.customer,
    )  # fmt: skip
    assert [(one.code, one.value, one.text) for one in found.answers] == [
        ("nps", 2, None),
        ("comment", None, f"{mark} comment"),
    ]
    with office.owner.connection() as connection:
        connection.execute(
            text("update response set named = false where id = :id"), {"id": branch.response}
        )
    quiet = read("branch_staff", branch.unit_id)
    assert (quiet.name, quiet.advisor, quiet.person_id) == (None, None, None)
    with pytest.raises(NotFound):
        read("hq_admin", world.branches["north2"].unit_id)
    with pytest.raises(NotAllowed):
        read("interviewer", branch.unit_id)
