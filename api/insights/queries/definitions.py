"""Metrics and touchpoints, as the read side knows them."""

from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from api.core.errors import NotFound
from api.insights.metrics import MetricInfo
from scoring.scales import Kind

_METRICS = "select code, kind, scale, name_zh, name_en from metric"


def list_metrics(session: Session) -> list[MetricInfo]:
    """All declared metrics in their order."""
    rows = session.execute(text(f'{_METRICS} order by position, code collate "C"'))
    return [_metric(row) for row in rows]


def require_metric(session: Session, code: str) -> MetricInfo:
    """The metric called ``code``; raises NotFound."""
    row = session.execute(text(f"{_METRICS} where code = :code"), {"code": code}).first()
    if row is None:
        raise NotFound(metric=code)
    return _metric(row)


def _metric(row: Row[Any]) -> MetricInfo:
    return MetricInfo(row.code, Kind(row.kind), row.scale, row.name_zh, row.name_en)


def touchpoint_rows(session: Session) -> list[Row[Any]]:
    """All touchpoints along the journey."""
    return list(
        session.execute(
            text(
                "select id, code, stage, position, name_zh, name_en from touchpoint "
                "order by position"
            )
        ).all()
    )


def require_touchpoint(session: Session, code: str) -> int:
    """The id of the touchpoint called ``code``; raises NotFound."""
    found = session.execute(text("select id from touchpoint where code = :code"), {"code": code})
    number = found.scalar()
    if number is None:
        raise NotFound(touchpoint=code)
    return int(number)
