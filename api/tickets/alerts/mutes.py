"""Mutes: somebody wants a rule, or all of them, to be quiet at a branch for a while, and says why.

What is found meanwhile is still counted. A mute ends by itself, at the latest after three months.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from api.core.errors import Conflict, Invalid, NotFound
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.tickets.alerts import repository
from api.tickets.published import loop_in_force

LONGEST = timedelta(days=92)
LONGEST_REASON = 500


class MuteOver(Conflict):
    """The mute is over already."""

    key = "alerts.errors.mute_over"


@dataclass(frozen=True, slots=True)
class MuteWish:
    """Which rule (None: all) is to be quiet, where, and until when."""

    unit: str
    reason: str
    until_at: datetime
    rule: str | None = None
    from_at: datetime | None = None


def mute(session: Session, viewer: Viewer, wish: MuteWish, now: datetime) -> list[UUID]:
    """Mutes every branch of a unit; raises Invalid, NotFound or NotAllowed."""
    node = viewer.require_unit_code(wish.unit)
    viewer.require(Permission.MUTE_ALERTS, node.id)
    branches = viewer.hierarchy.branches_under(node.id)
    for branch in branches:
        viewer.require(Permission.MUTE_ALERTS, branch.id)
    reason, from_at = _reason(wish.reason), wish.from_at or now
    _check(session, wish, from_at, now)
    made = [
        repository.add_mute(
            session,
            branch_id=branch.id,
            rule=wish.rule,
            reason=reason,
            from_at=from_at,
            until_at=wish.until_at,
            muted_by=viewer.account_id,
        )
        for branch in branches
    ]
    audit(
        session,
        viewer.actor,
        "alerts.mute",
        now=now,
        subject=f"unit:{node.id}",
        unit_id=node.id,
        detail={"rule": wish.rule, "until": wish.until_at.isoformat(), "branches": len(made)},
    )
    return made


def unmute(session: Session, viewer: Viewer, mute_id: UUID, now: datetime) -> None:
    """Ends a mute early; raises MuteOver when it was over."""
    branch_id = repository.mute_branch(session, mute_id)
    if branch_id is None:
        raise NotFound
    viewer.require(Permission.MUTE_ALERTS, branch_id)
    if not repository.end_mute(session, mute_id, now):
        raise MuteOver
    audit(
        session,
        viewer.actor,
        "alerts.unmute",
        now=now,
        subject=f"mute:{mute_id}",
        unit_id=branch_id,
        detail={},
    )


def _reason(words: str) -> str:
    reason = words.replace("\0", "").strip()
    if not 3 <= len(reason) <= LONGEST_REASON:
        message = f"a few words, at most {LONGEST_REASON} characters"
        raise Invalid(fields=[{"field": "reason", "message": message}])
    return reason


def _check(session: Session, wish: MuteWish, from_at: datetime, now: datetime) -> None:
    if wish.until_at <= max(from_at, now):
        raise Invalid(fields=[{"field": "until_at", "message": "later than its beginning and now"}])
    if wish.until_at - from_at > LONGEST:
        raise Invalid(fields=[{"field": "until_at", "message": f"{LONGEST.days} days at most"}])
    in_force = loop_in_force(session)
    if wish.rule is not None and (in_force is None or in_force.loop.rule(wish.rule) is None):
        known = ", ".join(one.code for one in in_force.loop.rules) if in_force else ""
        raise Invalid(fields=[{"field": "rule", "message": f"one of {known}"}])
