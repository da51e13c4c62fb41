"""Where rejects go: counted in the summary, written one by one to a CSV file that is safe to open.

Keeps only the first of them in memory, however many there are.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from api.core.formulas import harmless
from api.core.languages import Language
from api.imports.values import ImportSummary, Reject, row_as_json

COLUMNS = ("line", "column", "severity", "reason", "value")
SHOWN = 1000
VALUE_LENGTH = 200


class RejectLog:
    """Counts rejects into the summary and writes them to ``path``, if one is given."""

    def __init__(
        self, summary: ImportSummary, path: Path | None = None, language: Language = "en"
    ) -> None:
        self.summary = summary
        self._path = path
        self._language = language
        self._file: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        if self._path is not None:
            self._file = self._path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow(COLUMNS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def failed(self) -> bool:
        """Whether an error was found: nothing may be written any more."""
        return self.summary.errors > 0

    def add_row(self, rejects: Sequence[Reject]) -> None:
        """All that is wrong with one row; the row itself counts once."""
        for number, reject in enumerate(rejects):
            self.add(reject, again=number > 0)

    def add(self, row: Reject, *, again: bool = False) -> None:
        """Counts the reject, keeps it if it is among the first, and writes it down."""
        summary = self.summary
        if not again:
            summary.errors += row.severity == "error"
            summary.skipped += row.severity == "skipped"
        summary.reasons[row.reason.key] += 1
        first_error = row.severity == "error" and summary.errors == 1
        if len(summary.rows) < SHOWN or first_error:
            summary.rows.append(row)
        if self._writer is not None:
            cells = row_as_json(row, self._language)
            self._writer.writerow([_cell(cells[name]) for name in COLUMNS])


def _cell(value: object) -> str:
    return harmless(str(value)[:VALUE_LENGTH] if isinstance(value, str) else str(value))
