"""The values an import passes on: a place in a file, what was wrong there, what came of it all."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from api.core.errors import BadInput
from api.core.languages import Language, say

Cell = str | datetime
Severity = Literal["error", "skipped"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row or a file was not taken: a key of the catalogue (of our room) and parameters."""

    key: str
    params: dict[str, Any] = field(default_factory=dict)

    def text(self, language: Language = "en") -> str:
        """The reason in words."""
        key = self.key if "." in self.key else f"imports.{self.key}"
        return say(key, language, **self.params)


def reason(key: str, **params: Any) -> Reason:
    """A reason by its key in the catalogue ``imports``."""
    return Reason(key, params)


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that was not taken: where, how bad, why, and what stood there."""

    line: int
    column: str
    severity: Severity
    reason: Reason
    value: str = ""


class Refused(BadInput):
    """The file or its mapping cannot be used at all; nothing of it was written."""

    key = "errors.bad_input"

    def __init__(self, file: str, line: int | None, column: str | None, why: Reason) -> None:
        self.file, self.line, self.column, self.why = file, line, column, why
        super().__init__(place(file, line, column) + why.text())


class CellError(Exception):
    """A cell cannot be read as what its field needs."""

    def __init__(self, why: Reason, *, column: str = "", value: str = "") -> None:
        self.why, self.column, self.value = why, column, value
        super().__init__(why.key)


def place(file: str, line: int | None, column: str | None) -> str:
    """``file.csv:12, column "rating": ``, as far as it is known."""
    text = file if line is None else f"{file}:{line}"
    return f'{text}, column "{column}": ' if column else f"{text}: "


@dataclass(slots=True)
class ImportSummary:
    """What an import did: rows by fate, and the first rejects for the screen."""

    file: str
    kind: str
    dry_run: bool = False
    read: int = 0
    written: int = 0
    unchanged: int = 0
    skipped: int = 0
    errors: int = 0
    rows: list[Reject] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def ok(self) -> bool:
        """Whether the file could be taken whole."""
        return self.errors == 0

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """The document of ``branchpulse import --json``."""
        return {
            "file": self.file,
            "kind": self.kind,
            "dry_run": self.dry_run,
            "read": self.read,
            "written": self.written,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "errors": self.errors,
            "reasons": dict(self.reasons),
            "rows": [row_as_json(row, language) for row in self.rows],
        }

    def first_error(self, language: Language = "en") -> str:
        """The one clear line for standard error, empty when nothing is wrong."""
        for row in self.rows:
            if row.severity == "error":
                more = say("imports.and_more", language, count=self.errors - 1)
                text = place(self.file, row.line, row.column) + row.reason.text(language)
                return f"{text} {more}" if self.errors > 1 else text
        return ""


def row_as_json(row: Reject, language: Language) -> dict[str, Any]:
    """One reject as the JSON document and the rejects file show it."""
    return {
        "line": row.line,
        "column": row.column,
        "severity": row.severity,
        "reason": row.reason.text(language),
        "value": row.value,
    }
