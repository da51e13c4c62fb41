"""The rules of the closed loop that hold, read back and kept in memory.

A version never changes, so what stands under its number and hash never goes stale; which one is
the newest is asked each time.
"""

from dataclasses import dataclass

from sqlmodel import Session

from api.core.errors import NotFound
from api.network.codes import load_codes
from api.surveys.definitions import Survey
from api.tickets.definitions import Known, LoopFile, loop_of
from api.tickets.loop import Loop
from api.tickets.repository import rules as repository
from api.tickets.repository.rules import Reader


@dataclass(frozen=True)
class LoopInForce:
    """One version of the rules: as values, and as the file says them."""

    version: int
    loop: Loop
    file: LoopFile


_kept: dict[tuple[bytes, int], LoopInForce] = {}
_KEPT = 64


def loop_in_force(session: Reader) -> LoopInForce | None:
    """The rules that hold: the newest published; None before the first."""
    found = repository.newest(session)
    return None if found is None else _remembered(session, *found)


def loop_of_version(session: Reader, version: int) -> LoopInForce:
    """One published version, such as the one a ticket follows; raises NotFound."""
    content_hash = repository.hash_of(session, version)
    if content_hash is None:
        raise NotFound(version=version)
    return _remembered(session, version, content_hash)


def known_to_loop(session: Session) -> Known:
    """What the rules may name: surveys, templates, touchpoints, units by code (also former)."""
    surveys = [Survey.model_validate(one) for one in repository.newest_surveys(session)]
    return Known(
        surveys={one.code: one for one in surveys},
        templates={one["code"]: one["channel"] for one in repository.newest_messages(session)},
        touchpoints=repository.touchpoints(session),
        units=frozenset(load_codes(session).by_code),
    )


def _remembered(session: Reader, version: int, content_hash: bytes) -> LoopInForce:
    """The hash tells a version from one of the same number in another database."""
    key = (content_hash, version)
    if key not in _kept:
        file = LoopFile.model_validate(repository.definition_of(session, version))
        while len(_kept) >= _KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[key] = LoopInForce(version, loop_of(file), file)
    return _kept[key]
