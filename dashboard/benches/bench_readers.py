"""Readers of the dashboard over HTTP, as their browsers ask: a page, its contents, its pulse.

Knows the addresses and the callbacks that Dash itself tells of; knows no number of a page.
"""

import gzip
import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from api.boundary.visits import SESSION_COOKIE
from dashboard.address import ROOT
from dashboard.gate import PULSE
from dashboard.ids import Id

_SHOWN = re.compile(rb'"shown":\s*\{"data":\s*')
_LONGEST_SHOWN = 10_000  # bytes
Callback = Mapping[str, Any]


class NotAnswered(Exception):
    """The web process said something else than the page."""


@dataclass
class Line:
    """A connection that is kept, as a browser keeps it."""

    address: str
    _kept: http.client.HTTPConnection | None = field(default=None, repr=False)

    def ask(self, method: str, path: str, secret: str, body: bytes | None = None) -> bytes:
        """The answer's whole body; anything but success raises."""
        headers = {
            "Cookie": f"{SESSION_COOKIE}={secret}",
            "Accept-Encoding": "gzip",
            "Origin": self.address,
            "Content-Type": "application/json",
        }
        status, content, packed = self._send(method, path, body, headers)
        if status not in (200, 204):
            raise NotAnswered(f"{method} {path.partition('?')[0]}: {status}")
        return gzip.decompress(content) if packed else content

    def _send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes, bool]:
        fresh = self._kept is None
        kept = self._kept or http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        try:
            kept.request(method, path, body=body, headers=headers)
            answer = kept.getresponse()
            content = answer.read()
        except (http.client.HTTPException, OSError):
            kept.close()
            self._kept = None
            if fresh:
                raise
            return self._send(method, path, body, headers)  # it had been idle for too long
        self._kept = kept
        return answer.status, content, answer.headers.get("Content-Encoding") == "gzip"

    def close(self) -> None:
        """Ends the connection."""
        if self._kept is not None:
            self._kept.close()


@dataclass(frozen=True)
class Protocol:
    """The callback of every page, as Dash describes it."""

    page: Callback

    @classmethod
    def of(cls, line: Line, secret: str) -> "Protocol":
        """What the web process says of its callbacks."""
        listed = json.loads(line.ask("GET", f"{ROOT}_dash-dependencies", secret))
        by_input = {one["inputs"][0]["id"]: one for one in listed if one["inputs"]}
        return cls(by_input[Id.ADDRESS])


@dataclass
class Reader:
    """Somebody who is logged in and has a page open, one of ``paths``."""

    secret: str
    paths: tuple[str, ...]
    protocol: Protocol
    path: str = ""
    shown: dict[str, Any] | None = None
    beats: int = 0

    def open_page(self, line: Line) -> int:
        """Goes to the next page: the document, then its contents; how many bytes these have."""
        at = self.paths.index(self.path) + 1 if self.path else 0
        self.path, self.shown = self.paths[at % len(self.paths)], None  # a new document has no page
        line.ask("GET", self.path, self.secret)
        return self._make(line, version=None)

    def make_again(self, line: Line, version: int) -> int:
        """What a browser does when its pulse said that numbers changed."""
        return self._make(line, version=version)

    def _make(self, line: Line, version: int | None) -> int:
        told = self._call(line, self.protocol.page, "address.href" if version is None else None)
        found = _SHOWN.search(told)
        if found is None:
            raise NotAnswered(f"no numbers on {self.path.partition('?')[0]}")
        written = told[found.end() : found.end() + _LONGEST_SHOWN].decode(errors="replace")
        self.shown = json.JSONDecoder().raw_decode(written)[0]
        return len(told)

    def feel(self, line: Line) -> int | None:
        """The question of every 2 seconds; a number when the page is out of date."""
        self.beats += 1
        shown = self.shown
        if shown is None or shown.get("pending"):
            return None if shown is None else self.beats
        version = int(line.ask("GET", PULSE, self.secret))
        return None if version == shown["version"] else self.beats

    def _call(self, line: Line, one: Callback, changed: str | None) -> bytes:
        outputs = [_place(part) for part in one["output"].strip(".").split("...")]
        body = {
            "output": one["output"],
            "outputs": outputs if one["output"].startswith("..") else outputs[0],
            "inputs": [self._held(part) for part in one["inputs"]],
            "state": [self._held(part) for part in one["state"]],
            "changedPropIds": [changed or _changed(one)],
        }
        written = json.dumps(body).encode()
        return line.ask("POST", f"{ROOT}_dash-update-component", self.secret, written)

    def _held(self, part: Mapping[str, str]) -> dict[str, Any]:
        pathname, _, search = self.path.partition("?")
        held: dict[str, Any] = {
            f"{Id.ADDRESS}.href": self.path,
            f"{Id.ADDRESS}.pathname": pathname,
            f"{Id.ADDRESS}.search": f"?{search}",
            f"{Id.THEME}.data": "light",
            f"{Id.VERSION}.data": self.beats,
            f"{Id.SHOWN}.data": self.shown,
        }
        return {**part, "value": held.get(f"{part['id']}.{part['property']}")}


def _changed(one: Callback) -> str:
    last = one["inputs"][-1]
    return f"{last['id']}.{last['property']}"


def _place(named: str) -> dict[str, str]:
    where, _, what = named.rpartition(".")
    return {"id": where, "property": what.partition("@")[0]}
