"""What can go wrong when a definition is published."""

from typing import Any

from api.core.errors import BadInput, BranchpulseError, Conflict


class PublishedOtherwise(Conflict):
    """This version is published with other content; what is published never changes."""

    key = "surveys.published_otherwise"


class NotPublishable(BadInput):
    """A definition is well formed but does not fit what is published or known here."""

    key = "surveys.not_publishable"


class TextUnusable(BranchpulseError):
    """A text has faults; ``problems`` names each with line, column and field."""

    status = 422
    key = "definitions.unusable"

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems=problems)
