"""The wall around unsafe requests: our cookie counts only together with our ``Origin``.

Plain ASGI, so that it costs nothing on the survey page. Covers Dash's requests too.
"""

from urllib.parse import SplitResult, urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.boundary.problems import problem
from api.boundary.visits import SESSION_COOKIE
from api.core.errors import ForeignOrigin

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Survey pages read no cookie, and without a referrer a browser sends them ``Origin: null``: an
# employee who is logged in could not answer an own invitation.
_COOKIELESS = "/s/"


class OriginWall:
    """Refuses unsafe requests that carry the session cookie from elsewhere."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self.app = app
        self.public = urlsplit(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _SAFE:
            await self.app(scope, receive, send)
            return
        if scope["path"].startswith(_COOKIELESS):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if SESSION_COOKIE in request.cookies and not self._ours(request):
            answer = problem(request, ForeignOrigin.status, ForeignOrigin.key)
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _ours(self, request: Request) -> bool:
        return _is_ours(request, self.public)


def _is_ours(request: Request, public: SplitResult) -> bool:
    origin = urlsplit(request.headers.get("origin", ""))
    if not origin.netloc:
        return False
    same_host = origin.netloc == request.headers.get("host")
    return same_host or (origin.scheme, origin.netloc) == (public.scheme, public.netloc)


def from_elsewhere(request: Request, public_url: str) -> bool:
    """True when a request without our cookie says that another site sent it (log-in pages)."""
    if "origin" in request.headers:
        return not _is_ours(request, urlsplit(public_url))
    return request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
