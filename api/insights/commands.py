"""What `branchpulse score` and `branchpulse league` do: the whole network, ranks at once."""

import csv
import io
from datetime import date, timedelta
from typing import Any

from api.cells.service import fold, rebuild
from api.core.errors import BadInput, NotFound
from api.core.installation import Installation
from api.insights.league import NETWORK, ROW_COLUMNS, League, league
from api.insights.league_store import compute_table
from api.insights.periods import Period
from api.insights.queries import TableName, list_metrics, newest_version
from api.insights.sight import whole_network_viewer
from api.security.scope import open_scope


def bring_up_to_date(installation: Installation, *, from_scratch: bool) -> dict[str, Any]:
    """Folds what is marked, or counts everything again; says what was done."""
    recounted = rebuild(installation.database) if from_scratch else None
    folded = fold(installation.database)
    with installation.database.transaction() as session:
        version = newest_version(session)
    return {"folded": folded, "rebuilt": recounted, "data_version": version}


def period_of(first: date, last: date) -> Period:
    """The days from ``first`` to ``last``, both included; raises BadInput when reversed."""
    if first.year < 1900 or last.year > 2100:
        raise BadInput("--from and --to must lie between 1900 and 2100")
    if last < first:
        raise BadInput(f"--to {last} lies before --from {first}")
    return Period(first, last + timedelta(days=1))


def network_league(
    installation: Installation, metric: str, period: Period, unit: str | None = None
) -> League:
    """The table of the whole network or of one unit, with its ranks computed now if need be."""
    database = installation.database
    _require_known(installation, metric)
    compute_table(database, TableName(metric, period, NETWORK))
    now = installation.clock()
    with database.transaction() as session:
        viewer = whole_network_viewer(session, now.date(), reason="command line")
        open_scope(session, viewer.scope)
        try:
            return league(session, viewer, metric, period, now=now, unit=unit)
        except NotFound:
            raise BadInput(f"--unit {unit}: no such unit") from None


def as_csv(found: League) -> str:
    """The rows with the contract's columns; what is not known is empty."""
    written = io.StringIO()
    writer = csv.DictWriter(written, ROW_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.as_dict() for row in found.rows)
    return written.getvalue()


def as_lines(found: League) -> str:
    """The table for a terminal."""
    lines = [f"{'#':>5} {'unit':<16} {'n':>7} {'score':>8} {'interval':>18} {'change':>8}  name"]
    for row in found.rows:
        interval = "" if row.low is None else f"{row.low:.2f} … {row.high:.2f}"
        noise = "~" if row.change_is_noise else " "
        change = "" if row.change is None else f"{row.change:+.2f}{noise}"
        lines.append(
            f"{row.rank or '':>5} {row.unit_code:<16} {_number(row.n):>7} "
            f"{'' if row.score is None else format(row.score, '.2f'):>8} {interval:>18} "
            f"{change:>8}  {row.unit_name}"
        )
    return "\n".join(lines)


def _number(n: int | None) -> str:
    return "<5" if n is None else str(n)


def _require_known(installation: Installation, metric: str) -> None:
    with installation.database.transaction() as session:
        known = [info.code for info in list_metrics(session)]
    if metric not in known:
        raise BadInput(f"--metric {metric}: no such metric; known: {', '.join(known) or 'none'}")
