"""The leader's look at the whole network: raises what is new, ends what is over, tells once.

Whoever has to know of several branches at once gets one notice that names them.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.core.installation import Installation
from api.notices.people import holders
from api.notices.telling import Telling, tell
from api.security.hierarchy import Hierarchy, current_hierarchy
from api.tickets.alerts.raising import Found, Raised, end_alerts, raise_alert
from api.tickets.loop import AlertRule
from api.tickets.published import LoopInForce, loop_in_force
from api.tickets.watching import feed, silence, warned
from api.tickets.watching.queries import Running

NAMED = 10
"""Branches that a notice names; the others are counted."""
Looked = tuple[list[Found], list[Running]]


def watch_network(installation: Installation) -> int:
    """Looks at every rule of silence, feeds and warnings, a rule a transaction; what is new."""
    now = installation.clock()
    with installation.database.transaction() as session:
        in_force = loop_in_force(session)
    if in_force is None:
        return 0
    raised = 0
    for rule in in_force.loop.rules:
        if rule.kind != "answer":
            with installation.database.transaction() as session:
                raised += watch_rule(session, in_force, rule, now)
    return raised


def watch_rule(session: Session, in_force: LoopInForce, rule: AlertRule, now: datetime) -> int:
    """Looks at one rule; how many alerts are new."""
    tree = current_hierarchy(session, now.date())
    found, over = _look(session, in_force, rule, tree, now)
    end_alerts(session, [one.id for one in over], now)
    told: list[tuple[Found, Raised]] = []
    raised = 0
    for one in found:
        result = raise_alert(session, in_force, one, now)
        if result is not None:
            raised += 1
            if not (result.muted or result.held):
                told.append((one, result))
    _tell(session, rule, tree, told, now)
    return raised


def _look(
    session: Session, in_force: LoopInForce, rule: AlertRule, tree: Hierarchy, now: datetime
) -> Looked:
    match rule.kind:
        case "silence":
            over = silence.silence_over(session, rule, now)
            return silence.find_silence(session, rule, tree, now), over
        case "feed":
            judged = feed.judge_feed(session, in_force.loop, rule, tree, now)
            if judged is None:
                return [], []
            alive = feed.feeds_alive(session, rule, judged)
            return feed.find_dead_feeds(session, rule, judged), alive
        case _:
            listed = warned.warned_now(session, rule, tree)
            off = warned.warnings_over(session, rule, listed)
            return warned.find_warned(session, rule, listed), off


def _tell(
    session: Session,
    rule: AlertRule,
    tree: Hierarchy,
    told: Sequence[tuple[Found, Raised]],
    now: datetime,
) -> None:
    by_account: dict[UUID, list[tuple[Found, Raised]]] = defaultdict(list)
    for found, raised in told:
        for account_id in holders(session, rule.role, found.branch_id, now):
            by_account[account_id].append((found, raised))
    for account_id, own in by_account.items():
        branches = list(dict.fromkeys(found.branch_id for found, _ in own))
        telling = Telling(
            kind="alert",
            dedupe_key=f"alert:{own[0][1].alert_id}",
            branch_id=branches[0] if len(branches) == 1 else None,
            accounts=(account_id,),
            detail={
                "rule": rule.code,
                "severity": rule.severity,
                "alerts": len(own),
                "units": [tree.nodes[one].code for one in branches[:NAMED]],
            },
        )
        tell(session, telling, now)
