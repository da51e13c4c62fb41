"""What can go wrong when an indicator tree is published."""

from typing import Any

from api.core.errors import BadInput, BranchpulseError, Conflict


class PublishedOtherwise(Conflict):
    """This version of the indicators is published with other content; it never changes."""

    key = "indicators.published_otherwise"


class NotPublishable(BadInput):
    """A tree is well formed but does not fit the versions that are published."""

    key = "indicators.not_publishable"


class IndicatorsUnusable(BranchpulseError):
    """A text of indicators has faults; ``problems`` names each with line, column and field."""

    status = 422
    key = "definitions.unusable"

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems=problems)
