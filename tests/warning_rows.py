"""Stored warnings of the made-up branches, for the tests of isolation."""

from collections.abc import Mapping
from datetime import date

from conftest import NOW
from sqlmodel import Session

from api.models import WarningRow, WarningRun

MONTH = date(2026, 11, 1)


def add_warnings(session: Session, answers: Mapping[int, int]) -> None:
    """A run of November in which every branch, with so many answers, is an alert."""
    run = WarningRun(
        metric="nps",
        month=MONTH,
        data_version=1,
        computed_at=NOW,
        parameters={"too_early": False, "tested": len(answers), "funnel": FUNNEL},
    )
    session.add(run)
    session.flush()
    for branch, n in answers.items():
        session.add(
            WarningRow(
                run_id=run.id, branch_id=branch, n=n, score=-99.0, expected=40.0, drop=60.0,
                z=-9.0, p=0.0001, level="alert", since=MONTH,
                figures={"q": 0.001, "normal": 41.0, "below_since": MONTH.isoformat()},
            )
        )  # fmt: skip
    session.flush()


FUNNEL = {"target": 40.0, "variance": 5600.0, "tau2": 100.0, "phi": 1.4, "branches": 6}
