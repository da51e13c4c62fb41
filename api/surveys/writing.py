"""Texts that administrators write and publish: what rules and indicators have in common.

Only people who administer the whole network come in. A text with faults is never published; what
is published never changes. The caller commits.
"""

import difflib
from collections.abc import Iterable
from typing import Any

from api.core.languages import Language
from api.surveys.definitions import Problem


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
