"""Decides whom to ask, when and through which channel. Pure: values in, a value out.

Owns the vocabulary of asking (facts, rules, reasons, decisions). Knows no database, no network and
no clock: ``now`` is a parameter, and the same facts always give the same decision.
"""

from scheduler.planner.competing import rank, rank_of
from scheduler.planner.decide import decide
from scheduler.planner.decision import Check, Decision, Drop, Hold, Reason, Send
from scheduler.planner.explain import explain
from scheduler.planner.facts import (
    ADDRESS_OF,
    Channel,
    ContactKind,
    CustomerFacts,
    EventFacts,
    History,
    Holder,
    Inclusion,
    InvitationStatus,
    PastInvitation,
)
from scheduler.planner.rules import (
    Cap,
    Compete,
    Condition,
    Fallback,
    Lot,
    Over,
    QuietHours,
    Reminder,
    Rule,
    RuleSet,
    Sampling,
    Segment,
    SendWindow,
    Since,
    Timing,
    Wave,
    rule_set_in_force,
)

__all__ = [
    "ADDRESS_OF",
    "Cap",
    "Channel",
    "Check",
    "Compete",
    "Condition",
    "ContactKind",
    "CustomerFacts",
    "Decision",
    "Drop",
    "EventFacts",
    "Fallback",
    "History",
    "Hold",
    "Holder",
    "Inclusion",
    "InvitationStatus",
    "Lot",
    "Over",
    "PastInvitation",
    "QuietHours",
    "Reason",
    "Reminder",
    "Rule",
    "RuleSet",
    "Sampling",
    "Segment",
    "Send",
    "SendWindow",
    "Since",
    "Timing",
    "Wave",
    "decide",
    "explain",
    "rank",
    "rank_of",
    "rule_set_in_force",
]
