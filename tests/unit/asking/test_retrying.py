"""When a message that certainly was not taken is tried again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from api.invitations.retrying import ATTEMPTS, FIRST, LONGEST, given_up, next_try

NOW = datetime(2026, 11, 18, 4, tzinfo=UTC)
ids = st.uuids()


@given(ids, st.integers(1, ATTEMPTS - 1))
def test_each_rest_is_twice_the_one_before_give_or_take_a_half(message: UUID, tried: int) -> None:
    at = next_try(message, tried, NOW)
    assert at is not None
    plain = min(FIRST * 2 ** (tried - 1), LONGEST)
    assert plain / 2 <= at - NOW < plain * 3 / 2


@given(ids, st.integers(ATTEMPTS, 1000))
def test_after_the_last_attempt_it_is_given_up(message: UUID, tried: int) -> None:
    assert next_try(message, tried, NOW) is None


@given(ids, st.integers(1, ATTEMPTS - 1))
def test_the_same_message_rests_as_long_whenever_it_is_asked(message: UUID, tried: int) -> None:
    assert next_try(message, tried, NOW) == next_try(message, tried, NOW)


def test_messages_that_failed_together_do_not_come_back_together() -> None:
    some = {next_try(UUID(int=number), 3, NOW) for number in range(1000)}
    assert len(some) > 990
    assert max(one for one in some if one) - min(one for one in some if one) > timedelta(minutes=1)


def test_what_it_failed_by_is_kept() -> None:
    assert given_up("429") == "given_up:429"
