"""``/api/docs``: every operation as a plain page, read from the OpenAPI document.

Loads nothing from anywhere, needs no script, and is made when it is asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.boundary.visits import request_language
from api.core.languages import say

router = APIRouter(include_in_schema=False)

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One method at one path."""

    method: str
    path: str
    tag: str
    summary: str
    parameters: list[dict[str, Any]]
    body: str | None
    answers: list[tuple[str, str]]


@router.get("/api/docs")
def show_docs(request: Request) -> HTMLResponse:
    """The operations of the API and the shapes they use."""
    language = request_language(request)
    document = request.app.openapi()
    html = _template().render(
        language=language,
        say=lambda key: say(key, language),
        operations=list(operations(document)),
        schemas=_schemas(document),
    )
    answer = HTMLResponse(html)
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
    )
    return answer


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Every operation of an OpenAPI document, in its order."""
    for path, methods in document.get("paths", {}).items():
        for method, found in methods.items():
            if method in _METHODS:
                yield Operation(
                    method=method.upper(),
                    path=path,
                    tag=", ".join(found.get("tags", [])),
                    summary=found.get("description") or found.get("summary", ""),
                    parameters=[_parameter(one) for one in found.get("parameters", [])],
                    body=_shape_of(found.get("requestBody", {})),
                    answers=[
                        (status, _shape_of(answer) or "")
                        for status, answer in found.get("responses", {}).items()
                    ],
                )


def _parameter(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": one["name"],
        "where": one["in"],
        "required": one.get("required", False),
        "shape": shape(one.get("schema", {})),
        "description": one.get("description", ""),
    }


def _shape_of(holder: dict[str, Any]) -> str | None:
    content = holder.get("content", {})
    return next((shape(kind.get("schema", {})) for kind in content.values()), None)


def shape(schema: dict[str, Any]) -> str:
    """A schema in a few words: ``Event``, ``list of string``, ``integer or null``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return " | ".join(shape(one) for one in schema[choice])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"[{shape(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type") or "…")


def _schemas(document: dict[str, Any]) -> list[tuple[str, str, list[tuple[str, str, bool, str]]]]:
    found = document.get("components", {}).get("schemas", {})
    return [
        (
            name,
            schema.get("description", ""),
            [
                (field, shape(one), field in schema.get("required", ()), one.get("description", ""))
                for field, one in schema.get("properties", {}).items()
            ],
        )
        for name, schema in sorted(found.items())
    ]


@cache
def _template() -> Any:
    loader = PackageLoader("api.boundary")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template("docs.html")
