"""What `branchpulse warnings` does: judges a month of the whole network now, and tells of it."""

from datetime import date

from api.core.errors import BadInput
from api.core.installation import Installation
from api.core.languages import Language, say
from api.insights.queries import list_metrics
from api.insights.sight import whole_network_viewer
from api.insights.warnings.keeping import judge_month
from api.insights.warnings.reading import BranchWarning, Warnings, early_warnings
from api.security.scope import open_scope


def network_warnings(installation: Installation, metric: str, month: date) -> Warnings:
    """The warnings of the whole network, judged from the data of this moment."""
    database = installation.database
    with database.transaction() as session:
        known = [info.code for info in list_metrics(session)]
    if metric not in known:
        raise BadInput(f"--metric {metric}: no such metric; known: {', '.join(known) or 'none'}")
    judge_month(database, metric, month.replace(day=1))
    now = installation.clock()
    with database.transaction() as session:
        viewer = whole_network_viewer(session, now.date(), reason="command line")
        open_scope(session, viewer.scope)
        return early_warnings(session, viewer, metric, month.replace(day=1), now=now)


def as_lines(found: Warnings, language: Language = "en") -> str:
    """The warnings for a terminal."""
    counts = {"judged": found.judged, "not_judged": found.not_judged}
    last = "insights.warnings.too_early" if found.too_early else "insights.warnings.judged"
    rows = [_line(row, language) for row in found.rows if row.level is not None]
    return "\n".join([*rows, say(last, language, **counts)])


def _line(row: BranchWarning, language: Language) -> str:
    level = say(f"insights.warnings.{row.level}", language)
    since = f"{row.since:%Y-%m}" if row.since else ""
    size = f"{-row.drop:+.2f}"
    return (
        f"{level:<6} {row.unit_code:<20} {since:<8} {size:>8} {row.n or '<5':>5}  {row.unit_name}"
    )
