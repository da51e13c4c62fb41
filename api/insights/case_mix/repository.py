"""Adds published coefficients. They are never changed and never deleted."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_COLUMNS = (
    "id metric year fitted_from fitted_to answers branches levels covariance residual_variance "
    "parameters data_version published_by published_at"
).split()
_DOCUMENTS = ("levels", "covariance", "parameters")


def insert_fit(session: Session, fit: Mapping[str, Any]) -> bool:
    """Adds coefficients as they will stay; False when the metric's year has some already."""
    values = ", ".join(
        f"cast(:{name} as jsonb)" if name in _DOCUMENTS else f":{name}" for name in _COLUMNS
    )
    added = session.execute(
        text(
            f"insert into adjustment_fit ({', '.join(_COLUMNS)}) values ({values}) "
            "on conflict (metric, year) do nothing returning id"
        ),
        {**fit, **{name: json.dumps(fit[name]) for name in _DOCUMENTS}},
    )
    return added.first() is not None
