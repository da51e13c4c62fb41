"""What the planner is told about an event, its customer and what was sent before.

Plain frozen values. Whoever asks for a decision gathers them (under the locks that keep them true);
nothing here reads or checks anything but its own shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType

Scalar = str | int | float | bool | None
NOTHING: Mapping[str, Scalar] = MappingProxyType({})


class Channel(StrEnum):
    """A way to reach a customer."""

    SMS = "sms"
    WECHAT = "wechat"
    EMAIL = "email"
    CALL = "call"
    CONTACTLESS = "contactless"  # a reference that only the client's own gateway can resolve


class ContactKind(StrEnum):
    """A kind of address that a customer may have."""

    PHONE = "phone"
    OPENID = "openid"
    EMAIL = "email"
    REF = "ref"


ADDRESS_OF = MappingProxyType(
    {
        Channel.SMS: ContactKind.PHONE,
        Channel.CALL: ContactKind.PHONE,
        Channel.WECHAT: ContactKind.OPENID,
        Channel.EMAIL: ContactKind.EMAIL,
        Channel.CONTACTLESS: ContactKind.REF,
    }
)


class InvitationStatus(StrEnum):
    """Where an invitation stands; the same words as in the ledger."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    DROPPED = "dropped"

    @property
    def occupies_slot(self) -> bool:
        """Whether it counts against the cap: all do, but for those withdrawn before sending.

        An undelivered or unknown one counts: the customer may have seen it, or tried to.
        """
        return self is not InvitationStatus.DROPPED


class Holder(StrEnum):
    """Whose asking a cap counts; an invitation is found through each key it shares."""

    PERSON = "person"  # the person, and each of their contact points
    HOUSEHOLD = "household"
    VEHICLE = "vehicle"  # or the account: what the event was about


@dataclass(frozen=True, slots=True)
class Inclusion:
    """How likely an event of this branch and touchpoint was to be drawn today, and why.

    Parameters
    ----------
    probability : float
        In (0, 1]; what the day's quota leaves of everybody who is eligible.
    deficit : float
        Answers the branch still lacks for its margin, as a share of those it needs, 0…1. Decides
        between competing touchpoints when the rule set says ``precision``.
    """

    probability: float
    deficit: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.probability <= 1:
            raise ValueError("an inclusion probability lies above 0 and at most at 1")


