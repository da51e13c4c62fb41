"""What `branchpulse report` does: one file about a unit, the ranks computed at once.

Imports the report libraries: only commands may import it.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

from sqlmodel import Session

from api.core.errors import BadInput, NotFound
from api.core.installation import Installation
from api.core.languages import LANGUAGES, Language
from api.insights.commands import period_of
from api.insights.sight import whole_network_viewer
from api.reports.content.blocks import FORMATS, Format
from api.reports.content.building import build_report, prepare_report
from api.reports.files.rendering import render_report
from api.security.scope import open_scope
from api.security.viewer import Granted, Viewer


def checked(format: str, language: str) -> tuple[Format, Language]:
    """The format and the language, or BadInput that names the known ones."""
    for name, value, known in (("--format", format, FORMATS), ("--lang", language, LANGUAGES)):
        if value not in known:
            raise BadInput(f"{name} {value}: known are {', '.join(known)}")
    return (
        next(one for one in FORMATS if one == format),
        next(one for one in LANGUAGES if one == language),
    )


def write_report(
    installation: Installation,
    unit: str,
    days: tuple[date, date],
    format: str,
    language: str,
    *,
    output: Path,
) -> int:
    """Writes the report of ``unit`` to ``output``; how many bytes it has."""
    wanted, spoken = checked(format, language)
    period = period_of(*days)
    now = installation.clock()
    prepare_report(installation, period)
    with installation.database.transaction() as session:
        viewer = everything(session, now.date())
        open_scope(session, viewer.scope)
        try:
            node = viewer.require_unit_code(unit)
        except NotFound:
            raise BadInput(f"{unit}: no such unit") from None
        content = build_report(session, viewer, node, period, now)
    made = render_report(content, wanted, spoken)
    try:
        return output.write_bytes(made)
    except OSError as error:
        raise BadInput(f"-o {output}: {error.strerror}") from None


def everything(session: Session, on: date) -> Viewer:
    """A viewer who sees and reads all, as headquarters do."""
    viewer = whole_network_viewer(session, on, reason="command line")
    root = viewer.hierarchy.root
    grants = (Granted("hq_admin", root.id, None),) if root is not None else ()
    return replace(viewer, grants=grants)
