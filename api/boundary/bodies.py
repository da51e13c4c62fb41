"""No body larger than its address takes is ever read whole.

Plain ASGI: what the length header says is refused at once, what arrives without one is cut off at
the limit.
"""

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.boundary.problems import problem
from api.core.errors import TooLarge

MEGABYTE = 1_000_000
LIMITS = (
    ("/api/v1/events", 10 * MEGABYTE),
    ("/api/v1/customers", 10 * MEGABYTE),
    ("/s/", 65_536),
    ("/login", 65_536),
    ("/password/", 65_536),
    ("/webhooks/domestic-sms/", MEGABYTE),  # batches
    ("/webhooks/contactless", MEGABYTE),
    ("/webhooks/mail/", MEGABYTE),  # reports quote whole mails
    ("/webhooks/", 65_536),
    ("/wechat/", 65_536),
)
OTHERS = 4 * MEGABYTE


class BodyLimit:
    """Answers 413 to bodies that are too large for their address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = next((size for start, size in LIMITS if scope["path"].startswith(start)), OTHERS)
        request = Request(scope)
        stated = request.headers.get("content-length", "")
        if stated.isdigit() and int(stated) > limit:
            await _refuse(request, limit, receive, send)
            return
        measured = _Measured(limit, receive, send)
        try:
            await self.app(scope, measured.receive, measured.send)
        except ClientDisconnect:
            if not measured.exceeded:
                raise
        if measured.exceeded and not measured.answered:
            await _refuse(request, limit, receive, send)


class _Measured:
    """One request's body and answer: past the limit the client is gone, as the application sees it.

    What the application then answers is replaced by the refusal.
    """

    def __init__(self, limit: int, receive: Receive, send: Send) -> None:
        self.left = limit
        self.exceeded = False
        self.answered = False
        self._receive = receive
        self._send = send

    async def receive(self) -> Message:
        message = await self._receive()
        self.left -= len(message.get("body", b""))
        if self.left < 0:
            self.exceeded = True
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        if self.exceeded and not self.answered:
            return
        self.answered = True
        await self._send(message)


async def _refuse(request: Request, limit: int, receive: Receive, send: Send) -> None:
    answer = problem(request, TooLarge.status, TooLarge.key, limit=limit)
    answer.headers["connection"] = "close"
    await answer(request.scope, receive, send)
