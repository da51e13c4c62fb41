"""Publishing an indicator tree: a checked file becomes a version that never changes again.

A tree never reaches back: what was ranked by an earlier version is ranked by it for ever. Knows no
files; the caller commits.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.indicators import repository
from api.indicators.definition import IndicatorsFile
from api.models import IndicatorVersion
from api.surveys.errors import NotPublishable
from api.surveys.repository import lock_publishing
from api.surveys.service import columns_of, require_higher, require_same


@dataclass(frozen=True)
class Publication:
    """What publishing did; ``new`` is false when exactly this was published before."""

    code: str
    version: int
    effective_from: date
    new: bool


def publish_indicators(
    session: Session,
    file: IndicatorsFile,
    now: datetime,
    *,
    written: str,
    by: UUID | None = None,
) -> Publication:
    """Publishes a tree, in force for periods that end on its ``effective_from`` or later.

    The first version may begin on any day, a later one not before today (the network's). ``by`` is
    the account; None at the command line.
    """
    lock_publishing(session)
    found = repository.find_version(session, file.version)
    if found is not None:
        require_same(bytes(found.content_hash), file)
        return Publication(file.code, file.version, found.effective_from, new=False)
    _require_later(session, file, now)
    row = IndicatorVersion(
        **columns_of(file, now, written=written, by=by),
        effective_from=file.effective_from,
        data_version=repository.next_data_version(session),
    )
    repository.add_version(session, row)
    return Publication(file.code, file.version, file.effective_from, new=True)


def _require_later(session: Session, file: IndicatorsFile, now: datetime) -> None:
    newest = repository.newest(session)
    if newest is None:
        return
    version, effective_from = newest
    require_higher(version, file)
    today = now.astimezone(ZoneInfo(repository.network_timezone(session))).date()
    earliest = max(today, effective_from)
    if file.effective_from < earliest:
        raise NotPublishable(
            f"{file.code}: effective_from must not lie before {earliest}: rankings of periods that "
            f"are over stay as they were (version {version} holds from {effective_from})"
        )
