"""What can go wrong with a ticket."""

from api.core.errors import Conflict, Invalid, NotAllowed


class Stale(Conflict):
    """Somebody else changed the ticket meanwhile."""

    key = "tickets.errors.stale"


class NotNow(Conflict):
    """The ticket does not stand where this could follow."""

    key = "tickets.errors.not_now"


class OwnTicket(NotAllowed):
    """Whoever had the ticket in hand does not say that the customer is content."""

    key = "tickets.errors.own"


class NotToBeKnown(NotAllowed):
    """The customer answered without a name: nobody may learn who it is."""

    key = "tickets.errors.unnamed"


class AlreadyRevealed(Conflict):
    """The contact was shown once; it is not shown again."""

    key = "tickets.errors.revealed"


class UnfitCustomer(Invalid):
    """Not one telephone number or one e-mail address by which a customer can be reached."""

    key = "tickets.errors.customer"


class HasTicket(Conflict):
    """The response has a ticket already; ``ticket`` is its number where that may be known."""

    key = "tickets.errors.has_ticket"


class NoRules(Conflict):
    """No rules of the closed loop have been published yet."""

    key = "tickets.errors.no_rules"


class UnknownCause(Invalid):
    """The root cause is none of the taxonomy."""

    key = "tickets.errors.cause"


class NoteNeeded(Invalid):
    """A few words are needed here."""

    key = "tickets.errors.note"


class UnfitOwner(Invalid):
    """This person may not handle tickets of that branch."""

    key = "tickets.errors.owner"


class NoTelephone(Invalid):
    """The relay needs a telephone number on the own account."""

    key = "tickets.errors.no_telephone"


class BadFile(Invalid):
    """The file is none of the kinds that are taken, too large, or one too many."""

    key = "tickets.errors.file"
