"""What can be wrong with a provider's call."""

from api.core.errors import BranchpulseError


class NotSigned(BranchpulseError):
    """A callback without a valid signature."""

    status = 403
    key = "webhooks.not_signed"


class NotReadable(BranchpulseError):
    """A callback whose body has not the shape that was agreed."""

    status = 400
    key = "webhooks.not_readable"
