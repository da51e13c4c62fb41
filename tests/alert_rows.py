"""Alerts, mutes and marks of the made-up branches, for the tests of isolation."""

from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from conftest import NOW
from sqlmodel import Session

from api.models import Alert, AlertMark, AlertMute


def alert_of(branch: int) -> UUID:
    """The id of a branch's alert."""
    return uuid5(NAMESPACE_URL, f"alert/{branch}")


def mute_of(branch: int) -> UUID:
    """The id of its mute."""
    return uuid5(NAMESPACE_URL, f"mute/{branch}")


def add_alerts(session: Session, mark: str, branch: int, response: UUID) -> None:
    """An alert about a response, a mute and a mark, in the branch's own words."""
    session.add(
        Alert(
            id=alert_of(branch),
            branch_id=branch,
            kind="answer",
            rule="low",
            rules_version=1,
            cause_key=f"response:{response}",
            severity=3,
            response_id=response,
            opened_at=NOW,
            detail={"words": [mark]},
        )
    )
    session.add(
        AlertMute(
            id=mute_of(branch),
            branch_id=branch,
            reason=f"because {mark}",
            from_at=NOW,
            until_at=NOW + timedelta(days=9),
        )
    )
    session.add(AlertMark(response_id=response, branch_id=branch, due_at=NOW))
    session.flush()
