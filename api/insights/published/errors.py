"""What keeps a table from being published."""

from api.core.errors import BranchpulseError, Conflict


class StillComputing(Conflict):
    """The table of the present data is not computed yet."""

    key = "published.errors.still_computing"


class NotOver(Conflict):
    """The period is not over."""

    key = "published.errors.not_over"


class AlreadyPublished(Conflict):
    """This table is published; what was wrong is corrected by another one with a reason."""

    key = "published.errors.already_published"


class NotTheNewest(Conflict):
    """A table that was corrected is not corrected again: its correction is."""

    key = "published.errors.not_the_newest"


class NothingToPublish(Conflict):
    """No branch has the answers that this table asks for."""

    key = "published.errors.nothing"


class ReasonMissing(BranchpulseError):
    """A correction says which table it corrects and why; a first table says neither."""

    status = 422
    key = "published.errors.reason"
