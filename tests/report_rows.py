"""Reports that were made of the made-up branches, for the tests of isolation."""

from collections.abc import Mapping
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from conftest import NOW
from sqlmodel import Session

from api.models import ReportItem, ReportOrder


def order_of(branch: int) -> UUID:
    """The id of the order of a branch's report."""
    return uuid5(NAMESPACE_URL, f"order/{branch}")


def item_of(branch: int) -> UUID:
    """The id of its one file."""
    return uuid5(NAMESPACE_URL, f"item/{branch}")


def add_reports(session: Session, marks: Mapping[int, tuple[str, UUID]]) -> None:
    """A report of every branch, ordered by its own person, with its mark in name and content."""
    for branch, (mark, account) in marks.items():
        session.add(
            ReportOrder(
                id=order_of(branch), account_id=account, unit_id=branch, language="en",
                period_from=date(2026, 8, 1), period_to=date(2026, 10, 31), formats=["pdf"],
                status="done", items=1, created_at=NOW, finished_at=NOW,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            ReportItem(
                id=item_of(branch), order_id=order_of(branch), unit_id=branch, branches=[branch],
                format="pdf", status="done", done_at=NOW, file_name=f"{mark}.pdf",
                content=f"%PDF-{mark}".encode(),
            )
        )  # fmt: skip
        session.flush()
