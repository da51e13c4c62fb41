"""A decision as plain data, in the shape that ``branchpulse explain`` and the API promise."""

from typing import Any

from scheduler.planner.decision import Check, Decision, Drop, Hold, Send
from scheduler.planner.rules import RuleSet


def explain(event_id: str, decision: Decision, rules: RuleSet | None) -> dict[str, Any]:
    """The decision on one event, ready for JSON.

    Parameters
    ----------
    event_id : str
    decision : Decision
    rules : RuleSet or None
        The set that was decided with.

    Returns
    -------
    dict
        ``event, decision, reason, earliest_at, rule_set_version, first_blocked, checks``; a
        missing value is None, times are ISO 8601 in UTC, a sending has the reason ``passed`` and
        nothing that blocked.
    """
    return {
        "event": event_id,
        "decision": kind_of(decision),
        "reason": decision.reason.value,
        "earliest_at": decision.earliest_at.isoformat() if decision.earliest_at else None,
        "rule_set_version": rules.version if rules else None,
        "first_blocked": first_blocked(decision),
        "checks": checks_as_data(decision.checks),
    }


def first_blocked(decision: Decision) -> str | None:
    """The check that stood in the way first; None when nothing did."""
    return next((check.rule for check in decision.checks if not check.ok), None)


def kind_of(decision: Decision) -> str:
    """The decision in one word: ``send``, ``hold`` or ``drop``."""
    match decision:
        case Send():
            return "send"
        case Hold():
            return "hold"
        case Drop():
            return "drop"


def checks_as_data(checks: tuple[Check, ...]) -> list[dict[str, Any]]:
    """The checks as they are stored and shown: ``rule, value, limit, ok``."""
    return [
        {
            "rule": check.rule,
            "value": _plain(check.value),
            "limit": _plain(check.limit),
            "ok": check.ok,
        }
        for check in checks
    ]


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
