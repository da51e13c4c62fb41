"""Published coefficients as values: what `adjustment_fit` holds, and back.

Owns the form they are stored in. Pure but for the read; what is stored is never changed, so old
forms must stay readable.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Row
from sqlmodel import Session

from api.insights.case_mix.queries import fit_row, fit_rows
from api.insights.periods import Period
from scoring.adjustment import AdjustmentFit
from scoring.arrays import Floats
from scoring.mix import Adjuster, level_effects

ASSOCIATION = "association"
"""What coefficients are: customers choose their channel, nobody drew lots."""


@dataclass(frozen=True, slots=True, eq=False)
class Coefficients:
    """The coefficients of one metric and scoring year.

    ``usual_at`` is the reference mix of each touchpoint by code, for tables of one touchpoint.
    """

    metric: str
    year: int
    fitted: Period
    adjusters: tuple[Adjuster, ...]
    fit: AdjustmentFit
    usual_at: dict[str, Floats]

    def usual(self, touchpoint: str | None) -> Floats:
        """The mix that scores are adjusted to: the network's, or that of one touchpoint."""
        if touchpoint is None or touchpoint not in self.usual_at:
            return self.fit.reference
        return self.usual_at[touchpoint]


@dataclass(frozen=True, slots=True, eq=False)
class PublishedCoefficients:
    """Coefficients with when and by whom they were published; frozen for their year."""

    id: UUID
    coefficients: Coefficients
    data_version: int
    published_by: str | None
    published_at: datetime


def scoring_year(period: Period) -> int:
    """The year whose coefficients a period's scores take: that of its last day."""
    return date.fromordinal(period.end.toordinal() - 1).year


def coefficients_of(session: Session, metric: str, year: int) -> PublishedCoefficients | None:
    """What is published for a metric and year, if anything."""
    row = fit_row(session, metric, year)
    return None if row is None else _read(row)


def list_coefficients(
    session: Session, metric: str | None = None, year: int | None = None
) -> list[PublishedCoefficients]:
    """All that is published, the newest year first."""
    return [_read(row) for row in fit_rows(session, metric, year)]


def stored_form(found: Coefficients) -> dict[str, Any]:
    """The columns that hold coefficients."""
    fit = found.fit
    return {
        "metric": found.metric,
        "year": found.year,
        "fitted_from": found.fitted.start,
        "fitted_to": found.fitted.end,
        "answers": fit.answers,
        "branches": fit.branches,
        "levels": levels_document(found),
        "covariance": fit.covariance.tolist(),
        "residual_variance": fit.residual_variance,
        "parameters": {
            "adjusters": [asdict(adjuster) for adjuster in found.adjusters],
            "coefficients": fit.coefficients.tolist(),
            "between": fit.between.tolist(),
            "estimable": fit.estimable.tolist(),
            "explained_by": fit.explained_by,
            "unexplained": fit.unexplained,
            "clustered": fit.clustered,
            "reference": fit.reference.tolist(),
            "reference_at": {code: mix.tolist() for code, mix in found.usual_at.items()},
        },
    }


def levels_document(found: Coefficients) -> list[dict[str, Any]]:
    """Every level as it is published: its share, what it means in points, and how sure that is."""
    return [
        {**asdict(effect), "same_as": [list(one) for one in effect.same_as]}
        for effect in level_effects(found.fit, found.adjusters)
    ]


def document(found: PublishedCoefficients) -> dict[str, Any]:
    """Published coefficients as JSON; ``from`` and ``to`` are the first and the last day."""
    own, fit = found.coefficients, found.coefficients.fit
    return {
        "id": str(found.id),
        **head_document(own),
        "standard_errors": "clustered_by_branch" if fit.clustered else "plain",
        "data_version": found.data_version,
        "published_by": found.published_by,
        "published_at": found.published_at.isoformat(),
        "levels": levels_document(own),
    }


def head_document(found: Coefficients) -> dict[str, Any]:
    """What coefficients were made of."""
    last = date.fromordinal(found.fitted.end.toordinal() - 1)
    return {
        "metric": found.metric,
        "year": found.year,
        "from": found.fitted.start.isoformat(),
        "to": last.isoformat(),
        "answers": found.fit.answers,
        "branches": found.fit.branches,
        "meaning": ASSOCIATION,
        "unexplained_share": found.fit.unexplained,
    }


def _read(row: Row[Any]) -> PublishedCoefficients:
    made = row.parameters
    fit = AdjustmentFit(
        coefficients=_floats(made["coefficients"]),
        covariance=_floats(row.covariance),
        between=_floats(made["between"]),
        estimable=np.array(made["estimable"], dtype=bool),
        explained_by=tuple(map(tuple, made["explained_by"])),
        residual_variance=row.residual_variance,
        unexplained=made["unexplained"],
        reference=_floats(made["reference"]),
        answers=row.answers,
        branches=row.branches,
        clustered=made["clustered"],
    )
    found = Coefficients(
        metric=row.metric,
        year=row.year,
        fitted=Period(row.fitted_from, row.fitted_to),
        adjusters=tuple(Adjuster(one["name"], tuple(one["levels"])) for one in made["adjusters"]),
        fit=fit,
        usual_at={code: _floats(mix) for code, mix in made["reference_at"].items()},
    )
    return PublishedCoefficients(
        row.id, found, row.data_version, row.published_by, row.published_at
    )


def _floats(numbers: Any) -> Floats:
    return np.array(numbers, dtype=np.float64)
