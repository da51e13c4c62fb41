"""What follows the first message of a chain: the next channel, a reminder, or nothing more.

Each step is decided at its own moment from the facts of that moment, so that an answer, an opt-out
or a complaint ends the chain at once. A step that may not go yet is waited for, not planned ahead.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from scheduler.planner.caps import Ask, gates_for, next_free
from scheduler.planner.channels import obstacle_of
from scheduler.planner.facts import (
    Channel,
    CustomerFacts,
    History,
    InvitationStatus,
    require_aware,
)
from scheduler.planner.rules import Rule, RuleSet
from scheduler.planner.timing import next_open

LOOK_AGAIN = timedelta(days=1)  # a receipt that comes earlier calls for a look of its own
_UNSENT = timedelta(minutes=10)


class Kind(StrEnum):
    """What a message of a chain is."""

    FIRST = "first"
    FALLBACK = "fallback"
    REMINDER = "reminder"
    RESEND = "resend"  # by a person


class Ended(StrEnum):
    """Why nothing more follows."""

    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    ERASED = "erased"
    DECEASED = "deceased"
    OPTED_OUT = "opted_out"
    BLOCKED = "blocked"
    STAFF_NUMBER = "staff_number"
    OPEN_COMPLAINT = "open_complaint"
    EXPIRED = "expired"
    CAPPED = "capped"
    NO_WINDOW = "no_window"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class ChainMessage:
    """One message: its kind and channel, where it stands, when it was sent or will be."""

    kind: Kind
    channel: Channel
    status: InvitationStatus
    at: datetime

    def __post_init__(self) -> None:
        require_aware(self.at, "at")

    @property
    def waits(self) -> bool:
        """Whether it has not left yet."""
        return self.status in (InvitationStatus.PLANNED, InvitationStatus.CLAIMED)

    @property
    def failed(self) -> bool:
        """Whether it certainly did not reach the customer."""
        return self.status in _FAILED


_FAILED = (InvitationStatus.UNDELIVERED, InvitationStatus.DROPPED, InvitationStatus.EXPIRED)
_WITHDRAWN = (InvitationStatus.DROPPED, InvitationStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """What is known of a chain.

    Parameters
    ----------
    messages : tuple of ChainMessage
        In order, the root first; at least one.
    segment : str
        Of the root's decision.
    expires_at : datetime
        Aware; when the links end.
    opened, answered, cancelled : bool
        The link was looked at; the survey was completed; the event was withdrawn.
    """

    messages: tuple[ChainMessage, ...]
    segment: str
    expires_at: datetime
    opened: bool = False
    answered: bool = False
    cancelled: bool = False

    def __post_init__(self) -> None:
        require_aware(self.expires_at, "expires_at")
        if not self.messages:
            raise ValueError("a chain has at least its root")


@dataclass(frozen=True, slots=True)
class Attempt:
    """Send one more message at ``at``, through ``channel``; ``counts``: it occupies slots."""

    at: datetime
    channel: Channel
    template: str
    kind: Kind
    counts: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at ``until``."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more follows."""

    reason: Ended


Step = Attempt | Wait | Done


@dataclass(frozen=True, slots=True)
class _Plan:
    """A message that could follow, and from when on."""

    due: datetime
    channel: Channel
    template: str
    kind: Kind
    counts: bool


def first_look(rule: Rule, segment: str, at: datetime) -> datetime | None:
    """When a chain whose first message goes at ``at`` is looked at first; None: never.

    Parameters
    ----------
    rule : Rule
    segment : str
    at : datetime
        Aware.

    Returns
    -------
    datetime or None
        ``at`` when the rule has reminders, or the segment a channel to fall back on.
    """
    falls_back = rule.fallback.undeliverable or rule.fallback.unopened_after is not None
    several = len(rule.channels.get(segment, ())) > 1
    return at if rule.reminders or (several and falls_back) else None


def next_step(
    chain: ChainFacts,
    rules: RuleSet,
    rule: Rule,
    customer: CustomerFacts,
    history: History,
    *,
    zone: ZoneInfo,
    now: datetime,
) -> Step:
    """What follows the messages of ``chain`` so far.

    Parameters
    ----------
    chain : ChainFacts
    rules : RuleSet
        In force now.
    rule : Rule
        The one of the chain's touchpoint.
    customer : CustomerFacts
    history : History
        Everything within reach of the caps, the chain's own messages among it; looked at only for
        a message that counts.
    zone : ZoneInfo
        The customer's, else the branch's.
    now : datetime
        Aware.

    Returns
    -------
    Attempt, Wait or Done
        An attempt goes now: the moment is open, and every cap has room where the message counts.

    Notes
    -----
    A fall-back takes the first usable channel of the segment's order that was not used yet: at once
    after a message that certainly did not arrive, or when no link was opened for long enough. A
    reminder goes to whoever has not answered, opened or not, but never as a second call. Of both
    the earlier is taken; each spacing is counted from the message before. A reminder whose own
    channel cannot be used goes through the one that was used before, or the next usable.
    A message that counts needs a free slot besides that of the first one: under a cap of one it is
    never sent.
    """
    require_aware(now, "now")
    ended = _end(chain, customer, now)
    if ended is not None:
        return Done(ended)
    last = chain.messages[-1]
    if last.waits:
        return Wait((max(last.at, now) + _UNSENT).astimezone(UTC))
    plans = [*_fallbacks(chain, rule, customer, now), *_reminders(chain, rule, customer, now)]
    if not plans:
        return _idle(chain, rule, customer, now)
    plan = min(plans, key=lambda one: one.due)
    return _moment(chain, rules, rule, plan, history, zone=zone, now=now)


