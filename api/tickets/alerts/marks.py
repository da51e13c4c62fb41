"""Answers that somebody has to know of: a worker takes marks and looks at what they point to.

A mark is deleted in the transaction that acts on it, so that a crash loses none. Whatever is wrong
with one answer does not stop the others: its mark is put back for later.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from api.core.installation import Installation
from api.tickets.alerting import Finding, find, metrics_fallen
from api.tickets.alerts import queries, repository
from api.tickets.alerts.queries import Looked
from api.tickets.alerts.raising import Found, raise_alert
from api.tickets.opening import Opening
from api.tickets.published import LoopInForce, loop_in_force

AT_ONCE = 50
AGAIN = timedelta(minutes=10)
_log = logging.getLogger(__name__)


def find_alerts(installation: Installation) -> int:
    """Looks at answers that came in; how many."""
    now = installation.clock()
    with installation.database.transaction() as session:
        taken = repository.take_marks(session, now, AT_ONCE)
        in_force = loop_in_force(session) if taken else None
        if in_force is not None:
            look_at(session, in_force, taken, now)
        return len(taken)


def look_at(
    session: Session, in_force: LoopInForce, responses: Sequence[UUID], now: datetime
) -> int:
    """Raises what the rules find in these responses; how many alerts are new."""
    rules = in_force.loop.rules_of("answer")
    looked = queries.responses_looked_at(
        session,
        responses,
        but_survey=in_force.loop.verify.survey,
        fallen=metrics_fallen(rules),
    )
    raised = 0
    for one in looked:
        finding = find(rules, one.answered)
        if finding is not None:
            raised += _raise(session, in_force, _found(in_force, one, finding), now)
    return raised


def _raise(session: Session, in_force: LoopInForce, found: Found, now: datetime) -> bool:
    savepoint = session.begin_nested()
    try:
        raised = raise_alert(session, in_force, found, now)
        savepoint.commit()
    except Exception:
        savepoint.rollback()
        _log.exception("alert of response %s failed; trying again", found.response_id)
        assert found.response_id is not None
        repository.put_mark_back(session, found.response_id, now + AGAIN)
        return False
    return raised is not None


def _found(in_force: LoopInForce, one: Looked, finding: Finding) -> Found:
    response_id = one.answered.response_id
    return Found(
        branch_id=one.branch_id,
        rule=finding.rule,
        cause_key=f"response:{response_id}",
        response_id=response_id,
        event_id=one.event_id,
        person_id=one.person_id,
        opening=_opening(in_force, one, finding) if finding.rule.ticket else None,
        detail={
            "rules": list(finding.rules),
            "words": list(finding.words),
            "metric": finding.metric,
            "score": finding.score,
        },
    )


def _opening(in_force: LoopInForce, one: Looked, finding: Finding) -> Opening:
    return Opening(
        branch_id=one.branch_id,
        kind="wish" if finding.rule.wish else "answer",
        loop_version=in_force.version,
        severity=finding.severity,
        role=finding.rule.role,
        response_id=one.answered.response_id,
        event_id=one.event_id,
        person_id=one.person_id,
        touchpoint_id=one.touchpoint_id,
        metric=finding.metric,
        first_score=finding.score,
        detail={"rule": finding.rule.code, "rules": list(finding.rules)},
    )
