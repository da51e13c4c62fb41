"""What can go wrong with a printed code."""

from typing import ClassVar

from api.core.errors import BranchpulseError, Conflict, Invalid, Unavailable


class UnknownTouchpoint(Invalid):
    """There is no such touchpoint, or no such survey, or the survey is not about the touchpoint."""

    key = "points.errors.unknown_survey"


class NoBranch(Invalid):
    """Codes stand at branches, not above them."""

    key = "points.errors.no_branch"


class NotReady(Conflict):
    """WeChat has not given this code its address yet."""

    key = "points.errors.not_ready"


class NotPrinted(Unavailable):
    """The document could not be made in time."""

    key = "points.errors.not_printed"


class NoFont(BranchpulseError):
    """A font lacks characters of the document: it would print boxes."""

    status = 500
    key = "points.errors.no_font"
    exit_code: ClassVar[int] = 3  # of the process that makes documents
