"""Rows of answers and counts on their way into a staging table: one by one, by COPY.

Memory holds one row. Nothing but a temporary table is touched here.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from api.core.crypto import Vault
from api.core.ids import new_id
from api.core.redaction import redact
from api.imports import repository
from api.imports.convert import Converted, Converter
from api.imports.fields import COMPLAINANT, EVENT
from api.imports.mapping import Mapping
from api.imports.rejects import RejectLog
from api.imports.source import SourceRow
from api.tickets.filing import fingerprint

Progress = Callable[[int], None]
EVERY = 1_000
COMPLAINT = ("product", "category", "severity", "role", *EVENT)
"""What else is staged of a complaint, in this order; behind it what its words are told by, and
whose it is, encrypted."""


@dataclass(frozen=True, slots=True)
class Staging:
    """What the staged columns mean: levels of the path, metrics and further fields, in order."""

    levels: tuple[str, ...]
    metrics: tuple[str, ...]
    extra: tuple[str, ...]
    vault: Vault

    @classmethod
    def of(cls, mapping: Mapping, vault: Vault) -> "Staging":
        """The staging that ``mapping`` asks for."""
        levels = tuple(mapping.units.levels) if mapping.units else ()
        extra = COMPLAINT if mapping.kind == "complaints" else ()
        return cls(levels, tuple(metric.code for metric in mapping.metrics), extra, vault)

    def record(self, row: Converted) -> tuple[Any, ...]:
        """The row in the order of ``repository.STAGED``."""
        given = row.fields.get
        first, last = row.period or (None, None)
        return (
            row.line, new_id(), row.external_id, _content(row), list(row.path), row.path[-1],
            [given(f"{level}_name") for level in self.levels],
            [given(f"{level}_timezone") for level in self.levels],
            given("touchpoint"), given("channel"), given("segment"), given("advisor"),
            given("model"), given("language"), _redacted(given("comment")),
            given("answered_at") or given("complained_at"), given("occurred_at"),
            [row.scores.get(code) for code in self.metrics], first, last,
            [count for code in self.metrics for count in row.counts.get(code, ())],
            self._further(row),
        )  # fmt: skip

    def _further(self, row: Converted) -> list[str | None]:
        if not self.extra:
            return []
        values = [row.fields.get(name) for name in self.extra]
        said = fingerprint(row.fields.get("comment") or "")
        whose = {name: row.fields[name] for name in COMPLAINANT if name in row.fields}
        sealed = self.vault.encrypt(json.dumps(whose)).hex() if whose else None
        return [*(None if one is None else str(one) for one in values), said, sealed]


def stage(session: Session, staging: Staging, rows: Iterable[Converted]) -> None:
    """Copies the rows into the temporary table."""
    repository.create_staging(session)
    repository.copy_staged(session, (staging.record(row) for row in rows))


def converted(
    rows: Iterable[SourceRow], converter: Converter, log: RejectLog, progress: Progress
) -> Iterator[Converted]:
    """Rows that can be read; the others are logged, and all of them counted."""
    for row in rows:
        log.summary.read += 1
        if log.summary.read % EVERY == 0:
            progress(log.summary.read)
        found = converter.convert(row)
        if isinstance(found, Converted):
            yield found
        else:
            log.add_row(found)
    progress(log.summary.read)


def _redacted(comment: str | None) -> str | None:
    return redact(comment) if comment else None


def _content(row: Converted) -> bytes:
    """A hash of everything but the line: equal rows are the same row again."""
    parts = (row.fields, row.path, row.scores, row.counts, row.period)
    return hashlib.sha256(repr(parts).encode()).digest()[:16]
