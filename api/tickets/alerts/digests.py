"""One message instead of many: what was held back is told together, once, at the branch's hour.

The alerts are taken out of what waits in the transaction that tells of them, so that two leaders
tell nobody twice.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from api.core.installation import Installation
from api.notices.people import holders
from api.notices.telling import Telling, tell
from api.tickets.alerts import places, repository
from api.tickets.alerts.repository import HeldAlert
from api.tickets.loop import Loop
from api.tickets.published import LoopInForce, loop_in_force

OLDEST = timedelta(days=14)  # what waited longer than that is no news


def tell_digests(installation: Installation) -> int:
    """Tells what waits and is due, a branch a transaction; how many branches."""
    now = installation.clock()
    with installation.database.transaction() as session:
        in_force = loop_in_force(session)
        due = {} if in_force is None else due_by_branch(session, in_force.loop, now)
    told = 0
    for branch_id, held in due.items():
        assert in_force is not None
        with installation.database.transaction() as session:
            told += _tell(session, in_force, branch_id, held, now)
    return told


def due_by_branch(session: Session, loop: Loop, now: datetime) -> dict[int, list[HeldAlert]]:
    """Held alerts whose hour has come, by branch."""
    found: dict[int, list[HeldAlert]] = defaultdict(list)
    for alert in repository.held_alerts(session, now - OLDEST):
        zone = places.zone_of(session, alert.branch_id, now)
        if places.next_at(loop.digest.at, zone, alert.opened_at) <= now:
            found[alert.branch_id].append(alert)
    return dict(found)


def _tell(
    session: Session,
    in_force: LoopInForce,
    branch_id: int,
    held: Sequence[HeldAlert],
    now: datetime,
) -> bool:
    """Tells owners and who holds the rules' roles; False when another was faster."""
    released = repository.release(session, [one.id for one in held], now)
    alerts = [one for one in held if one.id in released]
    if not alerts:
        return False
    counts = Counter(one.rule for one in alerts)
    telling = Telling(
        kind="digest",
        dedupe_key=f"digest:{branch_id}:{alerts[0].id}",
        branch_id=branch_id,
        accounts=_whom(session, in_force, branch_id, alerts, now),
        detail={
            "alerts": len(alerts),
            "rules": dict(counts.most_common()),
            "severity": max(one.severity for one in alerts),
        },
    )
    tell(session, telling, now)
    return True


def _whom(
    session: Session,
    in_force: LoopInForce,
    branch_id: int,
    alerts: Sequence[HeldAlert],
    now: datetime,
) -> tuple[UUID, ...]:
    owners = [one.owner_id for one in alerts if one.owner_id is not None]
    roles = {
        rule.role
        for one in alerts
        if one.owner_id is None and (rule := in_force.loop.rule(one.rule)) is not None
    }
    if not owners and not roles:
        roles = {"branch_manager"}  # of complaints, which no rule found
    told = [one for role in sorted(roles) for one in holders(session, role, branch_id, now)]
    return tuple(dict.fromkeys([*owners, *told]))
