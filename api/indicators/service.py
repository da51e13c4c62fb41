"""Publishing an indicator tree: a checked file becomes a version that never changes again.

A tree never reaches back: what was ranked by an earlier version is ranked by it for ever. Knows no
files; the caller commits.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.indicators import repository
from api.indicators.definition import IndicatorsFile
from api.indicators.errors import NotPublishable, PublishedOtherwise
from api.models import IndicatorVersion
from api.surveys.definitions import canonical, digest


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
    repository.lock_publishing(session)
    found = repository.find_version(session, file.version)
    if found is not None:
        if bytes(found.content_hash) != digest(file):
            raise PublishedOtherwise(code=file.code, version=file.version)
        return Publication(file.code, file.version, found.effective_from, new=False)
    _require_later(session, file, now)
    row = IndicatorVersion(
        version=file.version,
        effective_from=file.effective_from,
        definition=json.loads(canonical(file)),
        written=written,
        published_by=None if by is None else str(by),
        content_hash=digest(file),
        data_version=repository.next_data_version(session),
        published_at=now,
    )
    repository.add_version(session, row)
    return Publication(file.code, file.version, file.effective_from, new=True)


def _require_later(session: Session, file: IndicatorsFile, now: datetime) -> None:
    newest = repository.newest(session)
    if newest is None:
        return
    version, effective_from = newest
    if version > file.version:
        raise NotPublishable(
            f"{file.code}: version {version} is published; a new one needs a higher number"
        )
    today = now.astimezone(ZoneInfo(repository.network_timezone(session))).date()
    earliest = max(today, effective_from)
    if file.effective_from < earliest:
        raise NotPublishable(
            f"{file.code}: effective_from must not lie before {earliest}: rankings of periods that "
            f"are over stay as they were (version {version} holds from {effective_from})"
        )
