"""From the text of a TOML file to a checked model, or to all that is wrong with it.

Unknown keys are errors. Owns the translation from what pydantic reports to our problems; knows no
database.
"""

import copy
import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path as FilePath
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from api.surveys.definitions.positions import Path, column_of, find_positions, line_of
from api.surveys.definitions.problems import DefinitionInvalid, Finding, Problem, field_name

Model = TypeVar("Model", bound=BaseModel)

_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_key",
    "literal_error": "one_of",
    "enum": "one_of",
    "string_pattern_mismatch": "code_shape",
    "string_too_short": "empty",
    "too_short": "too_few",
    "too_long": "too_many",
    "string_too_long": "text_too_long",
    "string_type": "text",
    "int_type": "whole_number",
    "int_from_float": "whole_number",
    "bool_type": "yes_or_no",
    "greater_than_equal": "at_least",
    "less_than_equal": "at_most",
    "tuple_type": "list",
    "dict_type": "table",
    "model_type": "table",
    "timezone_aware": "moment",
    "datetime_type": "moment",
    "datetime_parsing": "moment",
    "datetime_from_date_parsing": "moment",
    "time_parsing": "clock",
    "time_type": "clock",
    "greater_than": "above",
    "float_type": "number",
    "finite_number": "number",
    "date_type": "day",
    "date_parsing": "day",
    "date_from_datetime_inexact": "day",
    "date_from_datetime_parsing": "day",
    "condition": "condition",
    "no_conditions": "no_conditions",
}
_LIMITS = {
    "above": "gt",
    "at_least": "ge",
    "at_most": "le",
    "too_few": "min_length",
    "too_many": "max_length",
}


def read_text(
    text: str, file: str, model: type[Model], check: Callable[[Model], Iterable[Finding]]
) -> Model:
    """The definition in ``text``; raises :class:`DefinitionInvalid` with every problem."""
    data = _parsed(text, file)
    definition, findings = _validated(data, model)
    if definition is not None:
        findings += check(definition)
        if not findings:
            return definition
    raise DefinitionInvalid(_placed(findings, text, file))


def load_text(path: FilePath) -> str:
    """The text of a definition file; a file that cannot be read is a problem like any other."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        values = {"why": error.strerror or ""}
        raise DefinitionInvalid([Problem(str(path), 1, "", "unreadable", values)]) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DefinitionInvalid([Problem(str(path), line, "", "not_utf8")]) from error


def _parsed(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column (\d+)\)| \(at end of document\)", str(error))
        line = int(place[1]) if place and place[1] else text.count("\n") + 1
        column = int(place[2]) if place and place[2] else 1
        why = str(error)[: place.start()] if place else str(error)
        problem = Problem(file, line, "", "not_toml", {"why": why}, column)
        raise DefinitionInvalid([problem]) from error


def _validated(data: dict[str, Any], model: type[Model]) -> tuple[Model | None, list[Finding]]:
    """The model and what is wrong; unknown keys alone do not hide what a later check finds."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        details = error.errors()
    findings = list(_findings(details, data, model))
    try:
        return model.model_validate(_without_unknown(data, details)), findings
    except ValidationError:
        return None, findings


def _findings(
    details: list[ErrorDetails], data: dict[str, Any], model: type[BaseModel]
) -> Iterator[Finding]:
    seen: set[Path] = set()
    for detail in details:
        path = _known_path(detail, data)
        if path in seen or _only_by_its_elements(detail):
            continue
        seen.add(path)
        code = _CODES.get(detail["type"], "invalid")
        if detail["loc"][-1] in {"int", "str"}:
            code = "number_or_code"
        if code == "code_shape" and ":" in detail.get("ctx", {}).get("pattern", ""):
            code = "clock"
        yield Finding(path, code, _values(code, detail, path, model))


def _only_by_its_elements(detail: ErrorDetails) -> bool:
    """Whether a list is called too short only because pydantic left out its faulty elements."""
    given = detail["input"]
    least = detail.get("ctx", {}).get("min_length", 0)
    return detail["type"] == "too_short" and isinstance(given, list) and len(given) >= least


def _known_path(detail: ErrorDetails, data: Any) -> Path:
    """Where the error is, without the names of union members that pydantic appends."""
    if detail["type"] == "missing":
        return detail["loc"]
    path: Path = ()
    for part in detail["loc"]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return path
        path = (*path, part)
    return path


def _values(
    code: str, detail: ErrorDetails, path: Path, model: type[BaseModel]
) -> dict[str, object]:
    context = detail.get("ctx", {})
    if code == "unknown_key":
        known = _keys_at(model, path[:-1])
        near = difflib.get_close_matches(str(path[-1]), known, n=1)
        return {"known": ", ".join(known), "near": near[0] if near else known[0]}
    if code == "one_of":
        expected = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return {"expected": ", ".join(expected)}
    if code in _LIMITS:
        limit = context.get(_LIMITS[code])
        return {"limit": f"{limit:g}" if isinstance(limit, float) else limit}
    if code == "text_too_long":
        return {"limit": context.get("max_length")}
    return {"why": detail["msg"]} if code == "invalid" else {}


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that the table at ``path`` may have."""
    for part in path:
        if isinstance(part, int):
            continue
        for name, info in model.model_fields.items():
            if part == (info.alias or name):
                model = _model_in(info.annotation) or model
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _model_in(one))), None)


def _without_unknown(data: dict[str, Any], details: list[ErrorDetails]) -> dict[str, Any]:
    kept = copy.deepcopy(data)
    for detail in details:
        if detail["type"] == "extra_forbidden":
            *parents, last = detail["loc"]
            table: Any = kept
            for part in parents:
                table = table[part]
            del table[last]
    return kept


def _placed(findings: list[Finding], text: str, file: str) -> list[Problem]:
    positions, lines = find_positions(text), text.split("\n")
    problems = []
    for one in findings:
        line, field = line_of(positions, one.path), field_name(one.path)
        column = column_of(lines[line - 1], one.path)
        problems.append(Problem(file, line, field, one.code, one.values, column))
    return sorted(problems, key=lambda problem: problem.line)
