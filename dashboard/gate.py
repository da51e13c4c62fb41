"""What every request under ``/app/`` passes: log-in, addresses of pages, security headers.

Plain ASGI around everything else, so that nothing Dash answers is reachable without a session. It
also closes what Dash would open: its catch-all for unknown addresses and its WebSocket.
"""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlencode

import anyio
import anyio.to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.boundary.problems import problem
from api.boundary.visits import SESSION_COOKIE
from api.core.errors import NotLoggedIn
from api.core.installation import Installation
from dashboard.address import LOG_IN, ROOT, is_known
from dashboard.data.freshness import remembers, version_at_hand, version_of
from dashboard.data.sitting import has_session

PUBLIC = (f"{ROOT}assets/", f"{ROOT}_dash-component-suites/", f"{ROOT}_favicon.ico")
_DASH = f"{ROOT}_"
_CALLBACK = f"{ROOT}_dash-update-component"
PULSE = f"{ROOT}_pulse"


class Gate:
    """Lets people with a session in, sends others to the log-in page."""

    def __init__(self, app: ASGIApp, installation: Installation, policy: str) -> None:
        self.app = app
        self.installation = installation
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not _ours(scope["path"]):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4404})
        elif scope["path"].startswith(PUBLIC):
            await self.app(scope, receive, _Kept(send).start if _is_stamped(scope) else send)
        elif scope["path"] == PULSE:
            await self._feel(scope, receive, send)
        else:
            await self._enter(scope, receive, send)

    async def _feel(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The cheap question of every open page, every 2 seconds: whether anything was counted."""
        request = Request(scope)
        secret = request.cookies.get(SESSION_COOKIE)
        version = version_at_hand(self.installation, secret)
        if version is None:
            version = await anyio.to_thread.run_sync(version_of, self.installation, secret)
        answer = _refusal(request) if version is None else PlainTextResponse(str(version))
        await answer(scope, receive, _Headers(send, self.policy).plain)

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        secret = request.cookies.get(SESSION_COOKIE)
        # A callback looks its session up in its own transaction.
        known = scope["path"] == _CALLBACK and remembers(self.installation, secret)
        if not known and not await anyio.to_thread.run_sync(has_session, self.installation, secret):
            await _refusal(request)(scope, receive, send)
            return
        sender = _Headers(send, self.policy)
        if scope["path"].startswith(_DASH):
            await self.app(scope, receive, sender.plain)
            return
        if not is_known(scope["path"]):
            sender.status = 404
        page = {**scope, "path": ROOT, "raw_path": ROOT.encode()}
        await self.app(page, receive, sender.page)


def _ours(path: str) -> bool:
    return path.startswith(ROOT) or path == ROOT.rstrip("/")


def _is_stamped(scope: Scope) -> bool:
    """Whether the address of an asset becomes another with the file (`document.stamped`)."""
    asset = str(scope["path"]).startswith(f"{ROOT}assets/")
    return asset and bytes(scope["query_string"]).startswith(b"m=")


def _refusal(request: Request) -> ASGIApp:
    if request.url.path.startswith(_DASH) or request.method not in ("GET", "HEAD"):
        return problem(request, NotLoggedIn.status, NotLoggedIn.key)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{LOG_IN}?{urlencode({'next': wanted})}", status_code=303)


class _Kept:
    """Lets browsers keep a file for good, which else ask for each one again on every page."""

    def __init__(self, send: Send) -> None:
        self.send = send

    async def start(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            headers = MutableHeaders(scope=message)
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        await self.send(message)


class _Headers:
    """Adds the headers of private pages, and the status of pages that are not there."""

    def __init__(self, send: Send, policy: str) -> None:
        self.send = send
        self.policy = policy
        self.status: int | None = None

    async def plain(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            _private(message)
        await self.send(message)

    async def page(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = _private(message)
            headers["Content-Security-Policy"] = self.policy
            headers["X-Frame-Options"] = "DENY"
            if self.status is not None:
                message = {**message, "status": self.status}
        await self.send(message)


def _private(message: MutableMapping[str, Any]) -> MutableHeaders:
    headers = MutableHeaders(scope=message)
    headers["Cache-Control"] = "no-store"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    return headers
