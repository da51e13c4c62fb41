"""Files that people take with them: allowed by role, and written down in the audit."""

import csv
import io
from collections.abc import Mapping, Sequence

from api.core.errors import NotAllowed
from api.insights.league import ROW_COLUMNS
from api.insights.published.document import FIGURES
from api.security.audit import audit
from api.security.permissions import Permission
from api.surveys.rulebook import may_write_rules
from dashboard.data.league import read_league
from dashboard.data.metrics import shown_metric
from dashboard.data.published import require_published
from dashboard.data.simulation import BRANCH_COLUMNS
from dashboard.data.sitting import Sitting

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_league(sitting: Sitting, order: Sequence[str]) -> tuple[str, str]:
    """File name and CSV of the table, the rows of ``order`` (unit codes) in that order."""
    sitting.viewer.require(Permission.EXPORT)
    metric = shown_metric(sitting)
    found = read_league(sitting, metric.code) if metric else None
    rows = {row.unit_code: row.as_dict() for row in found.rows} if found else {}
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(ROW_COLUMNS)
    for code in order:
        if code in rows:
            writer.writerow([_cell(rows[code][name]) for name in ROW_COLUMNS])
    audit(
        sitting.session,
        sitting.viewer.actor,
        "league.export",
        now=sitting.now,
        detail={"rows": len(order), "metric": metric.code if metric else None},
    )
    name = f"league-{found.start}-{found.end}.csv" if found else "league.csv"
    return name, "\ufeff" + written.getvalue()


def export_published(sitting: Sitting, order: Sequence[str]) -> tuple[str, str]:
    """File name and CSV of a published table, the rows of ``order`` (unit codes) in that order."""
    sitting.viewer.require(Permission.EXPORT)
    found = require_published(sitting, sitting.address.subject)
    rows = {row.unit_code: row for row in found.rows}
    columns = [name for name in FIGURES if name != "mix"]
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(["unit_code", "unit_name", *columns])
    for row in [rows[code] for code in order if code in rows]:
        cells = [row.unit_code, row.name(sitting.language), *map(row.figures.get, columns)]
        writer.writerow(map(_cell, cells))
    number = found.listed.head.number
    audit(
        sitting.session,
        sitting.viewer.actor,
        "published.export",
        now=sitting.now,
        subject=f"published:{number}",
        detail={"rows": len(order)},
    )
    return f"published-{number}.csv", "\ufeff" + written.getvalue()


def export_simulation(sitting: Sitting, rows: Sequence[Mapping[str, object]]) -> tuple[str, str]:
    """File name and CSV of a simulation's branches, as a viewer of those branches has them."""
    viewer = sitting.viewer
    if not may_write_rules(viewer):
        raise NotAllowed(permission=Permission.MANAGE_ASKING)
    viewer.require(Permission.EXPORT)
    units = [viewer.hierarchy.by_code.get(str(row.get("unit_code"))) for row in rows]
    shown = [row for row, unit in zip(rows, units, strict=True)
             if unit is not None and viewer.sees_unit(unit.id)]  # fmt: skip
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(BRANCH_COLUMNS)
    for row in shown:
        writer.writerow([_cell(row.get(name)) for name in BRANCH_COLUMNS])
    audit(
        sitting.session,
        viewer.actor,
        "simulation.export",
        now=sitting.now,
        detail={"rows": len(shown)},
    )
    return f"simulation-{sitting.today}.csv", "\ufeff" + written.getvalue()


def _cell(value: object) -> object:
    """The value, a text that a spreadsheet would compute made harmless."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
