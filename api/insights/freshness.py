"""How new the numbers are: one version for everything that was counted of the viewer's branches."""

from sqlmodel import Session

from api.insights.network_stats import network_versions
from api.insights.queries import scope_version


def data_version(session: Session) -> int:
    """Rises when the viewer's answers were folded or counts imported; 0 at the very beginning.

    What others answered moves the network's values too: these are as of the viewer's own news.
    """
    return scope_version(session)


def branch_versions(session: Session) -> dict[int, int]:
    """The data version of every branch of the network: what a process compares pages with."""
    return network_versions(session)
