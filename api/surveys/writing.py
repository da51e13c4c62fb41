"""Texts that administrators write and publish: what rules and indicators have in common.

Only people who administer the whole network come in. A text with faults is never published; what
is published never changes. The caller commits.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from api.core.languages import Language
from api.surveys.definitions import Definition, DefinitionInvalid, Problem
from api.surveys.errors import NotPublishable, PublishedOtherwise, TextUnusable

State = Literal["in_force", "coming", "past"]
File = TypeVar("File", bound=Definition)


@dataclass(frozen=True)
class Checked(Generic[File]):
    """A text that was checked: its faults or, without any, what it says."""

    problems: tuple[Problem, ...]
    file: File | None = None

    def require(self, language: Language) -> File:
        """What it says; raises TextUnusable with every fault."""
        if self.file is None:
            raise TextUnusable(problems_as_data(self.problems, language))
        return self.file


class Dated(Protocol):
    """A published version that holds from a moment, or a day, on."""

    @property
    def version(self) -> int:
        """Its number."""

    @property
    def effective_from(self) -> Any:
        """When it begins to hold."""


def checked(read: Callable[[], File]) -> Checked[File]:
    """What reading a text gives, or everything that is wrong with it."""
    try:
        return Checked((), read())
    except DefinitionInvalid as error:
        return Checked(error.problems)


@contextmanager
def publishing() -> Iterator[None]:
    """What does not fit the published versions is told as a fault of the text: TextUnusable."""
    try:
        yield
    except (NotPublishable, PublishedOtherwise) as error:
        said = error.log_text()
        fault = {
            "line": 1,
            "column": 1,
            "field": "effective_from" if "effective_from" in said else "version",
            "code": error.key.rpartition(".")[2],
            "message": said,
        }
        raise TextUnusable([fault]) from error


def states_of(rows: Sequence[Dated], at: Any) -> list[State]:
    """Which version holds at a moment (or on a day), which are still to come, which are past."""
    begun = [row for row in rows if row.effective_from <= at]
    current = max(begun, key=lambda row: (row.effective_from, row.version), default=None)
    return [
        "in_force" if row is current else "coming" if row.effective_from > at else "past"
        for row in rows
    ]


def differences(older: str, newer: str, names: tuple[str, str] = ("", "")) -> list[str]:
    """What ``newer`` changes, as the lines of a unified diff."""
    lines = difflib.unified_diff(
        older.splitlines(), newer.splitlines(), names[0], names[1], lineterm=""
    )
    return list(lines)


def problems_as_data(problems: Iterable[Problem], language: Language) -> list[dict[str, Any]]:
    """Problems as they are answered: ``line, column, field, code, message``."""
    return [
        {
            "line": one.line,
            "column": one.column,
            "field": one.field,
            "code": one.code,
            "message": one.words(language),
        }
        for one in problems
    ]