def _end(chain: ChainFacts, customer: CustomerFacts, now: datetime) -> Ended | None:
    """The first thing that ends a chain whatever the rules say."""
    endings = (
        (chain.answered, Ended.ANSWERED),
        (chain.cancelled, Ended.CANCELLED),
        (customer.erased, Ended.ERASED),
        (customer.deceased, Ended.DECEASED),
        (customer.opted_out, Ended.OPTED_OUT),
        (customer.blocked, Ended.BLOCKED),
        (customer.staff_number, Ended.STAFF_NUMBER),
        (customer.open_complaint, Ended.OPEN_COMPLAINT),
        (now >= chain.expires_at, Ended.EXPIRED),
        (chain.messages[0].status in _WITHDRAWN, Ended.WITHDRAWN),
    )
    return next((ended for so, ended in endings if so), None)


def _fallbacks(
    chain: ChainFacts, rule: Rule, customer: CustomerFacts, now: datetime
) -> list[_Plan]:
    last, fallback = chain.messages[-1], rule.fallback
    if last.failed:
        due = now if fallback.undeliverable else None
    elif chain.opened or fallback.unopened_after is None:
        due = None
    else:
        due = last.at + fallback.unopened_after
    channel = _untried(chain, rule, customer)
    if due is None or channel is None:
        return []
    return [_Plan(due, channel, rule.templates[channel], Kind.FALLBACK, fallback.counts)]


def _untried(chain: ChainFacts, rule: Rule, customer: CustomerFacts) -> Channel | None:
    """The next channel of the segment's order that was not used and can be."""
    used = {message.channel for message in chain.messages}
    order = rule.channels.get(chain.segment, ())
    left = (one for one in order if one not in used and obstacle_of(rule, one, customer) is None)
    return next(left, None)


def _reminders(
    chain: ChainFacts, rule: Rule, customer: CustomerFacts, now: datetime
) -> list[_Plan]:
    number = sum(message.kind is Kind.REMINDER for message in chain.messages)
    if number >= len(rule.reminders):
        return []
    reminder = rule.reminders[number]
    spent = {message.channel for message in chain.messages if message.failed}
    # Who calls tries several times anyway.
    spent |= {message.channel for message in chain.messages} & {Channel.CALL}
    arrived = [message.channel for message in reversed(chain.messages) if not message.failed]
    wished = [reminder.channel] if reminder.channel else []
    order = [*wished, *arrived, *rule.channels.get(chain.segment, ())]
    usable = (one for one in order if one not in spent and obstacle_of(rule, one, customer) is None)
    channel = next(usable, None)
    if channel is None:
        return []
    meant = reminder.channel or chain.messages[0].channel
    own = reminder.template if channel is meant else None
    due = chain.messages[-1].at + reminder.after
    template = own or rule.templates[channel]
    return [_Plan(due, channel, template, Kind.REMINDER, reminder.counts)]


def _idle(chain: ChainFacts, rule: Rule, customer: CustomerFacts, now: datetime) -> Wait | Done:
    """Nothing is to be sent as things stand; a receipt may still say that nothing arrived."""
    last = chain.messages[-1]
    open_end = last.status in (InvitationStatus.SENT, InvitationStatus.UNKNOWN)
    if open_end and rule.fallback.undeliverable and _untried(chain, rule, customer) is not None:
        return Wait(min(now + LOOK_AGAIN, chain.expires_at).astimezone(UTC))
    return Done(Ended.EXHAUSTED)


def _moment(
    chain: ChainFacts,
    rules: RuleSet,
    rule: Rule,
    plan: _Plan,
    history: History,
    *,
    zone: ZoneInfo,
    now: datetime,
) -> Step:
    """Now, when the message is due, the moment open and the caps free; else when that will be."""
    opened = next_open(max(plan.due, now), rule.timing, zone)
    full = False
    if opened is not None and plan.counts:
        ask = Ask(rule.touchpoint, rule.survey, plan.channel, chain.segment)
        gates = [gate for _, gate in gates_for(rules.caps, history.invitations, ask) if gate]
        full = not all(gate.has_room(opened) for gate in gates)
        if any(not gate.cap.hold and not gate.has_room(opened) for gate in gates):
            return Done(Ended.CAPPED)
        opened = next_free(opened, gates, rule.timing, zone)
    if opened is None:
        return Done(Ended.NO_WINDOW)
    if opened >= chain.expires_at:
        return Done(Ended.CAPPED if full else Ended.EXPIRED)
    if opened > now:
        return Wait(opened)
    return Attempt(opened, plan.channel, plan.template, plan.kind, plan.counts)
