"""What keeps a table of two dimensions from being made."""

from api.core.errors import BranchpulseError


class TooManyCells(BranchpulseError):
    """The table would be larger than anybody reads; fewer days or a smaller unit make it fit."""

    status = 422
    key = "explore.too_many"
