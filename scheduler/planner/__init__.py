"""Decides whom to ask, when and through which channel. Pure: values in, a value out.

Owns the vocabulary of asking (facts, rules, reasons, decisions). Knows no database, no network and
no clock: ``now`` is a parameter, and the same facts always give the same decision.
"""

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
    InvitationStatus,
    PastInvitation,
)
from scheduler.planner.rules import Cap, QuietHours, Rule, RuleSet, Segment, rule_set_in_force

__all__ = [
    "ADDRESS_OF",
    "Cap",
    "Channel",
    "Check",
    "ContactKind",
    "CustomerFacts",
    "Decision",
    "Drop",
    "EventFacts",
    "History",
    "Hold",
    "InvitationStatus",
    "PastInvitation",
    "QuietHours",
    "Reason",
    "Rule",
    "RuleSet",
    "Segment",
    "Send",
    "decide",
    "explain",
    "rule_set_in_force",
]
