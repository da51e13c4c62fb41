"""An address says which view it is, and the same view writes the same address."""

from datetime import date

import pytest

from dashboard.address import Address, Page, is_known, read_address

FULL = Address(
    page=Page.UNIT,
    unit="华东/01 #?",
    first=date(2026, 8, 17),
    last=date(2026, 11, 15),
    touchpoint="service",
    metric="nps",
    language="en",
)


def test_an_address_that_was_written_is_read_as_it_was() -> None:
    path, _, query = FULL.href.partition("?")
    assert read_address(path, f"?{query}") == FULL


def test_filters_stay_on_the_way_to_another_page() -> None:
    there = FULL.to(Page.LEAGUE)
    assert there.href.startswith("/app/league?")
    assert (there.first, there.touchpoint, there.language) == (FULL.first, "service", "en")


def test_the_bare_address_is_home_without_filters() -> None:
    assert read_address("/app/", "") == Address(Page.HOME)
    assert read_address("/app", None) == Address(Page.HOME)
    assert Address(Page.HOME).href == "/app/"


@pytest.mark.parametrize(
    "search",
    [
        "?from=2026-11-15&to=2026-08-17",
        "?from=yesterday&to=2026-08-17",
        "?from=2026-08-17",
        "?from=1900-01-01&to=2026-08-17",
    ],
)
def test_days_that_make_no_period_are_left_out(search: str) -> None:
    address = read_address("/app/overview", search)
    assert (address.first, address.last) == (None, None)


def test_a_language_we_do_not_speak_is_left_out() -> None:
    assert read_address("/app/overview", "?lang=fr").language is None


def test_the_league_of_a_unit_may_be_named_in_either_way() -> None:
    assert read_address("/app/league", "?unit=EAST").unit == "EAST"
    assert read_address("/app/league/EAST", "").unit == "EAST"


@pytest.mark.parametrize(
    "path",
    ["/app/nothing", "/app/unit", "/app/unit/", "/app/unit/a/b", "/app/missing", "/elsewhere"],
)
def test_unknown_paths_are_missing(path: str) -> None:
    assert read_address(path, "").page is Page.MISSING
    assert not is_known(path)


@pytest.mark.parametrize("path", ["/app/", "/app/overview", "/app/league", "/app/unit/D101"])
def test_known_paths_are_known(path: str) -> None:
    assert is_known(path)