@dataclass(frozen=True, slots=True)
class EventFacts:
    """A touchpoint event.

    Parameters
    ----------
    event_id : str
        Our id; an invitation of the same event blocks a second one. The lots are drawn from it.
    touchpoint : str
        Code of the touchpoint; chooses the rule.
    occurred_at : datetime
        Aware; when the customer was there.
    branch_zone : str
        IANA name; used where the customer's own zone is not known.
    cancelled : bool
        The source has withdrawn the event.
    branch_open : bool
        The branch exists today.
    branch, owner_group, city_tier, brand : str or None
        Codes, of the day of the event.
    attributes : mapping
        What the source sent along; ``model_line`` and ``lead`` are read from here.
    inclusion : Inclusion or None
        None: the rule draws nobody by lot, or the day has no plan yet, and everybody is included.
        It is that of the day on which the event arrived, so that a lot is drawn once.
    held : bool
        It was held by an earlier decision: it ends as stale, and is not spread over the day again.
    """

    event_id: str
    touchpoint: str
    occurred_at: datetime
    branch_zone: str
    cancelled: bool = False
    branch_open: bool = True
    branch: str | None = None
    owner_group: str | None = None
    city_tier: str | None = None
    brand: str | None = None
    attributes: Mapping[str, Scalar] = field(default_factory=lambda: NOTHING)
    inclusion: Inclusion | None = None
    held: bool = False

    def __post_init__(self) -> None:
        require_aware(self.occurred_at, "occurred_at")


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What is known of the customer, without any address in it.

    Parameters
    ----------
    birth_year : int or None
        Calendar year; gives the age in full years at most (see :func:`age_on`).
    birth_date : date or None
        Where known, preferred to the year.
    zone : str or None
        IANA name of the customer's own time zone.
    language : str or None
        Language to write in.
    consents : frozenset of Channel
        Channels for which a consent stands today.
    contacts : frozenset of ContactKind
        Kinds of which at least one usable address is held.
    barred : frozenset of Channel
        Channels that cannot reach this customer now although there is an address: a WeChat user who
        does not follow, or whose one-time consents are used up.
    opted_out, erased, staff_number, blocked : bool
        The person or any of the contact points opted out; was erased; belongs to staff or a
        dealer; is on a blocklist.
    open_complaint, deceased : bool
        Stands against the person.
    value_tier : str or None
        The network's own word, such as ``premium``.
    returning : bool or None
        Whether an earlier event of the person is known; None when there is no person.
    attributes : mapping
        What customers' sources sent along.
    """

    birth_year: int | None = None
    birth_date: date | None = None
    zone: str | None = None
    language: str | None = None
    consents: frozenset[Channel] = frozenset()
    contacts: frozenset[ContactKind] = frozenset()
    barred: frozenset[Channel] = frozenset()
    opted_out: bool = False
    erased: bool = False
    staff_number: bool = False
    blocked: bool = False
    open_complaint: bool = False
    deceased: bool = False
    value_tier: str | None = None
    returning: bool | None = None
    attributes: Mapping[str, Scalar] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class PastInvitation:
    """A message of the ledger that exists already, of any touchpoint and any branch.

    Parameters
    ----------
    event_id : str
        The event it was made for.
    at : datetime
        Aware; when it was sent or, while planned, when it will be.
    status : InvitationStatus
        Decides whether it occupies a slot.
    holders : frozenset of Holder
        Through which keys it is found for the event at hand.
    touchpoint, survey, channel : str
        Codes; "" where not known.
    counts : bool
        False for reminders and fall-backs that the rules do not count.
    completed_at : datetime or None
        Aware; when its survey was completed.
    invitation_id : str
        Id in the ledger.
    rank : tuple of float
        What decides when touchpoints compete (see :func:`scheduler.planner.competing.rank_of`);
        a planned one of a lower rank gives way.
    """

    event_id: str
    at: datetime
    status: InvitationStatus
    holders: frozenset[Holder] = frozenset({Holder.PERSON})
    touchpoint: str = ""
    survey: str = ""
    channel: str = ""
    counts: bool = True
    completed_at: datetime | None = None
    invitation_id: str = ""
    rank: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        require_aware(self.at, "at")


@dataclass(frozen=True, slots=True)
class History:
    """Every invitation within reach of the caps: of the person, the addresses, and other holders.

    Within reach are those at most the longest cap before the event's earliest moment, and every
    planned one after it; giving more changes nothing.
    """

    invitations: tuple[PastInvitation, ...] = ()

    def invited_for(self, event_id: str) -> bool:
        """Whether an invitation that was not dropped exists for ``event_id``."""
        return bool(self.invitations) and any(
            past.event_id == event_id and past.status.occupies_slot for past in self.invitations
        )

    def slots(self) -> list[datetime]:
        """The moments that occupy a slot of the floor cap, in UTC, in order."""
        return sorted(
            past.at.astimezone(UTC)
            for past in self.invitations
            if past.status.occupies_slot and past.counts and Holder.PERSON in past.holders
        )


def age_on(customer: CustomerFacts, day: date) -> int | None:
    """The customer's age on ``day``, in full years; None when not known.

    Parameters
    ----------
    customer : CustomerFacts
    day : date

    Returns
    -------
    int or None
        From the date of birth; from the year alone, the age that is reached during that year. None
        for an age outside 0…120, since such a figure is a default of some form, not an age.
    """
    if customer.birth_date is not None:
        born = customer.birth_date
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    elif customer.birth_year is not None:
        age = day.year - customer.birth_year
    else:
        return None
    return age if 0 <= age <= 120 else None


def require_aware(moment: datetime, name: str) -> None:
    """Refuse a moment without a zone: it would be read differently on another machine."""
    if moment.utcoffset() is None:
        raise ValueError(f"{name} must carry a time zone")
