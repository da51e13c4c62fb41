"""Published trees, read back and kept in memory: what never changes never goes stale."""

from dataclasses import replace
from datetime import date

from sqlmodel import Session

from api.core.database import once
from api.indicators import repository
from api.indicators.checks import Known, known_metric
from api.indicators.definition import IndicatorsFile
from api.indicators.tree import Indicators, indicators_of
from api.network.codes import load_codes

_kept: dict[tuple[bytes, int, int], Indicators] = {}
_KEPT = 64


def indicators_in_force(session: Session, on: date) -> Indicators | None:
    """The tree of the latest effective day that is not after ``on``; None before the first.

    The hash tells a version from one of the same number in another database.
    """
    found = once(session, ("indicators", on), lambda: repository.in_force(session, on))
    if found is None:
        return None
    version, content_hash, data_version = found
    key = (content_hash, version, data_version)
    if key not in _kept:
        definition = repository.definition_of(session, version)
        while len(_kept) >= _KEPT:
            _kept.pop(next(iter(_kept)), None)
        file = IndicatorsFile.model_validate(definition)
        _kept[key] = replace(indicators_of(file), data_version=data_version)
    return _kept[key]


def known_to_indicators(session: Session) -> Known:
    """What a tree may name: declared metrics, and codes of units, also former ones."""
    metrics = {code: known_metric(kind, scale) for code, kind, scale in repository.metrics(session)}
    return Known(metrics, frozenset(load_codes(session).by_code))
