"""What the planner answers: send, hold or drop, with every check that was looked at.

The codes here are stored with each decision and are never renamed; their words for people stand in
the catalogues.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from scheduler.planner.facts import Channel

CheckValue = str | int | float | bool | None | tuple[str, ...]


class Reason(StrEnum):
    """Why an event is held or dropped; a sending has passed every check."""

    PASSED = "passed"
    NO_RULES = "no_rules"
    RULES_NOT_IN_FORCE = "rules_not_in_force"
    NO_RULE = "no_rule"
    CANCELLED = "cancelled"
    BRANCH_CLOSED = "branch_closed"
    ALREADY_INVITED = "already_invited"
    EVENT_IN_FUTURE = "event_in_future"
    ERASED = "erased"
    OPTED_OUT = "opted_out"
    STAFF_NUMBER = "staff_number"
    NO_ZONE = "no_zone"
    NO_SEGMENT = "no_segment"
    NO_ADDRESS = "no_address"
    NO_CONSENT = "no_consent"
    NO_TEMPLATE = "no_template"
    TOO_OLD = "too_old"
    CAPPED = "capped"
    DECEASED = "deceased"
    BLOCKED = "blocked"
    OPEN_COMPLAINT = "open_complaint"
    NOT_DRAWN = "not_drawn"
    BARRED = "barred"
    STALE = "stale"
    NO_WINDOW = "no_window"
    OUTRANKED = "outranked"  # given by whoever lets an invitation give way, never by a decision


class Check(NamedTuple):
    """One question that was asked of the facts.

    Parameters
    ----------
    rule : str
        Code of the check; of a cap with a name of its own ``cap:NAME``.
    value, limit
        What was found and what it was held against; times are ISO 8601 in UTC.
    ok : bool
        Whether the facts passed.
    """

    rule: str
    value: CheckValue
    limit: CheckValue
    ok: bool


@dataclass(frozen=True, slots=True)
class Send:
    """Ask, at ``at``, through ``channel``; all moments are in UTC.

    Parameters
    ----------
    at : datetime
    channel : Channel
    template, survey, segment : str
        Codes and the segment's name.
    expires_at : datetime
        The end of the link.
    checks : tuple of Check
    send_before : datetime or None
        From then on the message is not sent but decided anew: quiet hours, the end of a window or
        a holiday begin, or it has been late for too long.
    priority : int
        Of the rule.
    deficit : float
        What the branch lacked for its margin; with the priority it makes the rank.
    inclusion_probability : float or None
        Of an event that was drawn by lot, by a share or by sampling; None: everybody is asked.
    channel_probability : float or None
        How likely this customer was to get this channel; None where the rule draws no channels by
        lot, or this customer has no two of them.
    by_lot : bool
        Whether the lot chose the channel, not the segment's order.
    displaces : tuple of str
        Ids of planned invitations of a lower rank that give way: they are withdrawn as
        ``outranked`` in the transaction that stores this one.
    follow_up_at : datetime or None
        When reminders and fall-backs are first looked at; None: the rule has none.
    """

    at: datetime
    channel: Channel
    template: str
    survey: str
    segment: str
    expires_at: datetime
    checks: tuple[Check, ...]
    send_before: datetime | None = None
    priority: int = 0
    deficit: float = 0.0
    inclusion_probability: float | None = None
    channel_probability: float | None = None
    by_lot: bool = False
    displaces: tuple[str, ...] = ()
    follow_up_at: datetime | None = None

    @property
    def earliest_at(self) -> datetime:
        """The first moment that the rules allow."""
        return self.at

    @property
    def reason(self) -> Reason:
        """That nothing stood against it."""
        return Reason.PASSED


@dataclass(frozen=True, slots=True)
class Hold:
    """Decide again at ``until``; nothing can be sent before."""

    until: datetime
    reason: Reason
    checks: tuple[Check, ...]
    inclusion_probability: float | None = None

    @property
    def earliest_at(self) -> datetime:
        """The first moment at which sending may become possible."""
        return self.until


@dataclass(frozen=True, slots=True)
class Drop:
    """Never ask for this event; ``earliest_at`` is when it would have been sent, where known."""

    reason: Reason
    checks: tuple[Check, ...]
    earliest_at: datetime | None = None
    inclusion_probability: float | None = None


Decision = Send | Hold | Drop
