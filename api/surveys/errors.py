"""What can go wrong when a definition is published."""

from api.core.errors import BadInput, Conflict


class PublishedOtherwise(Conflict):
    """This version is published with other content; what is published never changes."""

    key = "surveys.published_otherwise"


class NotPublishable(BadInput):
    """A definition is well formed but does not fit what is published or known here."""

    key = "surveys.not_publishable"
