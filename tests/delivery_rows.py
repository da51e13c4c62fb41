"""Notices, absences and messages that nobody took, of the made-up branches, for isolation."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from conftest import NOW
from sqlmodel import Session

from api.models import Absence, Notice, WebhookDelivery


def delivery_of(branch: int) -> UUID:
    """The id of a branch's dead message to the own system."""
    return uuid5(NAMESPACE_URL, f"delivery/{branch}")


def absence_of(branch: int) -> UUID:
    """The id of the absence of a branch's own person."""
    return uuid5(NAMESPACE_URL, f"absence/{branch}")


def add_deliveries(session: Session, marks: Mapping[int, tuple[str, UUID]]) -> None:
    """One of each for every branch, with the mark in what its rows say."""
    for branch, (mark, account) in marks.items():
        session.add(
            WebhookDelivery(
                id=delivery_of(branch), branch_id=branch, event="ticket.opened", status="dead",
                dedupe_key=f"dead:{mark}", payload={"unit": mark}, attempts=12, created_at=NOW,
                next_at=NOW, failure=mark,
            )
        )  # fmt: skip
        session.add(
            Absence(
                id=absence_of(branch), account_id=account, from_at=NOW - timedelta(days=1),
                until_at=NOW + timedelta(days=1), created_at=NOW,
            )
        )  # fmt: skip
        session.add(
            Notice(
                account_id=account, branch_id=branch, kind="alert", dedupe_key=f"notice:{mark}",
                created_at=NOW, detail={"count": 1},
            )
        )  # fmt: skip
    session.flush()
