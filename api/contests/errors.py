"""What can go wrong when an answer is contested."""

from api.core.errors import Conflict, Invalid, NotAllowed


class TooLate(Conflict):
    """The days in which an answer can be contested are over."""

    key = "contests.errors.too_late"


class AlreadyContested(Conflict):
    """Somebody has contested this answer already."""

    key = "contests.errors.already"


class AlreadyDecided(Conflict):
    """The matter is not open any more."""

    key = "contests.errors.decided"


class OwnContest(NotAllowed):
    """Who contested an answer does not decide about it."""

    key = "contests.errors.own"


class BadEvidence(Invalid):
    """The file is none of the kinds that are taken, too large, or one too many."""

    key = "contests.errors.evidence"
