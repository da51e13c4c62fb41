"""Published versions of the closed loop's rules: the SQL. Only ever adds; decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.engine import Connection
from sqlmodel import Session, col

from api.models import LoopVersion, MessageVersion, SurveyVersion
from api.surveys import repository as surveys

Reader = Session | Connection

_LISTED = text(
    "select v.version, v.definition ->> 'code' as code, v.published_at, a.name as published_by "
    "from loop_version v left join account a on a.id::text = v.published_by "
    "order by v.version desc"
)


@dataclass(frozen=True)
class LoopRow:
    """A published version, without its content; by None: at the command line."""

    version: int
    code: str
    published_at: datetime
    published_by: str | None


def newest(session: Reader) -> tuple[int, bytes] | None:
    """Number and hash of the highest version, which is the one that holds."""
    query = (
        select(col(LoopVersion.version), col(LoopVersion.content_hash))
        .order_by(col(LoopVersion.version).desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return None if row is None else (row.version, bytes(row.content_hash))


def hash_of(session: Reader, version: int) -> bytes | None:
    """The hash of a version; None when it is not published."""
    query = select(col(LoopVersion.content_hash)).where(col(LoopVersion.version) == version)
    found = session.execute(query).scalar()
    return None if found is None else bytes(found)


def definition_of(session: Reader, version: int) -> dict[str, Any] | None:
    """What a version says."""
    query = select(col(LoopVersion.definition)).where(col(LoopVersion.version) == version)
    found: dict[str, Any] | None = session.execute(query).scalar()
    return found


def written_of(session: Reader, version: int) -> str | None:
    """The text of a version as it was written."""
    query = select(col(LoopVersion.written)).where(col(LoopVersion.version) == version)
    found: str | None = session.execute(query).scalar()
    return found


def list_versions(session: Reader) -> list[LoopRow]:
    """Every published version, the newest first."""
    return [LoopRow(*row) for row in session.execute(_LISTED)]


def add_version(session: Session, row: LoopVersion) -> None:
    """Stores a new version."""
    session.add(row)
    session.flush()


def newest_surveys(session: Reader) -> list[dict[str, Any]]:
    """The newest version of every survey."""
    return list(surveys.newest_definitions(session, SurveyVersion))


def newest_messages(session: Reader) -> list[dict[str, Any]]:
    """The newest version of every template."""
    return list(surveys.newest_definitions(session, MessageVersion))


def touchpoints(session: Reader) -> set[str]:
    """The codes of all touchpoints."""
    return surveys.known_touchpoints(session)
