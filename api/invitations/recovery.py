"""One short question to a customer whose matter was resolved, decided like any other message.

Everything that forbids asking holds: opt-outs, consents, holds, quiet hours; of the caps, as the
wish says. What is asked, and what becomes of the answer, is known to whoever wishes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from sqlmodel import Session

from api.core.ids import new_id
from api.invitations.dossiers import Ground, ground, hold_and_gather, on_rules
from api.invitations.facts import DueEvent, Past
from api.invitations.repository import deciding, recovering
from api.invitations.repository.gathering import read_events
from api.invitations.service import Decided, Decider
from scheduler.planner import Channel, Hold, Rule
from scheduler.planner.rules import Fallback

_SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RecoveryWish:
    """What is asked: the survey, our template by channel, and until when an answer helps.

    ``counts``: the question takes a place under the caps, and is held back by them.
    """

    survey: str
    messages: Mapping[str, str]
    wait: timedelta
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Planned:
    """The message that was planned; else why not, and (``until``) when to think again."""

    invitation: UUID | None = None
    channel: str | None = None
    ends: datetime | None = None  # of the link
    reason: str | None = None
    until: datetime | None = None
    checks: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


def plan_recovery(session: Session, event_id: UUID, wish: RecoveryWish, now: datetime) -> Planned:
    """Plans the question to the customer of an event, under the locks that caps are counted by.

    A worker's: a cap counts what every branch has sent.
    """
    found = read_events(session, [event_id])
    on = ground(session, now)
    rule = on.rules.rule_for(found[0].touchpoint) if on.rules and found else None
    if on.rules is None or rule is None:
        return Planned(reason="no_rule")
    rules = replace(on.rules, rules=(_asked(rule, wish),))
    return _planned(session, found[0], wish, on_rules(session, on.frame, rules, now))


def withdraw_late(session: Session, invitation_id: UUID, now: datetime) -> bool:
    """Takes a question back that could not leave in time; True when it was still planned."""
    return recovering.withdraw_late(session, invitation_id, now)


def _asked(rule: Rule, wish: RecoveryWish) -> Rule:
    """The touchpoint's rule for hours, segments and channels, with the question of the wish."""
    return replace(
        rule,
        survey=wish.survey,
        templates={Channel(channel): code for channel, code in wish.messages.items()},
        delay=timedelta(0),
        max_age=wish.wait,
        expiry=wish.wait,
        spread=timedelta(0),
        shares={},
        sampling=None,
        lot=None,
        fallback=Fallback(undeliverable=False),
        reminders=(),
    )


def _planned(session: Session, event: DueEvent, wish: RecoveryWish, on: Ground) -> Planned:
    # As an event of this moment: the one that led to the matter was asked about already.
    asked = replace(event, id=new_id(), occurred_at=on.now, held=False)
    free = hold_and_gather(session, [asked], on)
    if not free.events:
        return Planned(reason="busy", until=on.now + _SOON)
    if not wish.counts:
        free.dossier.past = Past(free.dossier.past.compete)
    decided = Decider(session, on, free.dossier).decide(asked)
    if decided.invitation is None:
        return _not_planned(decided)
    gone = [past.id for past in decided.outranked]
    if gone:
        deciding.drop(session, gone, "outranked")
    row = replace(decided.invitation, event_id=event.id, follow_up_at=None)
    recovering.insert(session, row, on.version, counts=wish.counts, now=on.now)
    return Planned(row.id, row.channel, row.expires_at)


def _not_planned(decided: Decided) -> Planned:
    decision = decided.decision
    failed = next((one for one in decision.checks if not one.ok), None)
    return Planned(
        reason=decision.reason.value,
        until=decision.until if isinstance(decision, Hold) else None,
        checks={} if failed is None else {failed.rule: failed.value},
    )
