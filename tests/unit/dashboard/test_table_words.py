"""What an address says of tables is read, put into the page, and written again as it was."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.address import Address, Page, read_address
from dashboard.pages.grid import arrange, grid
from dashboard.table_words import LONGEST, MOST, read_tables

SAID = "g~q:华东 & co~s:score-desc,n-asc~c:-n,region~f:n!n!and!greaterThan!5!!lessThan!40.5"
COLUMNS: list[dict[str, Any]] = [
    {"field": "rank", "headerName": "Rank", "sort": "asc"},
    {"field": "name", "headerName": "Name"},
    {"field": "score", "headerName": "Score", "filter": "agNumberColumnFilter"},
    {"field": "n", "headerName": "Answers"},
    {"field": "region", "headerName": "Region", "hide": True},
    {"field": "why", "headerName": "", "sortable": False, "filter": False},
]
ROWS = [
    {"code": f"D{at}", "rank": at, "name": f"N {at}", "score": 0.5, "n": 40} for at in range(12)
]


def opened(word: str, rows: list[dict[str, Any]] = ROWS, *, remade: bool = True) -> Any:
    """The table of a page whose address has that word."""
    page = grid("g", COLUMNS, rows, language="en", row_id="code", remade=remade)
    arrange([None, page], read_address("/app/league", f"?t={word}").tables)
    return page


def parts(page: Any) -> dict[str, Any]:
    """The components of a page that have an id."""
    found = {} if getattr(page, "id", None) is None else {page.id: page}
    children = getattr(page, "children", None)
    for one in children if isinstance(children, list) else [children]:
        found |= parts(one) if hasattr(one, "to_plotly_json") else {}
    return found


def columns(page: Any) -> dict[str, Any]:
    return {one["field"]: one for one in parts(page)["g"].columnDefs}


def test_an_address_with_its_tables_is_read_as_it_was_written() -> None:
    address = Address(Page.LEAGUE, metric="nps", tables=read_tables([SAID, "h~s:"]))
    there = urlsplit(address.whole)
    assert read_address(there.path, f"?{there.query}") == address
    assert address.href == "/app/league?metric=nps"
    bare = Address(Page.LEAGUE, tables=read_tables([SAID]))
    assert bare.whole.startswith("/app/league?t=g~q:")


def test_other_pages_and_units_have_tables_of_their_own() -> None:
    address = Address(Page.LEAGUE, tables=read_tables([SAID]))
    assert address.with_(metric="nps").tables == address.tables
    assert address.to(Page.OVERVIEW).tables == ()
    assert address.about(Page.PUBLISHED, "1").tables == ()


def test_a_table_is_made_as_the_address_says() -> None:
    page = opened("g~q:N~s:score-desc,n-asc~c:-n,region~f:score!n!!greaterThan!0.2")
    found, table = columns(page), parts(page)["g"]
    assert {name: one.get("sort") for name, one in found.items()} == {
        "rank": None, "name": None, "score": "desc", "n": "asc", "region": None, "why": None,
    }  # fmt: skip
    assert (found["score"]["sortIndex"], found["n"]["sortIndex"]) == (0, 1)
    assert [name for name, one in found.items() if one.get("hide")] == ["n"]
    assert table.dashGridOptions["quickFilterText"] == "N"
    assert table.filterModel == {
        "score": {"filterType": "number", "type": "greaterThan", "filter": 0.2}
    }
    assert parts(page)["g-search"].value == "N"
    assert parts(page)["g-columns"].value == ["rank", "name", "score", "region"]
    assert not parts(page)["g-plain"].hidden


def test_a_table_that_nobody_arranged_comes_as_it_is() -> None:
    page = opened("another~q:x")
    assert columns(page)["rank"]["sort"] == "asc"
    assert parts(page)["g-plain"].hidden
    assert "quickFilterText" not in parts(page)["g"].dashGridOptions


def test_words_in_a_short_table_are_seen_so_that_they_can_be_taken_away() -> None:
    assert parts(opened("g~s:n-asc", ROWS[:3]))["g-seek"].hidden
    assert not parts(opened("g~q:x", ROWS[:3]))["g-seek"].hidden
    assert not parts(opened("g~s:n-asc"))["g-seek"].hidden


def test_columns_that_are_not_there_are_ignored() -> None:
    page = opened("g~s:secret-asc,why-desc~c:-secret,other~f:secret!t!!contains!x")
    assert all(one.get("sort") is None for one in columns(page).values())
    assert parts(page)["g"].filterModel == {}
    assert parts(page)["g-columns"].value == ["rank", "name", "score", "n"]


def test_a_filter_of_another_kind_than_its_column_is_ignored() -> None:
    page = opened("g~f:name!n!!equals!3~f:n!t!!contains!4~f:score!n!!inRange!0!1")
    assert list(parts(page)["g"].filterModel) == ["score"]


def test_rows_that_the_page_does_not_make_again_are_nobodys_view() -> None:
    page = opened("g~q:x~s:n-asc", remade=False)
    assert columns(page)["rank"]["sort"] == "asc"


@pytest.mark.parametrize(
    "word",
    ["", "~q:x", "g", "g~", "g~x:1", "g~q", "g~f:n!n!!greaterThan!many", "g~f:n!n!!inRange!1",
     "g~f:n!n!!greaterThan!nan", "g~f:n!t!!runs!x", "g~f:", "g~q:\x00", "g~q:\u202e",
     "g~q:" + "x" * LONGEST],
)  # fmt: skip
def test_what_says_nothing_is_left_out(word: str) -> None:
    assert read_tables([word]) == ()


@given(st.lists(st.text(alphabet=st.sampled_from("g~qsfc:!-,.n1t and or blank<>\"'&%"))))
def test_no_word_is_an_error(words: list[str]) -> None:
    found = read_tables(words)
    assert len(found) <= MOST
    assert len({one.grid for one in found}) == len(found)
    address = Address(Page.LEAGUE, tables=found)
    assert not set("<>\"' ") & set(address.whole)
    assert hash(address) == hash(Address(Page.LEAGUE, tables=read_tables(words)))
    for one in found:
        arrange(grid(one.grid, COLUMNS, ROWS, language="zh", row_id="code"), found)
