"""How new the numbers are: one version for everything that was counted."""

from sqlmodel import Session

from api.insights.queries import newest_version


def data_version(session: Session) -> int:
    """Rises whenever answers were folded or counts imported; 0 at the very beginning."""
    return newest_version(session)
