"""What can go wrong with accounts, grants and links."""

from api.core.errors import Conflict, Invalid, NotFound


class IdentifierTaken(Conflict):
    """Another account logs in by this e-mail address, phone or staff number."""

    key = "access.identifier_taken"


class NoIdentifier(Invalid):
    """An account needs an e-mail address, a phone or a staff number to log in by."""

    key = "access.no_identifier"


class BadName(Invalid):
    """A name has 1 to 100 letters."""

    key = "access.bad_name"


class BadEmail(Invalid):
    """This is not an e-mail address."""

    key = "access.bad_email"


class BadPhone(Invalid):
    """This is not a phone number; with its country code it always works."""

    key = "access.bad_phone"


class BadStaffNumber(Invalid):
    """A staff number has 1 to 64 letters, digits and signs, and no @."""

    key = "access.bad_staff_number"


class WeakPassword(Invalid):
    """The password is too short, too long or too easily guessed."""

    key = "access.weak_password"


class WrongPassword(Invalid):
    """The present password is not right."""

    key = "access.wrong_password"


class BadGrant(Invalid):
    """A grant names a known role and exactly one unit or owner group."""

    key = "access.bad_grant"


class LinkInvalid(NotFound):
    """The link was used, has expired or never existed."""

    key = "access.link_invalid"


class NotYourself(Conflict):
    """Nobody deactivates the own account or takes the own grants away."""

    key = "access.not_yourself"


class TokenNameTaken(Conflict):
    """Another machine token has this name."""

    key = "access.token_name_taken"


class BadTokenScope(Invalid):
    """A token's scopes are events:write, customers:write and read."""

    key = "access.bad_token_scope"
