"""Ranges of dates laid over each other: day by day, the later statement holds."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from api.imports.spans import Span, joined, on_day, overlay

FIRST = date(2024, 1, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(25)]


@st.composite
def spans(draw: st.DrawFn) -> Span[str]:
    start = draw(st.integers(0, 18))
    length = draw(st.none() | st.integers(1, 6))
    end = None if length is None else DAYS[start + length]
    return Span(DAYS[start], end, draw(st.sampled_from("abc")))


@given(st.lists(spans(), max_size=6))
def test_on_every_day_the_last_statement_about_it_holds(stated: list[Span[str]]) -> None:
    found = overlay([], stated)
    for day in DAYS:
        about = [span.value for span in stated if span.holds_on(day)]
        held = on_day(found, day)
        assert (held.value if held else None) == (about[-1] if about else None)


@given(st.lists(spans(), max_size=6))
def test_the_result_never_overlaps_and_is_as_short_as_can_be(stated: list[Span[str]]) -> None:
    found = overlay([], stated)
    for earlier, later in pairwise(found):
        assert not earlier.overlaps(later)
        assert not (earlier.end == later.start and earlier.value == later.value)
    assert joined(found) == found


@given(st.lists(spans(), max_size=6))
def test_saying_it_all_again_changes_nothing(stated: list[Span[str]]) -> None:
    found = overlay([], stated)
    assert overlay(found, found) == found


def test_a_move_cuts_what_was_known_at_its_date() -> None:
    known = [Span(FIRST, None, "north")]
    assert overlay(known, [Span(DAYS[10], None, "south")]) == [
        Span(FIRST, DAYS[10], "north"),
        Span(DAYS[10], None, "south"),
    ]


def test_a_spell_elsewhere_leaves_both_sides() -> None:
    known = [Span(FIRST, None, "north")]
    assert overlay(known, [Span(DAYS[5], DAYS[8], "south")]) == [
        Span(FIRST, DAYS[5], "north"),
        Span(DAYS[5], DAYS[8], "south"),
        Span(DAYS[8], None, "north"),
    ]
