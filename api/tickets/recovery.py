"""After a matter was resolved the customer gets one short question, and has the last word.

A worker's: plans the question under everything that forbids asking (`api.invitations.recovery`),
hears the answer, and ends without a word what nobody answered in time. Each ticket in a transaction
of its own, so that one that fails stops no other.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.core.installation import Installation
from api.invitations.recovery import Planned, RecoveryWish, plan_recovery, withdraw_late
from api.tickets.closing import customer_said, no_word
from api.tickets.errors import Stale
from api.tickets.loop import Verify
from api.tickets.published import loop_in_force
from api.tickets.repository import recovery as repository
from api.tickets.repository import tickets
from api.tickets.repository.recovery import Heard, Withdrawn

BATCH = 200
UNFINISHED = timedelta(minutes=30)
LISTENS = timedelta(days=1)  # after the end of the link, for what was begun before it
DROPPED_REST = timedelta(days=1)  # what stood against a planned question may go away
_log = logging.getLogger(__name__)


def follow_resolved(installation: Installation, limit: int = BATCH) -> int:
    """Hears answers, asks, and ends what stayed without a word; how many tickets changed."""
    now = installation.clock()
    with installation.database.transaction() as session:
        found = loop_in_force(session)
    if found is None:
        return 0
    verify = found.loop.verify
    done = _hear(installation, verify, now, limit)
    if verify.enabled:
        done += _ask_again(installation, now, limit)
        done += _ask(installation, verify, now, limit)
    return done + _end(installation, verify, now, limit)


def _hear(installation: Installation, verify: Verify, now: datetime, limit: int) -> int:
    with installation.database.transaction() as session:
        heard = repository.answered(session, verify.metric, now - UNFINISHED, now, limit)
    return _each(installation, (partial(_said, one, verify, now) for one in heard))


def _said(one: Heard, verify: Verify, now: datetime, session: Session) -> bool:
    content = one.score >= verify.good_from
    return customer_said(session, one.ticket_id, score=one.score, content=content, now=now)


def _ask_again(installation: Installation, now: datetime, limit: int) -> int:
    with installation.database.transaction() as session:
        withdrawn = repository.to_ask_again(session, now, limit)
    return _each(installation, (partial(_look_again, one, now) for one in withdrawn))


def _look_again(one: Withdrawn, now: datetime, session: Session) -> bool:
    if not repository.lock_resolved(session, one.ticket_id):
        return False
    if not one.dropped and not withdraw_late(session, one.invitation_id, now):
        return False
    repository.look_again(session, one.ticket_id, now + DROPPED_REST if one.dropped else now)
    return True


def _ask(installation: Installation, verify: Verify, now: datetime, limit: int) -> int:
    with installation.database.transaction() as session:
        waiting = repository.to_ask(session, _since(verify, now), now, limit)
    return _each(installation, (partial(_asked, one, verify, now) for one in waiting))


def _asked(ticket_id: UUID, verify: Verify, now: datetime, session: Session) -> bool:
    """Plans the question, or notes why not and when to think of it again."""
    if not repository.lock_resolved(session, ticket_id):
        return False
    ticket = tickets.ticket_by_id(session, ticket_id)
    if ticket is None or ticket.recovery_invitation_id is not None:
        return False
    planned = Planned(reason="no_event")
    if ticket.event_id is not None:
        planned = plan_recovery(session, ticket.event_id, _wish(verify), now)
    if planned.invitation is not None and planned.ends is not None:
        until = planned.ends + LISTENS
        repository.note_asked(session, ticket_id, planned.invitation, until)
    else:
        repository.look_again(session, ticket_id, planned.until)
    if planned.invitation is not None or planned.until is None:
        kind = "asked" if planned.invitation is not None else "not_asked"
        detail: dict[str, Any] = {"channel": planned.channel, "reason": planned.reason}
        tickets.add_step(session, ticket, kind=kind, at=now, detail=detail)
    return True


def _end(installation: Installation, verify: Verify, now: datetime, limit: int) -> int:
    with installation.database.transaction() as session:
        since = _since(verify, now)
        quiet = repository.silent(session, verify.metric, since, now, limit)
    return _each(installation, (partial(_unheard, one, now) for one in quiet))


def _unheard(ticket_id: UUID, now: datetime, session: Session) -> bool:
    return no_word(session, ticket_id, now)


def _each(installation: Installation, works: Iterable[Callable[[Session], bool]]) -> int:
    """Does each work in a transaction of its own; how many changed something."""
    done = 0
    for work in works:
        try:
            with installation.database.transaction() as session:
                done += work(session)
        except Stale:
            continue  # somebody was faster: it is looked at again
        except Exception:
            _log.exception("a resolved ticket could not be followed; trying again")
    return done


def _since(verify: Verify, now: datetime) -> datetime:
    return now - timedelta(days=verify.wait_days)


def _wish(verify: Verify) -> RecoveryWish:
    wait = timedelta(days=verify.wait_days)
    return RecoveryWish(verify.survey, verify.messages, wait, verify.counts)
