"""Waiting after failed log-ins grows, ends, and has a limit."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.access.identifiers import Identifier, readings
from api.access.slowdown import BY_ADDRESS, BY_IDENTIFIER, blocked_until

NOW = datetime(2026, 11, 18, tzinfo=UTC)


def test_the_first_failures_cost_nothing() -> None:
    assert all(blocked_until(BY_IDENTIFIER, count, NOW) is None for count in range(5))
    assert all(blocked_until(BY_ADDRESS, count, NOW) is None for count in range(100))


def test_waiting_doubles() -> None:
    waits = [blocked_until(BY_IDENTIFIER, count, NOW) for count in range(5, 9)]
    assert waits == [NOW + timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]


@given(st.integers(0, 10**9))
def test_nobody_waits_longer_than_a_minute(failures: int) -> None:
    for patience in (BY_IDENTIFIER, BY_ADDRESS):
        until = blocked_until(patience, failures, NOW)
        assert until is None or NOW < until <= NOW + timedelta(minutes=1)


def test_what_is_typed_may_mean_several_things() -> None:
    assert readings("EMP-13a") == [Identifier("staff_number", "emp-13a")]
    both = readings("19900000001")
    assert both == [
        Identifier("phone", "+8619900000001"),
        Identifier("staff_number", "19900000001"),
    ]
    assert readings("+1 202 555 0123")[0] == Identifier("phone", "+12025550123")
    assert readings("A@B.example") == [Identifier("email", "a@b.example")]
    assert readings("") == []


@given(st.text(max_size=400))
def test_nothing_that_is_typed_breaks_the_log_in(typed: str) -> None:
    for one in readings(typed):
        assert one.value
        assert readings(one.value), "what is stored reads as itself"
