"""What `branchpulse drivers` does: drivers of the whole network or a unit, for a terminal."""

from api.core.errors import BadInput, NotFound
from api.core.installation import Installation
from api.core.languages import Language, say
from api.insights.drivers.matrix import DriverMatrix, DriverRow, Level
from api.insights.drivers.service import drivers
from api.insights.periods import Period
from api.insights.queries import list_metrics
from api.insights.sight import whole_network_viewer
from api.security.scope import open_scope


def network_drivers(
    installation: Installation,
    outcome: str,
    period: Period,
    *,
    unit: str | None = None,
    touchpoint: str | None = None,
    between: bool = False,
) -> DriverMatrix:
    """Drivers of ``outcome``; raises BadInput that names the option at fault."""
    with installation.database.transaction() as session:
        known = [info.code for info in list_metrics(session)]
        if outcome not in known:
            words = ", ".join(known) or "none"
            raise BadInput(f"--outcome {outcome}: no such metric; known: {words}")
        today = installation.clock().date()
        viewer = whole_network_viewer(session, today, reason="command line")
        open_scope(session, viewer.scope)
        level = Level.BETWEEN if between else Level.WITHIN
        try:
            return drivers(
                session, viewer, outcome, period, unit=unit, touchpoint=touchpoint, level=level
            )
        except NotFound as error:
            raise BadInput(_not_found(error, unit, touchpoint)) from None


def _not_found(error: NotFound, unit: str | None, touchpoint: str | None) -> str:
    if "touchpoint" in error.params:
        return f"--touchpoint {touchpoint}: no such touchpoint"
    return f"--unit {unit}: no such unit"


def as_lines(found: DriverMatrix, language: Language = "en") -> str:
    """The drivers for a terminal, the heaviest first; or why there are none."""
    if found.problem is not None:
        return problem_line(found, language)
    head = {name: say(f"drivers.column.{name}", language) for name in _WIDTHS}
    lines = [_line(head), *(_line(_cells(row, language)) for row in found.rows)]
    return "\n".join([*lines, say("drivers.note.association", language)])


def problem_line(found: DriverMatrix, language: Language) -> str:
    """One sentence that says why there are no drivers."""
    return say(
        f"drivers.problem.{found.problem}",
        language,
        answers=found.answers,
        needed=found.needed,
        branches=found.branches,
    )


_WIDTHS = {"weight": 7, "interval": 15, "performance": 12, "quadrant": 12, "driver": 0}


def _line(cells: dict[str, str]) -> str:
    *numbers, name = (f"{cells[column]:>{width}}" for column, width in _WIDTHS.items())
    return " ".join(numbers) + f"  {name}"


def _cells(row: DriverRow, language: Language) -> dict[str, str]:
    score = row.performance.score
    return {
        "weight": f"{row.weight:.1%}",
        "interval": f"{row.low:.1%} … {row.high:.1%}",
        "performance": "" if score is None else f"{score:.1f}",
        "quadrant": say(f"drivers.quadrant.{row.quadrant or 'unclear'}", language),
        "driver": f"{row.metric.code} ({row.metric.name(language)})",
    }
