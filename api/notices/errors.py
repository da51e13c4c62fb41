"""What can go wrong with notices, choices, absences and messages that go out."""

from api.core.errors import Conflict, Invalid


class BadChoice(Invalid):
    """A way or kind of notice that there is not, or hours that mean nothing."""

    key = "notices.errors.bad_choice"


class BadAddress(Invalid):
    """What is to be the WeCom address is neither a member's name nor a robot's key."""

    key = "notices.errors.bad_wecom"


class BadAbsence(Invalid):
    """An absence ends after it begins, within two years, and nobody stands in for themselves."""

    key = "notices.errors.bad_absence"


class NotDeadMessage(Conflict):
    """Only a message whose tries have all failed is sent again."""

    key = "notices.errors.not_dead"
