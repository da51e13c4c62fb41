"""What the planner is told about an event, its customer and what was sent before.

Plain frozen values. Whoever asks for a decision gathers them (under the locks that keep them true);
nothing here reads or checks anything but its own shape.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType


class Channel(StrEnum):
    """A way to reach a customer."""

    SMS = "sms"
    WECHAT = "wechat"
    EMAIL = "email"
    CALL = "call"


class ContactKind(StrEnum):
    """A kind of address that a customer may have."""

    PHONE = "phone"
    OPENID = "openid"
    EMAIL = "email"


ADDRESS_OF = MappingProxyType(
    {
        Channel.SMS: ContactKind.PHONE,
        Channel.CALL: ContactKind.PHONE,
        Channel.WECHAT: ContactKind.OPENID,
        Channel.EMAIL: ContactKind.EMAIL,
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


@dataclass(frozen=True, slots=True)
class EventFacts:
    """A touchpoint event.

    Parameters
    ----------
    event_id : str
        Our id; an invitation of the same event blocks a second one.
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
    """

    event_id: str
    touchpoint: str
    occurred_at: datetime
    branch_zone: str
    cancelled: bool = False
    branch_open: bool = True

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
        Language to write in; carried along for the sender, not decided on.
    consents : frozenset of Channel
        Channels for which a consent stands today.
    contacts : frozenset of ContactKind
        Kinds of which at least one usable address is held.
    opted_out, erased, staff_number : bool
        The person or any of the contact points opted out; was erased; belongs to staff.
    """

    birth_year: int | None = None
    birth_date: date | None = None
    zone: str | None = None
    language: str | None = None
    consents: frozenset[Channel] = frozenset()
    contacts: frozenset[ContactKind] = frozenset()
    opted_out: bool = False
    erased: bool = False
    staff_number: bool = False


@dataclass(frozen=True, slots=True)
class PastInvitation:
    """An invitation that exists already, of any touchpoint and any branch.

    Parameters
    ----------
    event_id : str
        The event it was made for.
    at : datetime
        Aware; when it was sent or, while planned, when it will be.
    status : InvitationStatus
        Decides whether it occupies a slot.
    """

    event_id: str
    at: datetime
    status: InvitationStatus

    def __post_init__(self) -> None:
        require_aware(self.at, "at")


@dataclass(frozen=True, slots=True)
class History:
    """Every invitation of the person and of the contact points within reach of the cap.

    Within reach are those at most ``cap.days`` before the event's earliest moment, and every
    planned one after it; giving more changes nothing.
    """

    invitations: tuple[PastInvitation, ...] = ()

    def invited_for(self, event_id: str) -> bool:
        """Whether an invitation that was not dropped exists for ``event_id``."""
        return any(
            past.event_id == event_id and past.status.occupies_slot for past in self.invitations
        )

    def slots(self) -> list[datetime]:
        """The moments that occupy a slot of the cap, in UTC, in order."""
        return sorted(
            past.at.astimezone(UTC) for past in self.invitations if past.status.occupies_slot
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
