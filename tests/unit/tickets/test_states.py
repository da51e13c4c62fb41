"""Which state follows which, and who may lead a ticket there."""

from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest

from api.models.tickets import OPEN_STATES, TICKET_STATES
from api.tickets.states import Hand, Standing, actions, first_action, may_verify, next_state

ME, OTHER = UUID(int=1), UUID(int=2)
MANAGER = Hand(ME, handles=True, verifies=True, reveals=True)
STAFF = Hand(ME, handles=True, verifies=False, reveals=False)
READER = Hand(ME, handles=False, verifies=False, reveals=False)
NEW = Standing("new", unnamed=False, reachable=True, revealed=False, owners=frozenset({OTHER}))
STANDINGS = [
    Standing(state, unnamed, reachable, revealed, frozenset(owners))
    for state, unnamed, reachable, revealed, owners in product(
        TICKET_STATES, (True, False), (True, False), (True, False), ((), (ME,), (OTHER,))
    )
]


def test_every_state_can_be_left_and_only_open_ones_are_worked_on() -> None:
    for state in TICKET_STATES:
        led = {name: next_state(name, state) for name in ("acknowledge", "contacted", "resolve",
                                                          "reopen", "verify")}  # fmt: skip
        assert any(led.values()), state
        assert bool(led["resolve"]) == (state in OPEN_STATES)
        assert state not in led.values(), "a state does not follow itself"


def test_the_customer_is_heard_in_every_state_that_ended() -> None:
    for state in ("resolved", "unverified"):
        assert next_state("verify", state) == "verified"
        assert next_state("reopen", state) == "reopened"
    assert next_state("expire", "resolved") == "unverified"
    assert next_state("expire", "verified") is None


@pytest.mark.parametrize("standing", STANDINGS)
def test_nobody_verifies_what_they_had_in_hand_and_readers_do_nothing(standing: Standing) -> None:
    assert actions(READER, standing) == frozenset()
    for hand in (MANAGER, STAFF):
        may = actions(hand, standing)
        if "verify" in may:
            assert hand.verifies
            assert ME not in standing.owners
        if standing.unnamed:
            assert "contacted" not in may
        if not standing.reachable or standing.state not in OPEN_STATES:
            assert not may & {"reveal", "dial"}
        if standing.revealed:
            assert "reveal" not in may
        first = first_action(standing, may)
        assert first is None or first in may
    assert "reveal" not in actions(STAFF, standing)


def test_a_machine_does_not_say_that_a_customer_is_content() -> None:
    assert not may_verify(replace(MANAGER, account_id=None), replace(NEW, state="resolved"))


def test_the_first_thing_to_do_leads_to_the_end() -> None:
    standing, walked = NEW, []
    while (first := first_action(standing, actions(MANAGER, standing))) is not None:
        walked.append(first)
        after = next_state(first, standing.state)
        assert after is not None
        standing = replace(standing, state=after)
    assert walked == ["acknowledge", "contacted", "resolve", "verify"]
    unnamed = replace(NEW, state="acknowledged", unnamed=True, reachable=False)
    assert first_action(unnamed, actions(MANAGER, unnamed)) == "resolve"
