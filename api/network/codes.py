"""Which unit a code means on a day: today's codes, former ones, and merged units.

For whoever reads events or files; reads codes and ids of the whole network, nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from api.network import repository


@dataclass(frozen=True)
class UnitCodes:
    """Which unit a code means on a day: today's codes, former ones, and merged units."""

    by_code: Mapping[str, int]
    merged: Mapping[int, tuple[date, int]]

    def resolve(self, code: str, on: date) -> int | None:
        """The unit that ``code`` means on ``on``, or None."""
        unit_id = self.by_code.get(code)
        while unit_id is not None and unit_id in self.merged:
            merged_on, into_id = self.merged[unit_id]
            if merged_on > on:
                break
            unit_id = into_id
        return unit_id


def load_codes(session: Session) -> UnitCodes:
    """All codes, for whoever reads events or files; an unscoped read of codes and ids only."""
    by_code = repository.former_codes(session)
    merged: dict[int, tuple[date, int]] = {}
    for unit_id, code, closed_on, into_id in repository.unit_destinies(session):
        by_code[code] = unit_id
        if into_id is not None and closed_on is not None:
            merged[unit_id] = (closed_on, into_id)
    return UnitCodes(by_code, merged)
