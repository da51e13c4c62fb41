"""What `branchpulse league publish` and `league published` do: the whole network, at once."""

from datetime import datetime

from sqlmodel import Session

from api.core.installation import Installation
from api.core.languages import Language, say
from api.insights.commands import require_known
from api.insights.league_store import compute_table
from api.insights.published.service import (
    Listed,
    Published,
    Publishing,
    list_published,
    publish,
    read_published,
)
from api.insights.sight import whole_network_viewer
from api.security.scope import open_scope
from api.security.viewer import Viewer

_ACTOR = "system:command_line"


def publish_table(installation: Installation, wanted: Publishing) -> Listed:
    """Computes the table of the present data, if need be, and freezes it."""
    require_known(installation, wanted.name)
    compute_table(installation.database, wanted.name)
    now = installation.clock()
    with installation.database.transaction() as session:
        return publish(session, _viewer(session, now), wanted, now=now, actor=_ACTOR)


def published_tables(installation: Installation, metric: str | None) -> list[Listed]:
    """Everything that was published."""
    with installation.database.transaction() as session:
        return list_published(session, _viewer(session, installation.clock()), metric)


def published_table(installation: Installation, number: int) -> Published:
    """One published table; raises NotFound."""
    with installation.database.transaction() as session:
        return read_published(session, _viewer(session, installation.clock()), number)


def _viewer(session: Session, now: datetime) -> Viewer:
    viewer = whole_network_viewer(session, now.date(), reason="command line")
    open_scope(session, viewer.scope)
    return viewer


def as_lines(found: list[Listed], language: Language = "en") -> list[str]:
    """One line for each published table."""
    return [_line(one, language) for one in found] or [say("published.none", language)]


def _line(one: Listed, language: Language) -> str:
    head = one.head.document()
    line = (
        f"{head['number']:>4}  {head['metric']}  {head['from']} … {head['to']}  "
        f"{head['comparison_set']}  {one.rows_hash[:12]}"
    )
    notes = [say("published.for_bonus", language)] if one.head.for_bonus else []
    if one.head.corrects is not None:
        notes.append(say("published.corrects", language, number=one.head.corrects))
    if one.corrected_by is not None:
        notes.append(say("published.corrected_by", language, number=one.corrected_by))
    return line + "".join(f"  {note}" for note in notes)


def checked_lines(found: Published, language: Language = "en") -> list[str]:
    """One table's line, and whether it still fits its hash."""
    word = "intact" if found.intact else "broken"
    return [_line(found.listed, language), say(f"published.{word}", language)]
