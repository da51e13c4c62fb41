"""Metrics and touchpoints, as the read side knows them."""

from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from api.core.database import once, reads_once
from api.core.errors import NotFound
from api.insights.metrics import MetricInfo
from scoring.scales import Kind

_METRICS = "select code, kind, scale, name_zh, name_en from metric"
_TOUCHPOINTS = text(
    "select id, code, stage, position, name_zh, name_en from touchpoint order by position"
)


def list_metrics(session: Session) -> list[MetricInfo]:
    """All declared metrics in their order."""

    def read() -> tuple[MetricInfo, ...]:
        rows = session.execute(text(f'{_METRICS} order by position, code collate "C"'))
        return tuple(_metric(row) for row in rows)

    return list(once(session, "metrics", read))


def require_metric(session: Session, code: str) -> MetricInfo:
    """The metric called ``code``; raises NotFound."""
    if reads_once(session):
        found = next((one for one in list_metrics(session) if one.code == code), None)
    else:
        row = session.execute(text(f"{_METRICS} where code = :code"), {"code": code}).first()
        found = None if row is None else _metric(row)
    if found is None:
        raise NotFound(metric=code)
    return found


def _metric(row: Row[Any]) -> MetricInfo:
    return MetricInfo(row.code, Kind(row.kind), row.scale, row.name_zh, row.name_en)


def touchpoint_rows(session: Session) -> list[Row[Any]]:
    """All touchpoints along the journey."""
    return list(once(session, "touchpoints", lambda: session.execute(_TOUCHPOINTS).all()))


def require_touchpoint(session: Session, code: str) -> int:
    """The id of the touchpoint called ``code``; raises NotFound."""
    if reads_once(session):
        number = next((row.id for row in touchpoint_rows(session) if row.code == code), None)
    else:
        query = text("select id from touchpoint where code = :code")
        number = session.execute(query, {"code": code}).scalar()
    if number is None:
        raise NotFound(touchpoint=code)
    return int(number)
