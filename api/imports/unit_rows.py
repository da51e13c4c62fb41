"""Rows of a units file, checked against each other: kinds, zones, ranges of dates, one parent.

Pure: knows the file, not yet the network.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any
from zoneinfo import available_timezones

from api.core.languages import LANGUAGES
from api.imports.convert import Converted
from api.imports.fields import ATTRIBUTE
from api.imports.spans import Span
from api.imports.values import Reason, reason
from api.models.network import UNIT_KINDS

PROFILE = ("city_tier", "size", "brand", "owner_group")
Fault = tuple[int, str, Reason, str]  # line, field, reason, value


@dataclass(frozen=True, slots=True)
class Profile:
    """What a unit is compared by."""

    city_tier: str | None = None
    size: str | None = None
    brand: str | None = None
    owner_group: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One row: a unit, as it is from one date to before another."""

    line: int
    code: str
    kind: str
    parent: str | None
    profile: Profile | None
    fields: dict[str, Any]

    @property
    def start(self) -> date | None:
        """The date the row gives as its beginning, if any."""
        given: date | None = self.fields.get("valid_from")
        return given

    @property
    def end(self) -> date | None:
        """The date before which the row ends, if any."""
        given: date | None = self.fields.get("valid_to")
        return given

    def span(self, earliest: date) -> Span[str | None]:
        """The row's range with its parent; without a beginning it begins with ``earliest``."""
        return Span(self.start or earliest, self.end, self.parent)

    def same(self, other: "UnitRow") -> bool:
        """Whether both say the same, wherever they stand."""
        return (self.kind, self.parent, self.fields) == (other.kind, other.parent, other.fields)


def unit_row(row: Converted) -> UnitRow:
    """The converted row as a unit."""
    given = row.fields.get
    own = tuple(
        sorted(
            (name.removeprefix(ATTRIBUTE), value)
            for name, value in row.fields.items()
            if name.startswith(ATTRIBUTE)
        )
    )
    stated = any(given(name) for name in PROFILE) or own
    tier, size, brand, group = (given(name) for name in PROFILE)
    profile = Profile(tier, size, brand, group, own) if stated else None
    return UnitRow(row.line, given("code", ""), given("kind", ""), given("parent"), profile,
                   row.fields)  # fmt: skip


def own_faults(row: UnitRow) -> Iterator[Fault]:
    """What is wrong with a row by itself."""
    given = row.fields.get
    if row.kind not in UNIT_KINDS:
        known = ", ".join(UNIT_KINDS)
        yield row.line, "kind", reason("unknown_kind", kind=row.kind, known=known), row.kind
    zone = given("timezone")
    if zone and zone not in available_timezones():
        near = get_close_matches(zone, available_timezones(), n=1)
        why = reason("unknown_zone", zone=zone, near=near[0] if near else "Asia/Shanghai")
        yield row.line, "timezone", why, zone
    language = given("language")
    if language and language not in LANGUAGES:
        why = reason("unknown_language", language=language, known=", ".join(LANGUAGES))
        yield row.line, "language", why, language
    if row.parent is None and row.kind in UNIT_KINDS and row.kind != "network":
        yield row.line, "parent", reason("orphan"), ""
    for first, last in (("valid_from", "valid_to"), ("opened_on", "closed_on")):
        begin, end = given(first), given(last)
        if begin is not None and end is not None and end <= begin:
            yield row.line, last, reason("dates_backwards", first=begin, last=end), str(end)


def faults_between(rows: list[UnitRow], earliest: date) -> Iterator[Fault]:
    """What rows of one unit say against each other: two parents, or two states, at one time."""
    for number, row in enumerate(rows):
        for before in rows[:number]:
            if not row.span(earliest).overlaps(before.span(earliest)):
                continue
            if row.parent != before.parent:
                why = reason(
                    "two_parents", code=row.code, first=before.parent or "—", line=before.line,
                    second=row.parent or "—",
                )  # fmt: skip
                yield row.line, "parent", why, row.parent or ""
            else:
                why = reason("two_rows_at_once", code=row.code, line=before.line)
                yield row.line, "code", why, row.code
            break


def without_repeats(rows: list[UnitRow]) -> tuple[list[UnitRow], list[tuple[UnitRow, int]]]:
    """The rows that say something new, and those that repeat an earlier line."""
    kept: list[UnitRow] = []
    again: list[tuple[UnitRow, int]] = []
    for row in rows:
        twin = next((before for before in kept if before.same(row)), None)
        if twin is None:
            kept.append(row)
        else:
            again.append((row, twin.line))
    return kept, again
