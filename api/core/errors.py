"""The vocabulary of what can go wrong: one class each, with a status and a key for its words.

The docstring of a class is its log text. Rooms add their own classes beside their services; the
boundary (api.main, branchpulse) turns them into RFC 9457 problem documents or an exit code.
"""

from typing import Any, ClassVar


class BranchpulseError(Exception):
    """Something went wrong that people can be told about."""

    status: ClassVar[int] = 500
    key: ClassVar[str] = "errors.internal"

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.log_text())

    def log_text(self) -> str:
        """The docstring's first line with the parameters behind it."""
        text = (type(self).__doc__ or type(self).__name__).strip().splitlines()[0]
        return f"{text} {self.params}" if self.params else text


class NotFound(BranchpulseError):
    """Nothing here under that name, or nothing that this viewer may know of."""

    status = 404
    key = "errors.not_found"


class NotLoggedIn(BranchpulseError):
    """The request carries no valid session or token."""

    status = 401
    key = "errors.not_logged_in"


class NotAllowed(BranchpulseError):
    """The viewer sees the unit but may not do this there."""

    status = 403
    key = "errors.not_allowed"


class ForeignOrigin(BranchpulseError):
    """An unsafe request with our cookie came from another origin."""

    status = 403
    key = "errors.foreign_origin"


class Conflict(BranchpulseError):
    """The request does not fit what is stored."""

    status = 409
    key = "errors.conflict"


class Invalid(BranchpulseError):
    """The input is not valid; ``fields`` names each field and what would be right."""

    status = 422
    key = "errors.invalid"


class TooLarge(BranchpulseError):
    """The body is larger than this address takes."""

    status = 413
    key = "errors.too_large"


class Unavailable(BranchpulseError):
    """The database does not answer."""

    status = 503
    key = "errors.unavailable"


class BadInput(BranchpulseError):
    """Input of a command that cannot be used; ``message`` says where and what would be right."""

    status = 422
    key = "errors.bad_input"

    def __init__(self, message: str, **params: Any) -> None:
        self.message = message
        super().__init__(**params)

    def log_text(self) -> str:
        """The message itself: it was written for the person at the command line."""
        return self.message
