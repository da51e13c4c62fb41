"""Why a customer is asked, or not: the stored decision, or the one that would be taken now.

Changes nothing. A decision looks at everything that the customer was sent, by any branch; what is
shown of it are counts and moments, never another branch's invitation.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.core.errors import NotFound
from api.invitations.dossiers import gather, ground, on_rules
from api.invitations.repository import explaining
from api.invitations.repository.explaining import FoundEvent, StoredDecision
from api.invitations.repository.gathering import read_events, read_frame
from api.invitations.service import Decider
from api.security.scope import Scope, open_scope
from api.surveys.published import rules_of_version
from scheduler.planner import Check
from scheduler.planner.explain import checks_as_data
from scheduler.planner.explain import explain as explained

_EVERYBODYS = Scope.whole_network(reason="a cap counts what every branch has sent")


def explain(session: Session, scope: Scope, reference: str, now: datetime) -> dict[str, Any]:
    """The decision on an event, with every check in its order.

    ``event, decision, reason, earliest_at, rule_set_version, first_blocked, checks`` are what was
    decided and stored; ``further`` are the checks that it did not reach, looked at again as of the
    moment of the decision (``as_of``) under its rules. They say what else would have stood in the
    way, from what is known today. ``reference`` is our id or ``SOURCE:EXTERNAL_ID``. An event that
    is not decided yet is decided without storing anything. Raises NotFound outside ``scope``.
    """
    event = _require_event(session, scope, reference)
    stored = explaining.latest_decision(session, event.id)
    open_scope(session, _EVERYBODYS)
    try:
        if stored is None:
            return _decided_dry(session, event, now)
        told = _as_stored(event, stored)
        return {**told, **_further(session, event, stored, told["checks"])}
    finally:
        open_scope(session, scope)


def _require_event(session: Session, scope: Scope, reference: str) -> FoundEvent:
    found = _find(session, reference)
    if found is None or not scope.sees(found.branch_id):
        raise NotFound(event=reference)
    return found


def _find(session: Session, reference: str) -> FoundEvent | None:
    try:
        return explaining.find_event(session, UUID(reference))
    except ValueError:
        source, colon, external_id = reference.partition(":")
    if not colon:
        return None
    return explaining.find_named_event(session, source, external_id)


def _as_stored(event: FoundEvent, stored: StoredDecision) -> dict[str, Any]:
    checks = [_named(check) for check in stored.checks]
    return {
        "event": str(event.id),
        "decision": stored.action,
        "reason": stored.reason,
        "earliest_at": stored.earliest_at.isoformat() if stored.earliest_at else None,
        "rule_set_version": stored.rule_set_version,
        "first_blocked": next((one["rule"] for one in checks if not one["ok"]), None),
        "checks": checks,
    }


def _named(check: Any) -> dict[str, Any]:
    """A check with its names; it is stored without."""
    if isinstance(check, dict):
        return check
    return dict(zip(("rule", "value", "limit", "ok"), check, strict=True))


def _decided_dry(session: Session, event: FoundEvent, now: datetime) -> dict[str, Any]:
    (due,) = read_events(session, [event.id])
    on = ground(session, now)
    decider = Decider(session, on, gather(session, [due], on), holding=False)
    told = explained(str(event.id), decider.decide(due).decision, on.rules)
    decider = Decider(session, on, gather(session, [due], on), holding=False)
    thorough = decider.decide(due, thorough=True).decision
    return {**told, **_beyond(told["checks"], thorough.checks, now)}


def _further(
    session: Session, event: FoundEvent, stored: StoredDecision, known: list[dict[str, Any]]
) -> dict[str, Any]:
    """What a decision that ended early would have looked at next."""
    if stored.action == "send" or stored.rule_set_version is None or stored.rules_hash is None:
        return {"further": [], "as_of": None}
    (due,) = read_events(session, [event.id])
    rules = rules_of_version(session, stored.rule_set_version, stored.rules_hash)
    at = stored.decided_at
    on = on_rules(session, read_frame(session, at), rules, at)
    later = explaining.made_since(session, event.id, at)
    decider = Decider(session, on, gather(session, [due], on, without=later), holding=False)
    decision = decider.decide(due, thorough=True).decision
    return _beyond(known, decision.checks, at)


def _beyond(known: list[dict[str, Any]], checks: tuple[Check, ...], at: datetime) -> dict[str, Any]:
    seen = {check["rule"] for check in known}
    further = [check for check in checks_as_data(checks) if check["rule"] not in seen]
    return {"further": further, "as_of": at.isoformat() if further else None}
