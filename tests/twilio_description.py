"""Twilio's own OpenAPI description, and a wall around a stub that holds both sides to it.

The description comes out of an npm package; it is never committed.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft4Validator, FormatChecker
from npm_members import Member

DESCRIPTION = Member(
    package="@twilio/cli-core",
    version="8.3.2",
    path="package/src/services/twilio-api/twilio_api_v2010.json",
    sha256="7f123267c8dd60bd5412ed723cc021f0e58d52b635e8fad41f72c4a3dda9e77e",
    kept_as="twilio_api_v2010.json",
)
FORMATS = FormatChecker(formats=())
Message = dict[str, Any]


def description() -> dict[str, Any]:
    """The description, whose hash is the pinned one; fetched once."""
    read: dict[str, Any] = json.loads(DESCRIPTION.read())
    return read


@FORMATS.checks("date-time-rfc-2822", ValueError)
def _is_rfc_2822(value: object) -> bool:
    return not isinstance(value, str) or parsedate_to_datetime(value) is not None


@FORMATS.checks("phone-number")
def _is_phone(value: object) -> bool:
    """E.164, a short code or a sender's name."""
    return not isinstance(value, str) or re.fullmatch(r"\+\d{7,15}|[\w ]{3,11}", value) is not None


@FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"(https?://|/)\S+", value) is not None


@dataclass
class Described:
    """An ASGI application whose requests and answers are compared with the description."""

    app: Any
    told: Mapping[str, Any]
    faults: list[str] = field(default_factory=list)
    seen: list[tuple[str, int]] = field(default_factory=list)  # method, status

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = await _whole(receive)
        operation = self._request(scope, body)
        answer: list[Message] = []

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def kept(message: Message) -> None:
            answer.append(message)
            await send(message)

        await self.app(scope, again, kept)
        if operation is not None:
            self._answer(scope["method"], operation, answer)

    def _request(self, scope: Message, body: bytes) -> Message | None:
        path, values = self._path(scope["path"])
        operation = self.told["paths"].get(path, {}).get(scope["method"].lower())
        if operation is None:
            self._fault(f"{scope['method']} {scope['path']} is not described")
            return None
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        known = {one["name"]: one for one in operation.get("parameters", ())}
        for name in sorted({*query} - {n for n, one in known.items() if one["in"] == "query"}):
            self._fault(f"the query's {name} is not described")
        for name, one in known.items():
            given = (values if one["in"] == "path" else query).get(name)
            if given is None:
                if one.get("required"):
                    self._fault(f"{name} lacks")
            else:
                self._check(one["schema"], _typed(one["schema"], given), f"{one['in']} {name}")
        if operation.get("security"):
            self._authorisation(scope)
        if "requestBody" in operation:
            self._form(scope, operation["requestBody"], body)
        return dict(operation)

    def _authorisation(self, scope: Message) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"")
        kind, _, value = given.decode().partition(" ")
        if kind != "Basic" or b64decode(value).count(b":") != 1:
            self._fault("no basic authorisation")

    def _form(self, scope: Message, wanted: Message, body: bytes) -> None:
        kind = dict(scope["headers"]).get(b"content-type", b"").decode().partition(";")[0]
        if kind not in wanted["content"]:
            self._fault(f"a body of {kind} is not described")
            return
        schema = wanted["content"][kind]["schema"]
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
        form = {n: _typed(schema["properties"].get(n, {}), value) for n, value in pairs}
        for name in sorted({*form} - {*schema["properties"]}):
            self._fault(f"the form's {name} is not described")
        self._check(schema, form, "form")

    def _answer(self, method: str, operation: Message, answer: list[Message]) -> None:
        status = answer[0]["status"]
        self.seen.append((method, status))
        body = b"".join(part.get("body", b"") for part in answer[1:])
        said = json.loads(body)
        if status >= 400:  # the description is silent about errors; the client reads these
            if {"code", "message", "more_info", "status"} != {*said} or said["status"] != status:
                self._fault(f"an error without its parts: {sorted(said)}")
            return
        if str(status) not in operation["responses"]:
            self._fault(f"{method} answered {status}")
            return
        schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
        self._check(schema, said, f"{method} answer")
        for path, lacking in self._differing(schema, said):
            self._fault(f"{method} answer{path}: {lacking}")

    def _differing(self, schema: Message, said: Any, path: str = "") -> Iterator[tuple[str, Any]]:
        """Where an answer has more or fewer parts than are described."""
        schema = self._resolved(schema)
        if isinstance(said, list):
            for number, one in enumerate(said):
                yield from self._differing(schema.get("items", {}), one, f"{path}[{number}]")
        elif isinstance(said, dict) and "properties" in schema:
            if {*said} != {*schema["properties"]}:
                yield path, sorted({*said} ^ {*schema["properties"]})
            for name in {*said} & {*schema["properties"]}:
                yield from self._differing(schema["properties"][name], said[name], f"{path}.{name}")

    def _path(self, path: str) -> tuple[str, dict[str, str]]:
        for template in self.told["paths"]:
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
            found = re.fullmatch(pattern, path)
            if found is not None:
                return template, found.groupdict()
        return path, {}

    def _check(self, schema: Message, value: Any, where: str) -> None:
        whole = {"allOf": [_nullable(schema)], "components": _nullable(self.told["components"])}
        for error in Draft4Validator(whole, format_checker=FORMATS).iter_errors(value):
            self._fault(f"{where}: {error.json_path} {error.message}")

    def _resolved(self, schema: Message) -> Message:
        while "$ref" in schema:
            name = schema["$ref"].removeprefix("#/components/schemas/")
            schema = self.told["components"]["schemas"][name]
        return schema

    def _fault(self, text: str) -> None:
        self.faults.append(text)


async def _whole(receive: Any) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _nullable(schema: Any) -> Any:
    """OpenAPI's ``nullable`` as JSON Schema says it."""
    if isinstance(schema, list):
        return [_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _nullable(value) for name, value in schema.items()}
    if made.pop("nullable", None) is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def _typed(schema: Message, text: str) -> Any:
    """A value of a form or query as its described type."""
    match schema.get("type"):
        case "integer":
            return int(text) if re.fullmatch(r"-?\d+", text) else text
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
    return text
