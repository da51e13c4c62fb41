"""What is wrong in a definition file: where it is, and what would be right.

A problem is a value with a code; its words stand in the catalogue under ``definitions``.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.core.errors import BadInput
from api.core.languages import Language, say
from api.surveys.definitions.positions import Path


@dataclass(frozen=True)
class Finding:
    """A problem before its line is known: the path of the key, a code, and the words' values."""

    path: Path
    code: str
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: in which file, line and column (from 1), in which field."""

    file: str
    line: int
    field: str
    code: str
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    column: int = 1

    def words(self, language: Language = "en") -> str:
        """What would be right, without the place."""
        return say(f"definitions.{self.code}", language, **{"_": "", **self.values})

    def text(self, language: Language = "en") -> str:
        """One line for a person: place, field, and what would be right."""
        words = self.words(language)
        where = f"{self.file}:{self.line}: "
        return f"{where}{self.field}: {words}" if self.field else f"{where}{words}"


class DefinitionInvalid(BadInput):
    """A definition file cannot be used."""

    key = "definitions.unusable"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.text() for problem in self.problems))

    def texts(self, language: Language) -> list[str]:
        """Every problem in one line each."""
        return [problem.text(language) for problem in self.problems]


def field_name(path: Path) -> str:
    """A path as people write it: ``page[1].question[2].text``; elements count from 1."""
    name = ""
    for part in path:
        if isinstance(part, int):
            name += f"[{part + 1}]"
        else:
            name += f".{part}" if name else part
    return name
