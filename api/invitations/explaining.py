"""Why a customer is asked, or not: the stored decision, or the one that would be taken now.

Changes nothing. A decision looks at everything that the customer was sent, by any branch; what is
shown of it are counts and moments, never another branch's invitation.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.core.errors import NotFound
from api.invitations.dossiers import gather, ground
from api.invitations.repository import explaining
from api.invitations.repository.explaining import FoundEvent, StoredDecision
from api.invitations.repository.gathering import read_events
from api.invitations.service import Decider
from api.security.scope import Scope, open_scope
from scheduler.planner.explain import explain as explained


def explain(session: Session, scope: Scope, reference: str, now: datetime) -> dict[str, Any]:
    """The decision on an event: ``event, decision, reason, earliest_at, rule_set_version, checks``.

    ``reference`` is our id or ``SOURCE:EXTERNAL_ID``. An event that is not decided yet is decided
    without storing anything. Raises NotFound outside ``scope``.
    """
    event = _require_event(session, scope, reference)
    stored = explaining.latest_decision(session, event.id)
    if stored is not None:
        return _as_stored(event, stored)
    open_scope(session, Scope.whole_network(reason="a cap counts what every branch has sent"))
    try:
        return _decided_dry(session, event, now)
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
    return explained(str(event.id), decider.decide(due).decision, on.rules)
