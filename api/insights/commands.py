"""What `branchpulse score` and `branchpulse league` do: the whole network, ranks at once."""

import csv
import io
from datetime import date, timedelta
from typing import Any

from api.cells.service import fold, rebuild
from api.core.errors import BadInput, NotFound
from api.core.installation import Installation
from api.core.languages import Language, say
from api.insights.comparison import ComparisonSet, comparison_set
from api.insights.league import ROW_COLUMNS, League, LeagueRow, league
from api.insights.league_store import compute_table
from api.insights.measures import require_measure
from api.insights.periods import Period
from api.insights.queries import TableName, list_metrics, newest_version, require_touchpoint
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
    installation: Installation,
    metric: str,
    period: Period,
    unit: str | None = None,
    *,
    touchpoint: str | None = None,
    peers: bool = False,
) -> League:
    """The table of the whole network or of one unit, with its ranks computed now if need be."""
    database = installation.database
    name = TableName(metric, period, comparison_set(touchpoint, peers=peers))
    require_known(installation, name)
    compute_table(database, name)
    now = installation.clock()
    with database.transaction() as session:
        viewer = whole_network_viewer(session, now.date(), reason="command line")
        open_scope(session, viewer.scope)
        try:
            return league(
                session,
                viewer,
                metric,
                period,
                now=now,
                unit=unit,
                touchpoint=touchpoint,
                peers=peers,
            )
        except NotFound:
            raise BadInput(f"--unit {unit}: no such unit") from None


def as_csv(found: League) -> str:
    """The rows with the contract's columns; what is not known is empty."""
    written = io.StringIO()
    writer = csv.DictWriter(written, ROW_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.as_dict() for row in found.rows)
    return written.getvalue()


def as_lines(found: League, language: Language = "en") -> str:
    """The table for a terminal."""
    head = {name: say(f"insights.column.{name}", language) for name in _WIDTHS}
    lines = [_line(head), *(_line(_cells(row, language)) for row in found.rows)]
    return "\n".join([*lines, say("insights.note.noise", language)])


_WIDTHS = {
    **{"rank": 5, "places": 11, "band": 4, "unit": 16, "n": 7, "score": 8, "interval": 18},
    **{"adjusted": 8, "change": 9, "name": 0},
}


def _line(cells: dict[str, str]) -> str:
    *numbers, name = (
        f"{cells[column]:<{width}}" if column in ("unit", "name") else f"{cells[column]:>{width}}"
        for column, width in _WIDTHS.items()
    )
    return " ".join(numbers) + f"  {name}"


def _cells(row: LeagueRow, language: Language) -> dict[str, str]:
    noise = "~" if row.change_is_noise else " "
    reason = "few_peers" if row.tier == "ranked" else row.tier
    note = "" if row.ranked else f" ({say(f'insights.tier.{reason}', language)})"
    return {
        "rank": "" if row.rank is None else str(row.rank),
        "places": "" if row.rank_low is None else f"{row.rank_low}–{row.rank_high}",
        "band": row.band or "",
        "adjusted": "" if row.adjusted is None else f"{row.adjusted:.2f}",
        "unit": row.unit_code,
        "n": "<5" if row.n is None else str(row.n),
        "score": "" if row.score is None else f"{row.score:.2f}",
        "interval": "" if row.low is None else f"{row.low:.2f} … {row.high:.2f}",
        "change": "" if row.change is None else f"{row.change:+.2f}{noise}",
        "name": row.unit_name + note,
    }


def require_known(installation: Installation, name: TableName) -> None:
    """Nothing, or BadInput for a metric or touchpoint that is not there."""
    place = ComparisonSet.named(name.comparison_set).touchpoint
    with installation.database.transaction() as session:
        known = ", ".join(info.code for info in list_metrics(session)) or "none"
        try:
            require_measure(session, name.metric, name.period)
        except NotFound:
            said = f"--metric {name.metric}: no such metric; known: {known}"
            raise BadInput(said) from None
        try:
            if place is not None:
                require_touchpoint(session, place)
        except NotFound:
            raise BadInput(f"--touchpoint {place}: no such touchpoint") from None
