"""A published league table of the made-up branches, for the tests of isolation."""

from collections.abc import Mapping
from datetime import date

from conftest import NOW
from sqlmodel import Session

from api.core.ids import new_id
from api.models import PublishedRow, PublishedTable


def add_published(session: Session, branches: Mapping[int, tuple[str, str, int]]) -> None:
    """Table number 1, with a row of every branch: its code, its name and its answers."""
    table = PublishedTable(
        id=new_id(),
        number=1,
        metric="nps",
        metric_name_zh="NPS",
        metric_name_en="NPS",
        period_from=date(2026, 8, 1),
        period_to=date(2026, 11, 17),
        comparison_set="network",
        data_version=1,
        as_of=NOW,
        seed=1,
        parameters={"rows": len(branches)},
        rows_hash="0" * 64,
        published_at=NOW,
    )
    session.add(table)
    session.flush()
    for branch, (code, name, answers) in branches.items():
        session.add(
            PublishedRow(
                table_id=table.id,
                branch_id=branch,
                unit_code=code,
                unit_name_zh=name,
                unit_name_en=name,
                figures={"n": answers, "score": 1.5},
            )
        )
    session.flush()
