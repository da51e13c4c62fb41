"""Units of the network from a file: made, changed, moved, closed, merged, with their history.

The file states what holds in the ranges of its rows; what is known of other times stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from sqlmodel import Session

from api.imports import queries, repository
from api.imports.convert import Converted
from api.imports.job import ImportJob
from api.imports.rejects import RejectLog
from api.imports.spans import Span, on_day, overlay
from api.imports.unit_rows import (
    Fault,
    Profile,
    UnitRow,
    faults_between,
    own_faults,
    unit_row,
    without_repeats,
)
from api.imports.values import Reject, reason
from api.network.repository import lock_network
from api.network.service import BEGINNING, set_network
from api.network.sorting import sort_key
from api.security.hierarchy import structure_changed

ZONE = "Asia/Shanghai"
MASTER = ("kind", "level", "name_zh", "name_en", "sort_key", "timezone", "language",
          "opened_on", "closed_on")  # fmt: skip


@dataclass(slots=True)
class _Stated:
    """What the file says of one unit, newest row last."""

    rows: list[UnitRow]

    @property
    def newest(self) -> UnitRow:
        return max(self.rows, key=lambda row: (row.start or date.min, row.line))


class UnitsFile:
    """All rows of a units file against the network."""

    def __init__(
        self, job: ImportJob, log: RejectLog, known: dict[str, queries.StoredUnit]
    ) -> None:
        self._job = job
        self._log = log
        self._known = known
        self._stated: dict[str, _Stated] = {}

    def check(self, rows: Iterable[UnitRow]) -> None:
        """Takes the rows in and logs everything that is wrong with them."""
        groups: dict[str, list[UnitRow]] = defaultdict(list)
        for row in rows:
            self._log_faults(own_faults(row))
            groups[row.code].append(row)
        for code, group in groups.items():
            kept, again = without_repeats(group)
            for row, first in again:
                self._reject(row.line, "code", reason("duplicate", first=first), code, skip=True)
            self._log_faults(faults_between(kept, BEGINNING))
            self._stated[code] = _Stated(kept)
        for stated in self._stated.values():
            for row in stated.rows:
                self._check_references(row)
        if not self._log.failed():
            self._check_circles()

    def _log_faults(self, faults: Iterable[Fault]) -> None:
        for line, name, why, value in faults:
            self._reject(line, name, why, value)

    def _reject(self, line: int, name: str, why: Any, value: str, *, skip: bool = False) -> None:
        severity = "skipped" if skip else "error"
        column = self._job.column_of(name)
        self._log.add(Reject(line, column, severity, why, value))  # type: ignore[arg-type]

    def _check_references(self, row: UnitRow) -> None:
        if row.parent is not None:
            self._check_parent(row, row.parent)
        into = row.fields.get("merged_into")
        if into and into not in self._stated and into not in self._known:
            near = get_close_matches(into, [*self._stated, *self._known], n=1)
            key = "unknown_unit_near" if near else "unknown_unit"
            why = reason(key, code=into, near=near[0] if near else "")
            self._reject(row.line, "merged_into", why, into)
        for code in row.fields.get("former_codes", ()):
            if code in self._stated or code in self._known:
                self._reject(row.line, "former_codes", reason("code_taken", code=code), code)
        known = self._known.get(row.code)
        if known is not None and known.kind != row.kind and row.kind:
            why = reason("kind_changed", code=row.code, known=known.kind, kind=row.kind)
            self._reject(row.line, "kind", why, row.kind)
        if row.kind == "network":
            self._check_network(row)

    def _check_parent(self, row: UnitRow, parent: str) -> None:
        if parent in self._stated:
            kind = self._stated[parent].newest.kind
        elif parent in self._known:
            kind = self._known[parent].kind
        else:
            self._reject(row.line, "parent", reason("unknown_parent", parent=parent), parent)
            return
        if kind == "branch":
            self._reject(row.line, "parent", reason("under_branch", parent=parent), parent)
        self._check_move(row, parent)

    def _check_move(self, row: UnitRow, parent: str) -> None:
        known = self._known.get(row.code)
        if known is None or row.start is not None or not known.parents:
            return
        now = on_day(known.parents, self._job.today) or known.parents[-1]
        if now.value != parent:
            why = reason("other_parent", code=row.code, known=now.value, parent=parent)
            self._reject(row.line, "parent", why, parent)

    def _check_network(self, row: UnitRow) -> None:
        networks = [code for code, unit in self._known.items() if unit.kind == "network"]
        networks += [code for code, unit in self._stated.items() if unit.newest.kind == "network"]
        if networks[0] != row.code:
            why = reason("two_networks", known=networks[0], code=row.code)
            self._reject(row.line, "kind", why, row.kind)

    def parents_of(self, code: str) -> list[Span[str | None]]:
        """Under whom the unit stands when, with the file laid over what is known."""
        known = self._known.get(code)
        spans: list[Span[str | None]] = list(known.parents) if known else []
        stated = self._stated.get(code)
        rows = [row for row in stated.rows if row.parent is not None] if stated else []
        return overlay(spans, [self._range(row, spans, row.parent) for row in rows])

    def profiles_of(self, code: str) -> list[Span[Profile]]:
        """What the unit is compared by when."""
        known = self._known.get(code)
        spans = list(known.profiles) if known else []
        stated = self._stated[code]
        rows = [(row, row.profile) for row in stated.rows if row.profile is not None]
        return overlay(spans, [self._range(row, spans, profile) for row, profile in rows])

    def _range(self, row: UnitRow, known: Sequence[Span[Any]], value: Any) -> Span[Any]:
        """A row without a beginning is about the present state, or about ever for a new unit."""
        now = on_day(known, self._job.today) if row.start is None else None
        earliest = now.start if now else row.fields.get("opened_on") or BEGINNING
        end = row.end if row.end is not None or now is None else now.end
        return Span(row.start or earliest, end, value)

    def _check_circles(self) -> None:
        codes = dict.fromkeys([*self._stated, *self._known])  # the file's order: one message
        parents = {code: self.parents_of(code) for code in codes}
        days = {span.start for code in self._stated for span in parents[code]}
        for day in sorted(days):
            if (circle := _circle(parents, day)) is None:
                continue
            code = next(code for code in circle if code in self._stated)
            row = self._stated[code].newest
            why = reason("cycle", units=" → ".join([*circle, circle[0]]))
            self._reject(row.line, "parent", why, row.parent or "")
            return

    def write(self, session: Session) -> tuple[int, int]:
        """Writes what differs; returns the rows written and the rows that changed nothing."""
        ids = {code: unit.id for code, unit in self._known.items()}
        fresh = [code for code in self._stated if code not in ids]
        self._ensure_network(session, ids)
        rest = [self._master(code) for code in fresh if code not in ids]
        ids |= repository.insert_units(session, rest)
        groups = repository.ensure_owner_groups(session, self._owner_groups())
        changed = set(fresh)
        for code in self._stated:
            if self._write_unit(session, code, ids, groups):
                changed.add(code)
        if changed:
            structure_changed(session)
        rows = {code: len(stated.rows) for code, stated in self._stated.items()}
        written = sum(rows[code] for code in changed)
        return written, sum(rows.values()) - written

    def _write_unit(
        self, session: Session, code: str, ids: dict[str, int], groups: dict[str, int]
    ) -> bool:
        known, unit_id = self._known.get(code), ids[code]
        changed = False
        if known is not None:
            master = self._master(code, known)
            if any(master[name] != getattr(known, name) for name in MASTER):
                repository.update_unit(session, unit_id, master)
                changed = True
        parents = self.parents_of(code)
        if parents != (known.parents if known else []):
            repository.replace_parents(session, unit_id, parents, ids)
            changed = True
        profiles = self.profiles_of(code)
        if profiles != (known.profiles if known else []):
            repository.replace_profiles(session, unit_id, profiles, groups)
            changed = True
        changed |= self._write_references(session, code, ids)
        return changed

    def _write_references(self, session: Session, code: str, ids: dict[str, int]) -> bool:
        fields = self._stated[code].newest.fields
        changed = 0
        if fields.get("merged_into"):
            changed = repository.set_merged(session, ids[code], ids[fields["merged_into"]])
        for former in fields.get("former_codes", ()):
            changed += repository.add_former_code(session, former, ids[code])
        return changed > 0

    def _master(self, code: str, known: queries.StoredUnit | None = None) -> dict[str, Any]:
        """The unit's own columns; what the file does not say stays."""
        row = self._stated[code].newest
        given = row.fields.get
        name = given("name") or given("name_zh") or given("name_en")
        zh = given("name_zh") or given("name") or (known.name_zh if known else name or code)
        en = given("name_en") or given("name") or (known.name_en if known else name or code)
        values = {"code": code, "kind": row.kind, "name_zh": zh, "name_en": en}
        values["sort_key"] = sort_key(zh)
        values["level"] = given("level") or (known.level if known else row.kind)
        for column in ("timezone", "language", "opened_on", "closed_on"):
            values[column] = given(column) or (getattr(known, column) if known else None)
        return values

    def _owner_groups(self) -> dict[str, str | None]:
        return {
            row.profile.owner_group: row.fields.get("owner_group_name")
            for stated in self._stated.values()
            for row in stated.rows
            if row.profile is not None and row.profile.owner_group
        }

    def _ensure_network(self, session: Session, ids: dict[str, int]) -> None:
        for code, stated in self._stated.items():
            if stated.newest.kind == "network" and code not in self._known:
                master = self._master(code)
                ids[code] = set_network(
                    session,
                    name_zh=master["name_zh"],
                    name_en=master["name_en"],
                    code=code,
                    default_timezone=master["timezone"] or self._job.mapping.timezone or ZONE,
                    default_language=master["language"] or "zh",
                )
                repository.update_unit(session, ids[code], master)


def load(session: Session, job: ImportJob, log: RejectLog, rows: Iterable[Converted]) -> None:
    """Writes the units of the file; on any error nothing, and the log says what it was."""
    lock_network(session)
    file = UnitsFile(job, log, queries.stored_units(session))
    file.check(unit_row(row) for row in rows)
    if not log.failed():
        log.summary.written, log.summary.unchanged = file.write(session)


def _circle(parents: dict[str, list[Span[str | None]]], day: date) -> list[str] | None:
    """Units that stand under each other in a circle on ``day``."""
    above: dict[str, str | None] = {}
    for code, spans in parents.items():
        found = on_day(spans, day)
        above[code] = found.value if found else None
    cleared: set[str] = set()
    for start in above:
        way: list[str] = []
        here: str | None = start
        while here is not None and here not in cleared and here not in way:
            way.append(here)
            here = above.get(here)
        if here is not None and here in way:
            return way[way.index(here) :]
        cleared.update(way)
    return None
