"""Which state of a ticket may follow which, and what somebody may do about it. Pure.

A customer's word counts whatever the owner thinks: it verifies or reopens what was resolved. An
owner, or whoever owned the ticket before, never says that the customer is content.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from api.models.tickets import OPEN_STATES

State = Literal[
    "new", "acknowledged", "contacted", "resolved", "verified", "unverified", "reopened"
]
Action = Literal[
    "acknowledge",
    "contacted",
    "resolve",
    "reopen",
    "verify",
    "note",
    "assign",
    "move",
    "reveal",
    "dial",
    "file",
]

# From where an action leads to its state.
_LEADS: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "acknowledge": ("acknowledged", frozenset({"new", "reopened"})),
        "contacted": ("contacted", frozenset({"new", "acknowledged", "reopened"})),
        "resolve": ("resolved", frozenset(OPEN_STATES)),
        "reopen": ("reopened", frozenset({"resolved", "verified", "unverified"})),
        "verify": ("verified", frozenset({"resolved", "unverified"})),
        "expire": ("unverified", frozenset({"resolved"})),
    }
)
_FIRST: Mapping[str, str] = MappingProxyType(
    {
        "new": "acknowledge",
        "reopened": "acknowledge",
        "acknowledged": "contacted",
        "contacted": "resolve",
        "resolved": "verify",
    }
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about actions: where a ticket stands and whom it is about."""

    state: str
    unnamed: bool  # the customer answered without a name: nobody calls
    reachable: bool  # there is a contact point that may be used
    revealed: bool
    owners: frozenset[UUID]  # who owns it, stands in, or ever owned or resolved it


@dataclass(frozen=True, slots=True)
class Hand:
    """Somebody who looks at a ticket, with what they may do at its branch."""

    account_id: UUID | None
    handles: bool
    verifies: bool
    reveals: bool


def next_state(action: str, state: str) -> str | None:
    """The state that an action leads to; None where it does not begin in ``state``."""
    to_state, starts = _LEADS[action]
    return to_state if state in starts else None


def may_verify(hand: Hand, standing: Standing) -> bool:
    """True for who may say that a customer is content, and had no hand in the matter."""
    return hand.verifies and hand.account_id is not None and hand.account_id not in standing.owners


def actions(hand: Hand, standing: Standing) -> frozenset[str]:
    """Everything that somebody may do now."""
    is_open = standing.state in OPEN_STATES
    found = {name for name in ("acknowledge", "contacted", "resolve", "reopen")
             if hand.handles and next_state(name, standing.state)}  # fmt: skip
    if standing.unnamed:
        found.discard("contacted")
    if next_state("verify", standing.state) and may_verify(hand, standing):
        found.add("verify")
    if hand.handles:
        found |= {"note", "file"} | ({"assign", "move"} if is_open else set())
        found |= {"dial"} if is_open and standing.reachable else set()
    if hand.reveals and is_open and standing.reachable and not standing.revealed:
        found.add("reveal")
    return frozenset(found)


def first_action(standing: Standing, allowed: frozenset[str]) -> str | None:
    """What is to be done first, if the viewer may; who is not to be called needs no call."""
    wanted = _FIRST.get(standing.state)
    if wanted == "contacted" and standing.unnamed:
        wanted = "resolve"
    return wanted if wanted in allowed else None
