"""What can go wrong with units. ``field`` names the input that has to change."""

from api.core.errors import Conflict, Invalid


class NetworkMissing(Conflict):
    """There is no network yet: import or set it first."""

    key = "network.missing"


class CodeTaken(Conflict):
    """Another unit has this code, or had it before."""

    key = "network.code_taken"


class UnknownParent(Invalid):
    """The unit above is not known, or began later than what is to stand under it."""

    key = "network.unknown_parent"


class UnitCycle(Invalid):
    """A unit would stand under itself on some day."""

    key = "network.cycle"


class BranchIsLeaf(Invalid):
    """Nothing can stand under a branch, and the network stands under nothing."""

    key = "network.leaf"


class UnknownTimezone(Invalid):
    """The time zone is not in the IANA list."""

    key = "network.unknown_timezone"


class UnknownKind(Invalid):
    """Units are regions, areas or branches."""

    key = "network.unknown_kind"


class TooEarly(Invalid):
    """The date lies before the unit began."""

    key = "network.too_early"


class StillOpen(Conflict):
    """Units under this one are still open on that day."""

    key = "network.still_open"


class CannotMerge(Invalid):
    """A branch merges into another branch that is open."""

    key = "network.cannot_merge"
