"""HTTP for a mail server that posts what came back: signed by a shared secret, raw mail as body."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from api.boundary.visits import Home
from api.core.settings import Settings
from api.webhooks.contactless import SIGNATURE, TIMESTAMP, is_signed
from api.webhooks.errors import NotSigned
from api.webhooks.mail import service

router = APIRouter(prefix="/webhooks/mail", include_in_schema=False)


async def _read_body(request: Request) -> bytes:
    """The body; :class:`api.boundary.bodies.BodyLimit` keeps it small."""
    return await request.body()


Body = Annotated[bytes, Depends(_read_body)]


@router.post("/bounce")
def bounce(request: Request, installation: Home, body: Body, recipient: str = "") -> Response:
    """Takes one mail; what carries no proof of ours is refused like a wrong signature."""
    now = installation.clock()
    secret = _secret(installation.settings)
    timestamp = request.headers.get(TIMESTAMP, "")
    if not is_signed(secret, timestamp, body, request.headers.get(SIGNATURE, ""), now):
        raise NotSigned
    with installation.database.transaction() as session:
        taken = service.take(session, installation.vault, body, recipient, now)
    if taken == "forged":
        raise NotSigned
    return JSONResponse({"taken": taken})


def _secret(settings: Settings) -> str:
    if settings.mail_bounce_secret is None:
        raise NotSigned
    return settings.mail_bounce_secret.get_secret_value()
