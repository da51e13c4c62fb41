"""Branches that have events and get no answers: nobody is asked there, or nobody may answer."""

from datetime import datetime, timedelta

from sqlmodel import Session

from api.security.hierarchy import Hierarchy
from api.tickets.alerts.raising import Found
from api.tickets.loop import AlertRule
from api.tickets.watching import queries
from api.tickets.watching.queries import Days, Quiet, Running


def find_silence(session: Session, rule: AlertRule, tree: Hierarchy, now: datetime) -> list[Found]:
    """The silences that are not known yet."""
    span = timedelta(days=rule.days)
    today = now.date()
    quiet = queries.quiet_branches(
        session,
        Days(today - span, today),
        rule.touchpoints,
        least=rule.events,
        since=now - span,
    )
    known = {one.branch_id for one in queries.running_alerts(session, "silence", rule.code)}
    return [
        _found(rule, one)
        for one in quiet
        if one.branch_id in tree.nodes and one.branch_id not in known
    ]


def silence_over(session: Session, rule: AlertRule, now: datetime) -> list[Running]:
    """Running silences of branches that were answered since."""
    running = queries.running_alerts(session, "silence", rule.code)
    since = now - timedelta(days=rule.days)
    branches = {one.branch_id for one in running}
    answered = queries.answered_since(session, branches, rule.touchpoints, since)
    return [one for one in running if one.branch_id in answered]


def _found(rule: AlertRule, one: Quiet) -> Found:
    since = one.answered_at.date().isoformat() if one.answered_at else None
    return Found(
        branch_id=one.branch_id,
        rule=rule,
        kind="silence",
        # The next silence begins after another answer: one alert each.
        cause_key=f"silence:{rule.code}:{one.branch_id}:{since or 'never'}",
        detail={"events": one.events, "since": since, "days": rule.days},
        told_by_caller=True,
    )
