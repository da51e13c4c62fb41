"""People and the tree of units as component trees; who is found, and what a change shows them."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from api.access.directory import fits, spoken
from api.access.effects import effect_of
from api.models import Grant
from api.network.queries import StructureChange
from api.security.hierarchy import Hierarchy, Node
from dashboard.address import Page, read_address
from dashboard.data.frame import Link
from dashboard.data.network import NetworkView, UnitCard, rows_words
from dashboard.data.people import InviteView, PeopleView, Place
from dashboard.data.person import Asked, GrantForm, GrantRow, PersonView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages.network import network_page
from dashboard.pages.people import invite_page, people_page
from dashboard.pages.person import person_page

TODAY = date(2026, 11, 16)
PEOPLE = PeopleView(
    rows=[{"id": "1", "name": "王小明", "href": "/app/people/1", "roles": "Branch manager",
           "places": "静安店", "login": "ming@example.com", "state": "Active",
           "since": "2026-01-01"}],
    found=1, everybody=1, sought="wang", states=[Link("Everybody (1)", "/app/people", True)],
    pages=[], invite="/app/people/new",
)  # fmt: skip
ROW = GrantRow("Branch manager", "静安店", "1 Jan 2026", "–", "In force", excluded=False,
               over=False, end="/app/people/1?do=end&grant=2")  # fmt: skip
PERSON = PersonView(
    name="王小明", state="Active", active=True, own=False, facts=[("E-mail", "ming@example.com")],
    sees="Sees 1 of 3", grants=[ROW], changes=[("1 Jan 2026", "Role given")],
    steps=[("Deactivate", "/app/people/1?do=deactivate")], back="/app/people", asked=None,
    form=None,
)  # fmt: skip
ASKED = Asked("Deactivate?", ["Nobody logs in."], "deactivate", "Deactivate", "/app/people/1")
PLACES = [Place("静安店 · JA1", unit="JA1"), Place("Group · G1 (owner group)", group="G1")]
ROLES = [("branch_staff", "Branch staff")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_shows_who_was_found_and_says_when_there_is_nobody(language: str) -> None:
    say = Words(language)
    page = str(people_page(PEOPLE, say))
    assert "王小明" in page
    assert Id.PEOPLE_GRID in page
    assert Id.PEOPLE_SOUGHT in page
    nobody = str(people_page(replace(PEOPLE, rows=[], found=0, everybody=0), say))
    assert say("people.none_words") in nobody
    assert Id.PEOPLE_GRID not in nobody


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_changes_an_account_is_said_before_it_is_done(language: str) -> None:
    say = Words(language)
    plain = str(person_page(PERSON, say))
    assert Id.PERSON_SURE not in plain
    assert "do=end" in plain
    asked = str(person_page(replace(PERSON, asked=ASKED), say))
    assert ASKED.words[0] in asked
    assert Id.PERSON_SURE in asked
    link = str(person_page(replace(PERSON, asked=replace(ASKED, sure="link")), say))
    assert Id.PERSON_LINK in link
    assert Id.PERSON_SURE not in link


def test_nobody_finds_a_button_on_their_own_account() -> None:
    own = replace(PERSON, own=True, steps=[], grants=[replace(ROW, end=None)])
    page = str(person_page(own, Words("en")))
    assert Words("en")("people.own") in page
    assert "do=" not in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_forms_offer_the_places_of_the_viewer_and_nothing_is_granted_by_them(language: str) -> None:
    say = Words(language)
    form = GrantForm(ROLES, PLACES, "/app/people/1")
    page = str(person_page(replace(PERSON, form=form), say))
    assert all(place.text in page for place in PLACES)
    assert Id.PERSON_WEIGH in page
    assert Id.PERSON_GRANT not in page
    invite = str(invite_page(InviteView(ROLES, PLACES, [("zh", "中文")], "/app/people"), say))
    assert Id.INVITE_WEIGH in invite
    assert Id.INVITE_SURE not in invite


def node(unit_id: int, parent: int | None, *, closed: date | None = None, group: int | None = None
         ) -> Node:  # fmt: skip
    kind = "network" if parent is None else "region" if parent == 1 else "branch"
    return Node(unit_id, f"U{unit_id}", kind, kind, "店", "Shop", "dian", parent, None, None, None,
                closed, None, None, None, group)  # fmt: skip


TREE = Hierarchy([node(1, None), node(2, 1), node(3, 2), node(4, 2, group=9),
                  node(5, 2, closed=date(2026, 1, 1))])  # fmt: skip


def grant(unit: int | None, *, group: int | None = None, excluded: bool = False,
          first: date = date(2026, 1, 1), end: date | None = None) -> Grant:  # fmt: skip
    return Grant(account_id=UUID(int=1), role="branch_staff", unit_id=unit, owner_group_id=group,
                 excluded=excluded, valid_from=first, valid_to=end)  # fmt: skip


def test_a_change_is_weighed_by_the_branches_it_shows_and_hides() -> None:
    region, exception = grant(2), grant(3, excluded=True)
    assert effect_of([], [region], TREE, TODAY).then == 2, "a closed branch is not counted"
    found = effect_of([region], [region, exception], TREE, TODAY)
    assert (found.now, found.then, found.branches) == (2, 1, 2)
    assert effect_of([], [grant(None, group=9)], TREE, TODAY).then == 1
    over = [grant(2, end=TODAY), grant(2, first=date(2026, 11, 17))]
    assert effect_of(over, [], TREE, TODAY).now == 0, "what ended or is to come shows nothing"


def test_names_are_found_by_their_sound_and_every_word_counts() -> None:
    assert spoken("王建国") == "wang jian guo"
    haystack = "王建国\nwang jian guo\nwangjianguo\nja1\n静安店"
    assert fits(["wangjian"], haystack)
    assert fits(["王", "ja1"], haystack)
    assert not fits(["王", "ja2"], haystack)


def test_the_filters_of_people_and_tree_live_in_their_address_alone() -> None:
    address = read_address("/app/people/7", "?do=end&grant=2&q=wang&on=2026-01-01")
    assert (address.page, address.subject) == (Page.PEOPLE, "7")
    assert (address.word("do"), address.word("on")) == ("end", None)
    assert "do=" not in address.with_words(do=None, grant=None).href
    assert read_address("/app/people/new", "").page is Page.PEOPLE_NEW
    assert read_address("/app/network/JA1", "?on=2026-01-01").word("on") == "2026-01-01"


TREE_VIEW = NetworkView(
    on="2026-01-01", is_today=False, lead="2 open branches", unit=None, rows=[], depths=[],
    changes=[("1 Jan 2026", "静安店 moved under 华东.")], today="/app/network",
)  # fmt: skip
UNIT_ROW = {"unit_code": "JA1", "unit_name": "静安店", "href": "/app/network/JA1", "level": "Shop",
            "above": "", "branches": None, "city_tier": "1", "size": None, "brand": None,
            "group": None, "state": "Open", "former": ""}  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_tree_shows_units_of_the_day_their_past_and_no_empty_column(language: str) -> None:
    say = Words(language)
    unit = UnitCard("华东", [("Code", "R1")], [("always", "网络")], [], "/app/unit/R1")
    page = str(network_page(replace(TREE_VIEW, rows=[UNIT_ROW], unit=unit), say))
    assert "静安店" in page
    assert say("units.past_note") in page
    assert "'field': 'city_tier'" in page
    assert "'field': 'brand'" not in page, "it would be empty in every row"
    assert say("units.no_profiles") in page
    none = str(network_page(TREE_VIEW, say))
    assert say("units.none_words") in none
    assert say("dashboard.missing.title") in str(network_page(None, say))


def test_what_opened_on_one_day_is_told_in_one_sentence() -> None:
    day = date(2022, 10, 15)
    nodes = {n: SimpleNamespace(name=lambda _, n=n: f"B{n}") for n in range(1, 6)}
    viewer = SimpleNamespace(
        sees_unit=lambda unit: unit != 2, hierarchy=SimpleNamespace(nodes=nodes)
    )
    sitting: Any = SimpleNamespace(say=Words("en"), language="en", viewer=viewer)
    rows = [StructureChange(day, "opened", unit, None, None) for unit in nodes]
    said = rows_words(sitting, rows, cut=False)
    assert said == "B1, a place that is not yours to see, B3 and 2 more opened."
    assert rows_words(sitting, rows, cut=True).endswith("B3 and others opened.")
    assert rows_words(sitting, rows[2:4], cut=False) == "B3 opened. B4 opened."
    moved = StructureChange(day, "moved", 1, 3, None)
    assert rows_words(sitting, [moved], cut=False) == "B1 moved under B3."
